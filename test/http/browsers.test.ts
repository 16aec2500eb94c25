import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hostName } from "../../src/main/http/origin.ts";
import {
  get,
  type Json,
  post,
  request,
  startServer,
  type TestServer,
  temporaryFolder,
} from "../support/server.ts";
import { expectProblem, value } from "./helpers.ts";
import { CLOSE, converse } from "./raw.ts";

/** What a browser sends for a page that is not this server's own, and what programs send. */

const BROWSER = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find((path) => existsSync(path));

let server: TestServer;
let port: number;
beforeAll(async () => {
  server = await startServer({ CHINOOK_ALLOWED_HOSTS: "Music.Example.com, other.example." });
  port = Number(new URL(server.url).port);
});
afterAll(async () => {
  expect(server.stderr()).not.toContain('"code":"internal"');
  expect(await server.stop()).toBe(0);
});

const artists = () => value(server, "SELECT count(*) FROM artists");

interface Operation {
  readonly method: string;
  readonly path: string;
}

/** Everything that changes something, as the server describes itself. */
async function unsafeOperations(): Promise<Operation[]> {
  const { json } = await get(server, "/openapi.json");
  const all = Object.entries(json.paths as Json).flatMap(([path, methods]) =>
    Object.keys(methods as Json).map((method) => ({ method: method.toUpperCase(), path })),
  );
  return all
    .filter(({ method }) => method !== "GET")
    .map(({ method, path }) => ({ method, path: path.replace(/\{\w+\}/g, "1") }));
}

describe("Host", () => {
  const ask = async (host: string, line = "GET /v1/artists HTTP/1.1") =>
    (await converse(server, `${line}\r\nhost: ${host}\r\n${CLOSE}\r\n`))[0]!;

  test.each([
    "evil.example",
    "evil.example:80",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "music.example",
  ])("%s is refused for reads and writes", async (host) => {
    expectProblem(await ask(host), 403, "host_not_allowed");
    expectProblem(await ask(host, "POST /admin/optimize HTTP/1.1"), 403, "host_not_allowed");
    expectProblem(await ask(host, "GET /no/such/route HTTP/1.1"), 403, "host_not_allowed");
  });

  test.each(["127.0.0.1", "127.0.0.1:PORT", "10.1.2.3:99", "[::1]:PORT", "localhost", "LOCALHOST.:PORT"])(
    "%s is served: no name can be rebound to it",
    async (host) => {
      expect((await ask(host.replace("PORT", String(port)))).status).toBe(200);
    },
  );

  test.each(["music.example.com", "MUSIC.example.COM.:8080", "other.example"])(
    "%s is served: a setting names it",
    async (host) => {
      expect((await ask(host)).status).toBe(200);
    },
  );

  test.each(["", ":80", "[::1", "a/b", "localhost:80:80"])("%j is invalid", async (host) => {
    expect((await ask(host)).status).toBe(400);
  });

  test("is cached in a bounded cache: every port is another value", async () => {
    for (let i = 0; i < 2_500; i += 50)
      await Promise.all(Array.from({ length: 50 }, (_, n) => ask(`127.0.0.1:${i + n}`)));
    expect((await ask("evil.example")).status).toBe(403);
  });

  test.each([
    ["A.b:1", "a.b"],
    ["a.", "a"],
    ["[FE80::1]:8", "fe80::1"],
    ["::1", undefined],
    ["a b", undefined],
  ])("%j is parsed as %j", (host, name) => {
    expect(hostName(host)).toBe(name);
  });
});

describe("a write", () => {
  test.each([
    ["a form of another site", { "sec-fetch-site": "cross-site", origin: "http://evil.example" }],
    ["a page on another port of this machine", { "sec-fetch-site": "same-site" }],
    ["a page that hides where it is from", { "sec-fetch-site": "cross-site", origin: "null" }],
    ["a browser that says only Origin", { origin: "http://evil.example" }],
    ["a sandboxed page in such a browser", { origin: "null" }],
    ["two values at once", { "sec-fetch-site": "same-origin, cross-site" }],
  ])("is refused on every route for %s", async (_, headers: Record<string, string>) => {
    const before = artists();
    const operations = await unsafeOperations();
    expect(operations.length).toBeGreaterThan(20);
    for (const { method, path } of operations)
      expectProblem(await request(server, method, path, { headers, body: {} }), 403, "cross_origin");
    expect(artists()).toBe(before);
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])(
    "is refused as %s, on every route",
    async (type) => {
      for (const { method, path } of await unsafeOperations()) {
        const answer = await request(server, method, path, { headers: { "content-type": type }, body: "{}" });
        expectProblem(answer, 415, "media_type_unsupported");
      }
    },
  );

  test.each([
    ["the server's own page", () => ({ "sec-fetch-site": "same-origin", origin: server.url })],
    ["somebody who typed it", () => ({ "sec-fetch-site": "none" })],
    ["the own page in a browser that says only Origin", () => ({ origin: server.url.toUpperCase() })],
    ["a program", () => ({})],
  ])("is accepted for %s", async (_, headers) => {
    const created = await post(server, "/v1/artists", { name: "Same" }, headers() as Record<string, string>);
    expect(created.status).toBe(201);
    const bare = await request(server, "POST", "/admin/optimize", {
      headers: headers() as Record<string, string>,
    });
    expect(bare.status).toBe(200);
  });

  test("reads from other sites are answered: browsers hide the response from their page", async () => {
    const answer = await get(server, "/v1/artists", { "sec-fetch-site": "cross-site" });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, null]);
  });
});

/** A page of another origin that tries to write through each route. */
const attack = (target: string, paths: readonly string[]) => `<!doctype html><script type=module>
  const send = (path, body) => fetch("${target}" + path, {method: "POST", mode: "no-cors", body}).catch(() => {});
  for (const path of ${JSON.stringify(paths)}) {
    await send(path);
    await send(path, new Blob(['{"name":"Attacked"}']));
    document.body.insertAdjacentHTML("beforeend", '<iframe name="' + path + '"></iframe>');
    const form = Object.assign(document.createElement("form"), {method: "POST", action: "${target}" + path, target: path});
    form.enctype = "text/plain";
    form.innerHTML = '<input name=\\'{"name":"Attacked","x":"\\' value=\\'"}\\'>';
    document.body.append(form);
    form.submit();
  }
</script>`;

/** Opens the page in a browser until the condition holds. */
async function browse(page: string, until: () => Promise<boolean>): Promise<void> {
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${temporaryFolder()}`];
  const browser = spawn(BROWSER!, [...flags, "--remote-debugging-port=0", page], { stdio: "ignore" });
  const closed = once(browser, "close");
  try {
    while (browser.exitCode === null && !(await until())) await delay(50);
  } finally {
    browser.kill();
    await closed;
  }
}

async function attacker(paths: readonly string[]): Promise<Server> {
  const site = createServer((_, answer) =>
    answer.setHeader("content-type", "text/html").end(attack(server.url, paths)),
  );
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  return site;
}

async function refusedSoFar(): Promise<number> {
  const { text } = await get(server, "/metrics");
  return Number(/^chinook_rejected_requests_total\{reason="cross_origin"\} (\d+)/m.exec(text)?.[1] ?? 0);
}

test.skipIf(BROWSER === undefined)(
  "a foreign page in a real browser changes nothing, by script or form, on any route (needs Chromium)",
  async () => {
    const posts = (await unsafeOperations()).filter(({ method }) => method === "POST");
    const expected = (await refusedSoFar()) + 3 * posts.length;
    const before = artists();
    const site = await attacker(posts.map(({ path }) => path));
    const page = `http://localhost:${(site.address() as AddressInfo).port}/`;
    await browse(page, async () => (await refusedSoFar()) >= expected);
    site.close();
    expect(await refusedSoFar()).toBe(expected);
    expect(artists()).toBe(before);
  },
  120_000,
);
