import { createHash } from "node:crypto";
import { connect } from "node:net";
import { zstdDecompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { textOf } from "../../src/shared/settings.ts";
import { expectProblem } from "../http/helpers.ts";
import {
  bearer,
  logIn,
  makeKey,
  operatorToken,
  type Person,
  person,
  startRequired,
} from "../people/support.ts";
import { copyOf, get, type Json, makeCatalogue, post, remove, type TestServer } from "../support/server.ts";

let server: TestServer;
let admin: Person;

beforeAll(async () => {
  const settings = {
    CHINOOK_SMTP_URL: "smtps://ada:p@ss,word@mail.example.com",
    CHINOOK_ALERT_URL: "https://hooks.example.com/services/T1/B2/secret",
    CHINOOK_ALERT_SECRET: "a secret of sixteen".replaceAll(" ", "-"),
  };
  server = await startRequired(settings, copyOf(await makeCatalogue()));
  admin = await person(server, "ada@example.com", "admin");
});
afterAll(() => server.kill());

interface Event {
  readonly name: string;
  readonly data: Json;
}

/** The events of a stream, until it ends. */
async function* eventsOf(path: string, headers: Record<string, string>): AsyncGenerator<Event> {
  const response = await fetch(server.url + path, { headers: { accept: "text/event-stream", ...headers } });
  expect(response.status).toBe(200);
  let text = "";
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const whole = text.split("\n\n");
    text = whole.pop()!;
    for (const each of whole) {
      const [, name, data] = /event: (.*)\ndata: (.*)$/.exec(each) ?? [];
      if (name !== undefined) yield { name, data: JSON.parse(data!) };
    }
  }
}

async function next(events: AsyncGenerator<Event>, name: string): Promise<Json> {
  for (;;) {
    const { value, done } = await events.next();
    if (done) throw new Error(`the stream ended before ${name}`);
    if (value.name === name) return value.data;
  }
}

/** Resolves when the stream has ended by itself. */
async function ended(events: AsyncGenerator<Event>): Promise<void> {
  while (!(await events.next()).done);
}

describe("the live stream", () => {
  test("sends facts, then samples; a later viewer gets the latest at once", async () => {
    const events = eventsOf("/admin/live", admin.headers);
    const facts = await next(events, "facts");
    expect(facts).toMatchObject({ point_readers: expect.any(Number), wal_cap_bytes: 24_576_000 });
    for (let i = 0; i < 5; i++) await get(server, `/v1/tracks/${i + 1}`, admin.headers);
    const seen: Json[] = [];
    while (!seen.some(({ requests }) => requests > 0)) seen.push(...(await next(events, "samples")));
    const late = eventsOf("/admin/live", admin.headers);
    expect(await next(late, "samples")).toEqual(expect.arrayContaining(seen));
    await Promise.all([late.return(undefined), events.return(undefined)]);
  });

  test("needs operate:read, and is plain JSON without Accept: text/event-stream", async () => {
    const listener = await person(server, "bob@example.com");
    expectProblem(await get(server, "/admin/live", listener.headers), 403, "forbidden");
    expectProblem(await get(server, "/admin/live"), 401, "unauthenticated");
    const { json } = await get(server, "/admin/live", admin.headers);
    expect(json.facts.started_at).toEqual(expect.any(String));
  });

  test("reports running jobs and their end", async () => {
    const events = eventsOf("/admin/live", admin.headers);
    expect(await next(events, "jobs")).toEqual({ running: [], ended: 0 });
    expect((await post(server, "/admin/backups", {}, admin.headers)).status).toBe(202);
    while ((await next(events, "jobs")).ended === 0);
    await events.return(undefined);
  });

  test("ends with its session or key", async () => {
    const session = await logIn(server, admin.email);
    const key = await makeKey(server, admin, { scopes: ["operate:read"] });
    const streams = [eventsOf("/admin/live", session.headers), eventsOf("/admin/live", bearer(key.key))];
    await Promise.all(streams.map((events) => next(events, "facts")));
    await remove(server, `/v1/sessions/${session.session}`, session.headers);
    await remove(server, `/v1/keys/${key.id}`, admin.headers);
    await Promise.all(streams.map(ended));
  });

  test("the streams of changes and of a job end with their session too", async () => {
    const session = await logIn(server, admin.email);
    const events = eventsOf("/v1/changes", session.headers);
    const first = next(events, "change");
    await post(server, "/v1/genres", { name: "Before" }, admin.headers);
    expect((await first).kind).toBe("genres");
    await remove(server, `/v1/sessions/${session.session}`, session.headers);
    await post(server, "/v1/genres", { name: "After" }, admin.headers);
    const rest: Event[] = [];
    for await (const event of events) rest.push(event);
    expect(rest).toEqual([]);
  });
});

test("settings name their source and show no secret", async () => {
  const { json, text } = await get(server, "/admin/settings", admin.headers);
  const of = Object.fromEntries(json.data.map((row: Json) => [row.name, row]));
  expect(of.CHINOOK_AUTH).toMatchObject({ value: "required", source: "environment", default: "open" });
  expect(of.CHINOOK_CACHE_MB).toMatchObject({ source: "default", flag: "--cache-mb" });
  expect(of.CHINOOK_CACHE_MB.value).toBe(textOf("cacheMb", Number(of.CHINOOK_CACHE_MB.value)));
  expect(of.CHINOOK_SMTP_URL.value).toBe("smtps://ada:***@mail.example.com");
  expect(of.CHINOOK_ALERT_URL.value).toBe("https://hooks.example.com/***");
  expect(of.CHINOOK_ALERT_SECRET.value).toBe("***");
  expect(text).not.toMatch(/p@ss|services|sixteen/);
});

test("migrations are listed with their history", async () => {
  const { json } = await get(server, "/admin/migrations", admin.headers);
  expect(json.data.at(-1)).toMatchObject({ id: json.version, applied_at: expect.any(String) });
  expect(json.history[0]).toMatchObject({ migration: json.data.at(-1).name, direction: "up" });
});

describe("a backup download", () => {
  test("is complete and audited", async () => {
    const { json } = await get(server, "/admin/backups", admin.headers);
    const [backup] = json.data;
    const path = `/admin/backups/${backup.id}/data`;
    const response = await fetch(server.url + path, { headers: admin.headers });
    const data = new Uint8Array(await response.arrayBuffer());
    expect(response.headers.get("content-disposition")).toContain(`${backup.id}.sqlite.zst`);
    expect(data.length).toBe(backup.bytes);
    expect(createHash("sha256").update(data).digest("hex")).toBe(backup.sha256);
    expect(zstdDecompressSync(data).length).toBe(backup.database_bytes);
    const head = await fetch(server.url + path, { method: "HEAD", headers: admin.headers });
    expect(head.headers.get("content-length")).toBe(String(backup.bytes));
    const audit = await get(server, "/v1/audit?command=operate&limit=1", admin.headers);
    expect(audit.json.data[0].changes).toMatchObject({ request: expect.stringContaining(path) });
  });

  test("needs operate and an existing backup", async () => {
    const key = await makeKey(server, admin, { scopes: ["operate:read"] });
    expectProblem(await get(server, "/admin/backups/latest/data", bearer(key.key)), 403, "forbidden");
    const unknown = await get(server, "/admin/backups/20200101T000000000Z/data", admin.headers);
    expectProblem(unknown, 404, "backup_unknown");
    const outside = "/admin/backups/..%2f..%2fetc%2fpasswd/data";
    expectProblem(await get(server, outside, admin.headers), 422, "invalid");
  });
});

test("the server stops without waiting for viewers, even those that do not read", async () => {
  const token = await operatorToken(server);
  const events = eventsOf("/admin/live", bearer(token));
  await next(events, "facts");
  const { hostname, port } = new URL(server.url);
  const deaf = connect(Number(port), hostname)
    .pause()
    .on("error", () => {});
  deaf.write(
    `GET /admin/live HTTP/1.1\r\nHost: ${hostname}\r\nAccept: text/event-stream\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  );
  await next(events, "samples");
  const before = Date.now();
  const [code] = await Promise.all([server.stop(), ended(events)]);
  expect(code).toBe(0);
  // Requests have ten seconds to end: a stream must not use them.
  expect(Date.now() - before).toBeLessThan(9_000);
  deaf.destroy();
});
