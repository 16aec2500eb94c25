import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import Database from "better-sqlite3";
import { SMTPServer } from "smtp-server";
import { CookieJar } from "tough-cookie";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  chinook,
  get,
  type Json,
  patch,
  post,
  remove,
  request,
  startServer,
  type TestServer,
  temporaryFolder,
} from "../support/server.ts";
import {
  bearer,
  logIn,
  makeKey,
  operator,
  operatorToken,
  PASSWORD,
  person,
  startRequired,
  whoAmI,
} from "./support.ts";

/** Every text of every table, and the bytes of the file and its WAL. */
function traces(database: string, words: readonly string[]): string[] {
  const db = new Database(database, { readonly: true });
  const tables = db
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'",
    )
    .pluck()
    .all();
  const rows = tables.flatMap((table) =>
    db
      .prepare(`SELECT * FROM "${table}"`)
      .all()
      .map((row) => `${table}: ${JSON.stringify(row, (_, value) => (Buffer.isBuffer(value) ? "" : value))}`),
  );
  db.close();
  const files = ["", "-wal"].flatMap((suffix) => {
    try {
      return [`file${suffix}: ${readFileSync(database + suffix, "latin1")}`];
    } catch {
      return [];
    }
  });
  const has = (text: string) => words.some((word) => text.toLowerCase().includes(word.toLowerCase()));
  return [...rows, ...files].filter(has).map((text) => text.slice(0, 200));
}

/** For tests that leave the others alone: each has people of its own. */
let server: TestServer;
beforeAll(async () => {
  server = await startRequired();
});
afterAll(() => server.stop());

describe("an account", () => {
  test("has an address that is unique whatever its case, and a name in any script", async () => {
    const first = await post(server, "/v1/users", {
      email: "Grace@Example.com",
      password: PASSWORD,
      name: "グレース",
    });
    expect(first.json).toMatchObject({ email: "Grace@Example.com", name: "グレース", role: "listener" });
    const again = await post(server, "/v1/users", { email: "gRACE@example.COM", password: PASSWORD });
    expect([again.status, again.json.code]).toEqual([409, "already_exists"]);
    expect(
      (await post(server, "/v1/sessions", { email: "GRACE@example.com", password: PASSWORD })).status,
    ).toBe(201);
  });

  test.each([
    "a@b.c, evil@x.y",
    "<a@b.c>",
    "a@b.c\r\nBcc: x@y.z",
    "a b@c.d",
    "plain",
    "a\0b@c.d",
    "a\u202eb@c.d",
  ])("%j is no address", async (email) => {
    expect((await post(server, "/v1/users", { email, password: PASSWORD })).status).toBe(422);
  });

  test.each(["short12", "password123", "QWERTYUIOP", "x".repeat(257)])(
    "%s is no password",
    async (password) => {
      const { status, json } = await post(server, "/v1/users", {
        email: `p${password.length}@example.com`,
        password,
      });
      expect([status, json.code]).toEqual([422, "password_refused"]);
    },
  );

  test("grants no role on request", async () => {
    const asked = await post(server, "/v1/users", {
      email: "evil@example.com",
      password: PASSWORD,
      role: "admin",
    });
    expect(asked.status).toBe(403);
    const ada = await person(server, "role@example.com");
    expect((await patch(server, `/v1/users/${ada.id}`, { role: "admin" }, ada.headers)).status).toBe(403);
    expect((await patch(server, "/v1/me", { role: "admin" }, ada.headers)).status).toBe(422);
  });

  test("answers a wrong password and an unknown address alike", async () => {
    const wrong = await post(server, "/v1/sessions", {
      email: "grace@example.com",
      password: "not it at all",
    });
    const unknown = await post(server, "/v1/sessions", {
      email: "nobody@example.com",
      password: "not it at all",
    });
    const { request_id: _, ...answer } = wrong.json;
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    expect(unknown.json).toMatchObject(answer);
  });

  test("changes its password by saying the present one, which ends its other sessions", async () => {
    const ada = await person(server, "change@example.com");
    const other = await logIn(server, ada.email);
    expect((await patch(server, "/v1/me", { password: "another fine one" }, ada.headers)).status).toBe(403);
    const change = { password: "another fine one", current_password: PASSWORD };
    expect((await patch(server, "/v1/me", change, ada.headers)).status).toBe(200);
    expect((await whoAmI(server, other.headers)).status).toBe(401);
    expect((await whoAmI(server, ada.headers)).status).toBe(200);
    await logIn(server, ada.email, "another fine one");
  });

  test("keeps its token and key as hashes alone, and shows a key once", async () => {
    const ada = await person(server, "hash@example.com");
    const { key, id } = await makeKey(server, ada, { scopes: ["library"] });
    expect((await whoAmI(server, bearer(key))).status).toBe(200);
    const secrets = [ada.token, key, key.split("_").at(-1)!.slice(0, 32)];
    expect(traces(server.database, secrets)).toEqual([]);
    const { json } = await get(server, "/v1/keys", ada.headers);
    expect(json.data).toEqual([expect.objectContaining({ id, scopes: ["library"] })]);
    expect(JSON.stringify(json)).not.toContain(key.slice(-38));
  });

  test("gives a key no permission that it has not itself", async () => {
    const ada = await person(server, "scopes@example.com");
    const { status, json } = await post(server, "/v1/keys", { name: "k", scopes: ["operate"] }, ada.headers);
    expect([status, json.code]).toEqual([403, "forbidden"]);
  });

  test.each<[string, string, Json]>([
    ["PATCH", "/v1/me", { email: "mine@example.com", password: "mine from now on" }],
    ["POST", "/v1/keys", { name: "k", scopes: ["library"] }],
    ["POST", "/v1/identities/elsewhere", undefined],
    ["DELETE", "/v1/me", undefined],
  ])("is not taken over with a key: %s %s", async (method, path, body) => {
    // Nobody can log in as the owner, so there is no password to ask for.
    const { key } = await operator(server, "key", "create", "--name", "k", "--scopes", "library");
    const { status, json } = await request(server, method, path, { headers: bearer(key), body });
    expect([status, json.detail]).toEqual([403, expect.stringContaining("needs a session")]);
  });

  test("of the last admin stays one", async () => {
    await using alone = await startRequired();
    const admin = await person(alone, "last@example.com", "admin");
    const change = (set: Json) => patch(alone, `/v1/users/${admin.id}`, set, admin.headers);
    const tries = [await change({ role: "editor" }), await change({ status: "disabled" })];
    tries.push(await remove(alone, "/v1/me", admin.headers));
    expect(tries.map(({ json }) => json.code)).toEqual(["in_use", "in_use", "in_use"]);
    const setup = { token: await setupToken(alone), email: "evil@example.com", password: PASSWORD };
    expect((await post(alone, "/v1/setup", setup)).json.code).toBe("link_invalid");
    await person(alone, "second@example.com", "admin");
    expect((await change({ role: "editor" })).status).toBe(200);
  });

  test("sees only its own data", async () => {
    const [ada, eve] = [await person(server, "own@example.com"), await person(server, "eve@example.com")];
    for (const path of ["", "/plays", "/recommendations"]) {
      expect((await get(server, `/v1/users/${ada.id}${path}`, ada.headers)).status, path).toBe(200);
      expect((await get(server, `/v1/users/${ada.id}${path}`, eve.headers)).status, path).toBe(404);
    }
    expect((await remove(server, `/v1/sessions/${ada.session}`, eve.headers)).status).toBe(404);
    expect((await whoAmI(server, ada.headers)).status).toBe(200);
  });

  test("has idempotency keys of its own", async () => {
    const editors = [
      await person(server, "e1@example.com", "editor"),
      await person(server, "e2@example.com", "editor"),
    ];
    const made = await Promise.all(
      editors.map(({ headers }) =>
        post(server, "/v1/genres", { name: "Same" }, { ...headers, "idempotency-key": "same" }),
      ),
    );
    expect(made.map(({ status }) => status)).toEqual([201, 201]);
    expect(made[0]!.json.id).not.toBe(made[1]!.json.id);
  });

  test("records its own plays, and another's only as an operator", async () => {
    const [ada, admin] = [
      await person(server, "plays@example.com"),
      await person(server, "op@example.com", "admin"),
    ];
    const track = await trackOf(server, admin.headers);
    const own = await post(server, "/v1/plays", { track_id: track }, ada.headers);
    expect(own.json).toMatchObject({ track_id: track, user_id: ada.id });
    const others = await post(server, "/v1/plays", [{ track_id: track, user_id: admin.id }], ada.headers);
    expect([others.status, others.json.code]).toEqual([403, "forbidden"]);
    expect(
      (await post(server, "/v1/plays", { track_id: track, user_id: ada.id }, admin.headers)).status,
    ).toBe(201);
  });
});

/** The link that a start without an admin prints. */
async function setupToken(server: TestServer): Promise<string> {
  while (!server.stderr().includes("#setup=")) await delay(20);
  return /#setup=(\S+)/.exec(server.stderr())![1]!;
}

async function trackOf(server: TestServer, headers: Record<string, string>): Promise<number> {
  const type = await post(server, "/v1/media-types", { name: "File" }, headers);
  const body = { name: "T", media_type_id: type.json.id, milliseconds: 1, unit_price: 1 };
  const { status, json, text } = await post(server, "/v1/tracks", body, headers);
  expect(status, text).toBe(201);
  return json.id;
}

describe("personal data", () => {
  test("is exported whole, and deleted without a trace in any table or in the file", async () => {
    await using server = await startRequired();
    const admin = await person(server, "root@example.com", "admin");
    const ada = await person(server, "Lovelace@Analytical.example", "listener", "Augusta Byron");
    await patch(server, "/v1/me", { name: "Augusta Lovelace-King" }, ada.headers);
    await makeKey(server, ada, { name: "Augusta's player", scopes: ["library"] });
    const track = await trackOf(server, admin.headers);
    const known = { ...ada.headers, "user-agent": "Augusta's phone", "idempotency-key": "Augusta" };
    const customer = {
      first_name: "Augusta",
      last_name: "King",
      email: ada.email,
      address: "Lovelace Road 1",
    };
    const { json: buyer } = await post(server, "/v1/customers", customer, admin.headers);
    await patch(server, `/v1/users/${ada.id}`, { customer_id: buyer.id }, admin.headers);
    const did = [
      await post(server, "/v1/plays", { track_id: track }, known),
      await post(server, "/v1/purchases", { lines: [{ track_id: track, quantity: 1 }] }, ada.headers),
      await post(server, "/v1/playlists", { name: "Lovelace's best", visibility: "public" }, ada.headers),
      await post(server, `/v1/tracks/${track}/comments`, { text: "Augusta was here" }, ada.headers),
      await post(server, "/v1/saved-searches", { name: "Augusta", search: { q: "Lovelace" } }, ada.headers),
      await post(server, "/v1/email-verifications", {}, ada.headers),
    ];
    expect(did.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 202]);
    await patch(server, `/v1/playlists/${did[2]!.json.id}`, { name: "Augusta's list" }, ada.headers);
    const export_ = await get(server, "/v1/me/export", ada.headers);
    expect(export_.json).toMatchObject({
      user: { id: ada.id, email: "Lovelace@Analytical.example", name: "Augusta Lovelace-King" },
      customer: { address: "Lovelace Road 1" },
      invoices: [{ billing_address: "Lovelace Road 1", lines: [{ track_id: track }] }],
      keys: [{ name: "Augusta's player" }],
      links: [{ purpose: "verify" }],
      idempotency_keys: [{ key: "Augusta" }],
      plays: [{ track_id: track }],
      playlists: [{ name: "Augusta's list" }],
      comments: [{ text: "Augusta was here" }],
      saved_searches: [{ name: "Augusta" }],
    });
    const words = ["lovelace", "augusta", "analytical.example"];
    expect(traces(server.database, words)).not.toEqual([]);

    expect((await remove(server, "/v1/me", ada.headers)).status).toBe(204);
    expect((await whoAmI(server, ada.headers)).status).toBe(401);
    const db = new Database(server.database, { readonly: true });
    expect(db.prepare("SELECT track_id, user_id FROM plays").all()).toEqual([
      { track_id: track, user_id: null },
    ]);
    expect(db.prepare("SELECT count(*) AS invoices FROM invoices").get()).toEqual({ invoices: 1 });
    const places = "SELECT address FROM audit WHERE principal = ? AND address IS NOT NULL";
    expect(db.prepare(places).all(`user:${ada.id}`)).toEqual([]);
    db.close();
    expect(traces(server.database, words)).toEqual([]);
    expect(await server.stop()).toBe(0);
    expect(traces(server.database, words)).toEqual([]);
  });
});

describe("the audit", () => {
  test("tells who changed what, in the transaction of the change, and what was refused", async () => {
    await using server = await startRequired();
    const admin = await person(server, "admin@example.com", "admin");
    const { json: genre } = await post(server, "/v1/genres", { name: "Old" }, admin.headers);
    await patch(
      server,
      `/v1/genres/${genre.id}`,
      { name: "New" },
      { ...admin.headers, "x-request-id": "renamed" },
    );
    const missed = await patch(
      server,
      `/v1/genres/${genre.id}`,
      { name: "No" },
      { ...admin.headers, "if-match": '"x"' },
    );
    expect(missed.status).toBe(412);
    await remove(server, `/v1/genres/${genre.id}`, admin.headers);
    await post(server, "/v1/sessions", { email: admin.email, password: "wrong wrong" });
    await get(server, "/v1/tracks");
    await delay(50);

    const { json } = await get(server, `/v1/audit?object=genres:${genre.id}`, admin.headers);
    const who = {
      principal: `user:${admin.id}`,
      credential: `session:${admin.session}`,
      address: "127.0.0.1",
    };
    expect(json.data).toMatchObject([
      { ...who, command: "genres.delete", changes: { name: ["New", null] } },
      { ...who, command: "genres.patch", request_id: "renamed" },
      { ...who, command: "genres.create", changes: { name: [null, "Old"] } },
    ]);
    expect(json.data[1].changes).toMatchObject({ name: ["Old", "New"] });
    expect(json.data[1].changes).not.toHaveProperty("id");
    const refused = await get(server, "/v1/audit?command=login", admin.headers);
    expect(refused.json.data).toMatchObject([{ command: "login.refused", object: `users:${admin.id}` }]);
    const denied = await get(server, "/v1/audit?command=access.denied", admin.headers);
    expect(denied.json.data).toMatchObject([
      { principal: "anonymous", changes: { request: "GET /v1/tracks" } },
    ]);
    expect(traces(server.database, [PASSWORD, "wrong wrong"])).toEqual([]);

    const { stdout } = await chinook(["audit", "export"], { CHINOOK_DATABASE: server.database });
    const exported = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Json);
    expect(exported.map(({ command }) => command)).toEqual(
      expect.arrayContaining(["genres.delete", "login.refused"]),
    );
    expect(exported.map(({ id }) => id)).toEqual(exported.map(({ id }) => id).toSorted((a, b) => a - b));
  });
});

describe("revoking", () => {
  test("takes effect with its answer, however many requests are under way", async () => {
    const admin = await person(server, "admin@example.com", "admin");
    for (let round = 0; round < 2; round++) {
      const ada = await person(server, `r${round}@example.com`);
      const { key } = await makeKey(server, ada, { scopes: ["library"] });
      let over = false;
      const late: number[] = [];
      const ask = async () => {
        while (!over) {
          await whoAmI(server, bearer(key));
          await whoAmI(server, ada.headers);
        }
      };
      const asking = Array.from({ length: 4 }, ask);
      await delay(50);
      const { status } = await patch(server, `/v1/users/${ada.id}`, { status: "disabled" }, admin.headers);
      const after = await Promise.all(
        Array.from({ length: 20 }, (_, i) => whoAmI(server, i % 2 ? ada.headers : bearer(key))),
      );
      late.push(...after.map((answer) => answer.status));
      over = true;
      await Promise.all(asking);
      expect(status).toBe(200);
      expect(new Set(late)).toEqual(new Set([401]));
    }
  });
});

describe("limits", () => {
  test("tell what is left, and refuse with when to come again; of each principal by itself", async () => {
    await using server = await startRequired({ CHINOOK_RATE_READ: "3" });
    const [ada, eve] = [await person(server, "ada@example.com"), await person(server, "eve@example.com")];
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await whoAmI(server, ada.headers));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(answers[0]!.headers.get("ratelimit-policy")).toBe('"read";q=3;w=60');
    expect(answers[0]!.headers.get("ratelimit")).toBe('"read";r=2;t=20');
    expect(answers[3]!.json.code).toBe("rate_limited");
    expect(Number(answers[3]!.headers.get("retry-after"))).toBeGreaterThan(10);
    expect((await whoAmI(server, eve.headers)).status).toBe(200);
  });

  test("slow down password guessing, and not the account's owner elsewhere", async () => {
    await using server = await startRequired({
      CHINOOK_RATE_LOGIN: "1000",
      CHINOOK_TRUSTED_PROXIES: "127.0.0.1",
    });
    const ada = await person(server, "ada@example.com");
    const from = (address: string, password: string) =>
      post(server, "/v1/sessions", { email: ada.email, password }, { "x-forwarded-for": address });
    const guesses = [];
    for (let i = 0; i < 7; i++) guesses.push((await from("198.51.100.7", `guess number ${i}`)).status);
    expect(guesses.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
    expect(guesses.slice(5)).toContain(429);
    expect((await from("203.0.113.9", PASSWORD)).status).toBe(201);
  });

  test("count an address as trusted proxies tell it, and a stranger's word for nothing", async () => {
    await using proxied = await startRequired({ CHINOOK_TRUSTED_PROXIES: "127.0.0.1,10.0.0.0/8" });
    const seenBy = async (server: TestServer, headers: Record<string, string>) => {
      const email = "forwarded@example.com";
      const { json } = await post(server, "/v1/sessions", { email, password: PASSWORD }, headers);
      return json.address;
    };
    for (const each of [proxied, server]) await person(each, "forwarded@example.com");
    const seen = (headers: Record<string, string>) => seenBy(proxied, headers);
    expect(await seen({ "x-forwarded-for": "192.0.2.1, 198.51.100.7, 10.1.2.3" })).toBe("198.51.100.7");
    expect(await seen({ forwarded: 'for="[2001:db8::7]:4711";proto=https, for=10.9.9.9' })).toBe(
      "2001:db8::7",
    );
    expect(await seenBy(server, { "x-forwarded-for": "192.0.2.1" })).toBe("127.0.0.1");
  });
});

test("a browser's cookie logs in and out, and only the server's own pages may use it", async () => {
  const ada = await person(server, "ada@example.com");
  const jar = new CookieJar();
  const login = await post(server, "/v1/sessions", { email: ada.email, password: PASSWORD });
  const cookie = login.headers.get("set-cookie")!;
  expect(cookie).toMatch(
    /^__Host-chinook_session=\S+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=2592000; Secure$/,
  );
  // As Chromium does, the jar takes this machine for secure.
  const secure = server.url.replace("http:", "https:");
  await jar.setCookie(cookie, secure);
  const headers = { cookie: await jar.getCookieString(secure) };
  expect((await whoAmI(server, headers)).json.email).toBe("ada@example.com");
  const foreign = { ...headers, "sec-fetch-site": "cross-site", origin: "https://evil.example" };
  expect((await patch(server, "/v1/me", { name: "Evil" }, foreign)).json.code).toBe("cross_origin");
  const out = await remove(server, `/v1/sessions/${login.json.id}`, headers);
  expect(out.headers.get("set-cookie")).toContain("Max-Age=0");
  expect((await whoAmI(server, headers)).status).toBe(401);
});

describe("links", () => {
  test("by mail choose a new password, once, and confirm an address", async () => {
    const mails: string[] = [];
    const smtp = new SMTPServer({
      disabledCommands: ["STARTTLS", "AUTH"],
      onData: (stream, _, done) => {
        let text = "";
        stream.on("data", (chunk) => {
          text += chunk;
        });
        stream.on("end", () => {
          mails.push(text);
          done();
        });
      },
    });
    await new Promise<void>((resolve) => smtp.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => new Promise<void>((resolve) => smtp.close(() => resolve())));
    const { port } = smtp.server.address() as { port: number };
    await using server = await startRequired({
      CHINOOK_SMTP_URL: `smtp://127.0.0.1:${port}`,
      CHINOOK_PUBLIC_URL: "https://music.example.com",
    });
    const ada = await person(server, "ada@example.com");
    const linkOf = async (count: number): Promise<string> => {
      while (mails.length < count) await delay(20);
      const [head, body = ""] = mails[count - 1]!.split("\r\n\r\n");
      expect(head).toContain("To: ada@example.com");
      const text = Buffer.from(body, "base64").toString();
      return /https:\/\/music\.example\.com\/account#\w+=(chinook_link_\w+)/.exec(text)![1]!;
    };
    expect((await post(server, "/v1/password-resets", { email: "nobody@example.com" })).status).toBe(202);
    expect((await post(server, "/v1/password-resets", { email: "ADA@example.com" })).status).toBe(202);
    const token = await linkOf(1);
    const chosen = { token, password: "a wholly new one" };
    expect((await post(server, "/v1/password-resets/confirm", chosen)).status).toBe(204);
    expect((await post(server, "/v1/password-resets/confirm", chosen)).json.code).toBe("link_invalid");
    expect((await whoAmI(server, ada.headers)).status).toBe(401);
    const { headers } = await logIn(server, ada.email, "a wholly new one");

    await patch(
      server,
      "/v1/me",
      { email: "ada@example.com", current_password: "a wholly new one" },
      headers,
    );
    expect((await whoAmI(server, headers)).json.email_verified).toBe(false);
    expect((await post(server, "/v1/email-verifications", {}, headers)).status).toBe(202);
    const confirm = { token: await linkOf(2) };
    expect((await post(server, "/v1/email-verifications/confirm", confirm)).json.email_verified).toBe(true);
    expect((await post(server, "/v1/email-verifications/confirm", confirm)).status).toBe(422);
    expect(mails).toHaveLength(2);
  });

  test("of a first start makes the first admin, once", async () => {
    await using server = await startRequired();
    const admin = { token: await setupToken(server), email: "first@example.com", password: PASSWORD };
    const made = await post(server, "/v1/setup", admin);
    expect(made.status, made.text).toBe(201);
    expect((await whoAmI(server, bearer(made.json.token))).json.role).toBe("admin");
    expect((await post(server, "/v1/setup", { ...admin, email: "second@example.com" })).json.code).toBe(
      "link_invalid",
    );
  });
});

test("commands work without a server, and beside one", async () => {
  const database = `${temporaryFolder()}/database.sqlite`;
  const settings = { CHINOOK_DATABASE: database };
  const made = await chinook(
    ["user", "create", "--email", "ada@example.com", "--role", "admin", "--json"],
    settings,
  );
  const { id, link } = JSON.parse(made.stdout);
  expect(link).toContain("/account#reset=chinook_link_");
  await using server = await startServer({ CHINOOK_AUTH: "required", CHINOOK_DEMO: "0" }, { database });
  const chosen = { token: link.split("=")[1], password: PASSWORD };
  expect((await post(server, "/v1/password-resets/confirm", chosen)).status).toBe(204);
  const { headers } = await logIn(server, "ada@example.com");
  expect((await whoAmI(server, headers)).json).toMatchObject({ id, role: "admin" });
  const key = await operator(
    server,
    "key",
    "create",
    "--name",
    "ci",
    "--scopes",
    "catalogue:read",
    "--expires",
    "90d",
  );
  expect((await get(server, "/v1/artists", bearer(key.key))).status).toBe(200);
  await operator(server, "key", "revoke", String(key.id));
  expect((await get(server, "/v1/artists", bearer(key.key))).status).toBe(401);
  await operator(server, "user", "disable", "ada@example.com");
  expect((await whoAmI(server, headers)).status).toBe(401);
  const wrong = await chinook(["key", "create", "--name", "x", "--scopes", "everything"], settings);
  expect(wrong.code).not.toBe(0);
  expect(await operatorToken(server)).toMatch(/^chinook_operator_/);
});
