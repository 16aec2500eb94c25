import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import { describe, expect, onTestFinished, test } from "vitest";
import { createLog } from "../../src/main/engine/log.ts";
import { type Alert, Alerts } from "../../src/main/features/health/alerts/alerts.ts";
import { Webhook } from "../../src/main/features/health/alerts/webhook.ts";
import type { Status } from "../../src/main/features/health/check.ts";
import { get, type Json, startServer } from "../support/server.ts";

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver that answers with the statuses in turn, the last for ever. Status 0 breaks the connection. */
async function receiver(...statuses: readonly number[]) {
  const received: Received[] = [];
  const listeners: (() => void)[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const status = statuses[Math.min(received.length, statuses.length - 1)]!;
    received.push({ headers: request.headers, body });
    if (status === 0) request.socket.destroy();
    else response.writeHead(status, status === 302 ? { location: "/" } : {}).end("thanks");
    for (const tell of listeners.splice(0)) tell();
  }).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const until = async (count: number): Promise<Received[]> => {
    while (received.length < count) await new Promise<void>((resolve) => listeners.push(resolve));
    return received;
  };
  return { url, received, until };
}

const SECRET = "sixteen characters".replace(" ", "-");

function webhook(url: string, secret = SECRET) {
  const ends: string[] = [];
  const waiting: (() => void)[] = [];
  const onEnd = (result: string) => {
    ends.push(result);
    for (const tell of waiting.splice(0)) tell();
  };
  const hook = new Webhook({ url, secret, log: createLog("silent"), onEnd, retryMs: 1 });
  onTestFinished(() => hook.close());
  const until = async (count: number): Promise<string[]> => {
    while (ends.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    return ends;
  };
  return { hook, ends, until };
}

describe("a webhook", () => {
  test("is signed with its time and body", async () => {
    const { url, until } = await receiver(200);
    webhook(url).hook.send({ check: "wal" });
    const [{ headers, body }] = (await until(1)) as [Received];
    const [, seconds, digest] = /^t=(\d+),v1=([\da-f]{64})$/.exec(String(headers["chinook-signature"]))!;
    expect(digest).toBe(createHmac("sha256", SECRET).update(`${seconds}.${body}`).digest("hex"));
    expect(Math.abs(Date.now() / 1_000 - Number(seconds))).toBeLessThan(60);
    expect(JSON.parse(body)).toEqual({ check: "wal" });
  });

  test("is repeated unchanged until accepted, then the next follows in order", async () => {
    const { url, received } = await receiver(500, 0, 429, 200);
    const { hook, until } = webhook(url);
    for (const check of ["first", "second"]) hook.send({ check });
    expect(await until(2)).toEqual(["sent", "sent"]);
    expect(received.map(({ body }) => JSON.parse(body).check)).toEqual([
      ...["first", "first", "first", "first"],
      "second",
    ]);
    const ids = received.map(({ headers }) => headers["chinook-alert-id"]);
    expect([new Set(ids.slice(0, 4)).size, new Set(ids).size]).toEqual([1, 2]);
  });

  test("is dropped if the receiver rejects it, never accepts it or redirects it", async () => {
    for (const [status, posts] of [
      [404, 1],
      [503, 12],
      [302, 12],
    ] as const) {
      const { url, received } = await receiver(status);
      const { hook, until } = webhook(url);
      hook.send({});
      expect(await until(1)).toEqual(["failed"]);
      expect(received).toHaveLength(posts);
    }
  });

  test("drops the oldest waiting message if full, and ends at once when closed", async () => {
    const { url } = await receiver(0);
    const { hook, ends } = webhook(url);
    for (let i = 0; i < 150; i++) hook.send({ i });
    expect(ends).toEqual(Array.from({ length: 49 }, () => "dropped"));
    await hook.close();
    hook.send({});
    expect(ends).toHaveLength(49);
  });

  test("without a secret has no signature", async () => {
    const { url, until } = await receiver(204);
    webhook(url, "").hook.send({});
    expect((await until(1))[0]!.headers["chinook-signature"]).toBeUndefined();
  });
});

describe("alerts", () => {
  /** What is told when a check has these statuses, a minute apart, and must be unwell for two. */
  function told(...statuses: readonly Status[]): string[] {
    const sent: Alert[] = [];
    let now = 0;
    const alerts = new Alerts(
      120_000,
      (alert) => sent.push(alert),
      () => now,
    );
    for (const [minute, status] of statuses.entries()) {
      now = minute * 60_000;
      alerts.observe({ status, checks: [{ name: "wal", status, value: 1, threshold: 2 }] });
    }
    return sent.map(({ status, since }) => `${status} since ${since.slice(14, 16)}`);
  }

  test("are sent once after a check failed for its duration, and once when it recovers", () => {
    expect(told("ok", "warn", "warn", "warn", "warn", "ok", "ok")).toEqual(["warn since 01", "ok since 01"]);
  });

  test("are not sent if the check recovers in time", () => {
    expect(told("warn", "warn", "ok", "warn", "ok")).toEqual([]);
  });

  test("are sent again when a check gets worse, and not when it improves", () => {
    expect(told("warn", "warn", "warn", "fail", "fail", "fail", "warn", "warn", "warn", "ok")).toEqual([
      "warn since 00",
      "fail since 03",
      "ok since 00",
    ]);
  });
});

describe("a server", () => {
  test("posts and mails alerts, and continues if delivery fails", async () => {
    const hooked = await receiver(200);
    const mails: string[] = [];
    const mailed = Promise.withResolvers<void>();
    const smtp = new SMTPServer({
      disabledCommands: ["STARTTLS", "AUTH"],
      async onData(stream, _session, done) {
        let text = "";
        for await (const chunk of stream) text += chunk;
        mails.push(text);
        mailed.resolve();
        done();
      },
    });
    await new Promise<void>((resolve) => smtp.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void smtp.close());
    const { port } = smtp.server.address() as AddressInfo;
    await using server = await startServer({
      CHINOOK_ALERT_URL: hooked.url,
      CHINOOK_ALERT_SECRET: SECRET,
      CHINOOK_ALERT_MAIL: "operator@example.com",
      CHINOOK_SMTP_URL: `smtp://127.0.0.1:${port}`,
      CHINOOK_ALERT_AFTER: "0",
      CHINOOK_HEALTH_DISK_FREE_MB: "1048576",
    });
    const alerts = (await hooked.until(2)).map(({ body }) => JSON.parse(body) as Json);
    expect(alerts.map(({ check }) => check).toSorted()).toEqual(["disk_backups", "disk_database"]);
    expect(alerts[0]).toMatchObject({ server: server.url, unit: "bytes" });
    await mailed.promise;
    expect(mails[0]).toContain("operator@example.com");
    while (
      !/chinook_alerts_total\{channel="webhook",result="sent"\} 2/.test((await get(server, "/metrics")).text)
    );
    expect(await server.stop()).toBe(0);
  });

  test("stops in order while an alert waits for an unreachable receiver", async () => {
    await using server = await startServer({
      CHINOOK_ALERT_URL: "http://127.0.0.1:9/",
      CHINOOK_ALERT_AFTER: "0",
      CHINOOK_HEALTH_DISK_FREE_MB: "1048576",
    });
    while (!server.stderr().includes('"msg":"alert not delivered"')) await once(server.child.stderr!, "data");
    expect(await server.stop()).toBe(0);
  });
});
