import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Attempts } from "../../src/main/features/people/oidc/attempts.ts";
import { get, type Json, post, remove, type TestServer } from "../support/server.ts";
import { Browser, type Page, type RunningProvider, startProvider } from "./oidc-provider.ts";
import { bearer, operator, PASSWORD, person, startRequired, whoAmI } from "./support.ts";

const claims = (email: string, email_verified = true, name = "N") => ({ email, email_verified, name });

const DIRECTORY = {
  ada: claims("Ada@example.com", true, "エイダ"),
  grace: claims("grace@example.com"),
  eve: claims("victim@example.com", false),
  mallory: claims("squatted@example.com"),
  linus: claims("elsewhere@example.com"),
  stranger: claims("late@example.com"),
};

let provider: RunningProvider;
let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  provider = await startProvider("home", DIRECTORY);
  server = await startRequired({
    CHINOOK_OIDC: `${provider.setting},down=http://x:y@127.0.0.1:9`,
  });
});
afterAll(async () => {
  await server.stop();
  await provider.stop();
});
beforeEach(() => {
  browser = new Browser();
  provider.tamper = undefined;
});

const loginAt = (name = "home", more = "") => `${server.url}/v1/oidc/${name}/login${more}`;
const problem = ({ text }: Page): Json => JSON.parse(text);

/** The session's token, as the browser has it. */
async function tokenOf({ jar }: Browser): Promise<string> {
  const cookies = await jar.getCookies(server.url.replace("http:", "https:"));
  return cookies.find(({ key }) => key === "__Host-chinook_session")?.value ?? "";
}

const me = async () => (await whoAmI(server, bearer(await tokenOf(browser)))).json;

describe("a login", () => {
  test("makes an account of who never was here, and knows them again", async () => {
    const page = await browser.logIn(loginAt("home", "?return_to=/livez"), "ada");
    expect([page.status, page.url.href]).toEqual([200, `${server.url}/livez`]);
    const first = await me();
    expect(first).toMatchObject({
      email: "Ada@example.com",
      email_verified: true,
      name: "エイダ",
      role: "listener",
    });
    browser = new Browser();
    await browser.logIn(loginAt(), "ada");
    expect((await me()).id).toBe(first.id);
  });

  test("asks with PKCE, state and nonce, and never with the secret", async () => {
    await browser.logIn(loginAt(), "ada");
    const asked = browser.visited.find(({ pathname }) => pathname === "/auth")!;
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({
      client_id: "chinook",
      response_type: "code",
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: "S256",
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      redirect_uri: `${server.url}/v1/oidc/home/callback`,
    });
    expect(browser.visited.map(String).join()).not.toContain("s3cret");
  });

  test("links an account with the same address where both sides have verified it", async () => {
    const made = await operator(server, "user", "create", "--email", "grace@example.com");
    await browser.logIn(loginAt(), "grace");
    expect((await me()).id).toBe(made.id);
  });

  test("links nothing by an address that the provider has not verified", async () => {
    await person(server, "victim@example.com");
    const page = await browser.logIn(loginAt(), "eve");
    expect([page.status, problem(page).code]).toEqual([422, "oidc_failed"]);
    expect(await tokenOf(browser)).toBe("");
  });

  test("links nothing to an account that somebody made with an address that they never verified", async () => {
    await post(server, "/v1/users", { email: "squatted@example.com", password: PASSWORD });
    const page = await browser.logIn(loginAt(), "mallory");
    expect([page.status, problem(page).code]).toEqual([409, "already_exists"]);
    expect(await tokenOf(browser)).toBe("");
  });

  test.each(["//evil.example", "/\\evil.example", "https://evil.example", "evil", "/a b", "/a\r\nb"])(
    "does not lead to %j",
    async (path) => {
      const query = new URLSearchParams({ return_to: path });
      const { status, json } = await get(server, `/v1/oidc/home/login?${query}`);
      expect([status, json.code]).toEqual([422, "invalid"]);
    },
  );

  test("is told of by the list of providers", async () => {
    expect((await get(server, "/v1/oidc")).json.data).toEqual([
      { name: "home", login: "/v1/oidc/home/login" },
      { name: "down", login: "/v1/oidc/down/login" },
    ]);
  });
});

describe("linking", () => {
  test("adds a provider to an account, and takes it away", async () => {
    const linus = await person(server, "linus@example.com");
    await browser.jar.setCookie(
      `__Host-chinook_session=${linus.token}; Path=/; Secure`,
      server.url.replace("http:", "https:"),
    );
    const begun = await post(server, "/v1/identities/home", {}, linus.headers);
    await browser.jar.setCookie(begun.headers.get("set-cookie")!, server.url.replace("http:", "https:"));
    await browser.logIn(begun.json.url, "linus");
    expect((await get(server, "/v1/identities", linus.headers)).json.data).toMatchObject([
      { provider: "home" },
    ]);

    browser = new Browser();
    await browser.logIn(loginAt(), "linus");
    expect(await me()).toMatchObject({ id: linus.id, email: "linus@example.com" });

    expect((await remove(server, "/v1/identities/home", linus.headers)).status).toBe(204);
    expect((await get(server, "/v1/identities", linus.headers)).json.data).toEqual([]);
    const { json } = await get(
      server,
      `/v1/audit?object=users:${linus.id}&command=identities`,
      await operatorsHeaders(),
    );
    expect(json.data.map(({ command, changes }: Json) => [command, changes])).toEqual([
      ["identities.unlink", { providers: ["home", null] }],
      ["identities.link", { providers: [null, "home"] }],
    ]);
  });

  test("keeps the only way in", async () => {
    await browser.logIn(loginAt(), "ada");
    const headers = bearer(await tokenOf(browser));
    const refused = await remove(server, "/v1/identities/home", headers);
    expect([refused.status, refused.json.code]).toEqual([409, "in_use"]);
  });

  test("does nothing in a browser that is not logged in as who began it", async () => {
    const victim = await person(server, "another@example.com");
    const begun = await post(server, "/v1/identities/home", {}, victim.headers);
    await browser.jar.setCookie(begun.headers.get("set-cookie")!, server.url.replace("http:", "https:"));
    const page = await browser.logIn(begun.json.url, "stranger");
    expect([page.status, problem(page).code]).toEqual([422, "oidc_failed"]);
    expect((await get(server, "/v1/identities", victim.headers)).json.data).toEqual([]);
  });
});

const operatorsHeaders = async () => {
  const admin = await person(server, `admin${Math.random()}@example.com`, "admin");
  return admin.headers;
};

describe("is refused", () => {
  /** Stops the browser before its way back. */
  const comeBack = async (login: string): Promise<URL> => {
    browser.redirect = (url) => (url.pathname.endsWith("/callback") ? undefined : url);
    const { url } = await browser.logIn(loginAt(), login);
    browser.redirect = (to) => to;
    return url;
  };
  const refusal = async (to: URL, by = browser) => {
    const page = await by.go(to);
    return [page.status, problem(page).code];
  };

  test("an ID token for another nonce", async () => {
    browser.redirect = (url) => {
      if (url.pathname === "/auth" && url.searchParams.has("nonce")) url.searchParams.set("nonce", "another");
      return url;
    };
    const page = await browser.logIn(loginAt(), "ada");
    expect([page.status, problem(page).code]).toEqual([422, "oidc_failed"]);
  });

  test("an ID token whose signature is none of the provider's", async () => {
    provider.tamper = (answer) => {
      const [head, body] = String(answer.id_token).split(".");
      answer.id_token = [head, body, "A".repeat(342)].join(".");
    };
    const page = await browser.logIn(loginAt(), "ada");
    expect([page.status, problem(page).code]).toEqual([422, "oidc_failed"]);
  });

  test("a callback that comes twice, or with another's state, or in another browser", async () => {
    const back = await comeBack("ada");
    expect(await refusal(back, new Browser())).toEqual([422, "oidc_failed"]);
    const forged = new URL(back);
    forged.searchParams.set("state", "x".repeat(43));
    expect(await refusal(forged)).toEqual([422, "oidc_failed"]);
    expect((await browser.go(back)).url.pathname).toBe("/");
    expect(await refusal(back)).toEqual([422, "oidc_failed"]);
  });

  test("a code that was used in another login", async () => {
    const first = await comeBack("ada");
    await browser.go(first);
    const second = await comeBack("ada");
    second.searchParams.set("code", first.searchParams.get("code")!);
    expect(await refusal(second)).toEqual([422, "oidc_failed"]);
  });

  test("an answer from another issuer, an error, and none", async () => {
    const back = await comeBack("ada");
    back.searchParams.set("iss", "https://evil.example");
    expect(await refusal(back)).toEqual([422, "oidc_failed"]);
    const denied = await comeBack("ada");
    denied.searchParams.delete("code");
    denied.searchParams.set("error", "access_denied");
    expect(await refusal(denied)).toEqual([422, "oidc_failed"]);
    expect(await refusal(new URL(`${server.url}/v1/oidc/home/callback`))).toEqual([422, "oidc_failed"]);
  });

  test("a provider that is not there, before and during a login", async () => {
    const down = await get(server, "/v1/oidc/down/login");
    expect([down.status, down.json.code]).toEqual([503, "provider_unavailable"]);
    expect(down.headers.get("retry-after")).toBe("10");
    expect((await get(server, "/v1/oidc/nobody/login")).status).toBe(404);
    const other = await startProvider("gone", DIRECTORY);
    await using alone = await startRequired({ CHINOOK_OIDC: other.setting });
    browser.redirect = (url) => (url.pathname.endsWith("/callback") ? undefined : url);
    const { url } = await browser.logIn(`${alone.url}/v1/oidc/gone/login`, "ada");
    await other.stop();
    expect(await refusal(url)).toEqual([503, "provider_unavailable"]);
  });

  test("who is disabled, and who is new where registration is closed", async () => {
    await using closed = await startRequired({
      CHINOOK_OIDC: provider.setting,
      CHINOOK_REGISTRATION: "closed",
    });
    const start = `${closed.url}/v1/oidc/home/login`;
    const page = await browser.logIn(start, "grace");
    expect([page.status, problem(page).code]).toEqual([403, "registration_closed"]);
    await operator(closed, "user", "create", "--email", "grace@example.com");
    browser = new Browser();
    expect((await browser.logIn(start, "grace")).url.pathname).toBe("/");
    await operator(closed, "user", "disable", "grace@example.com");
    browser = new Browser();
    expect(problem(await browser.logIn(start, "grace")).code).toBe("oidc_failed");
  });
});

test("a login is over after ten minutes, and as many are kept as there is room for", () => {
  let now = 0;
  const attempts = new Attempts(() => now);
  const attempt = (state: string) => ({
    ...{ provider: "home", state, nonce: "n", verifier: "v", user: null, returnTo: "/" },
  });
  attempts.keep(attempt("a"), "b");
  attempts.keep(attempt("late"), "b");
  now = 599_999;
  expect(attempts.take("a", "b")).toMatchObject({ state: "a" });
  now = 600_000;
  expect(attempts.take("late", "b")).toBeUndefined();
  for (let i = 0; i < 10_001; i++) attempts.keep(attempt(`s${i}`), "b");
  expect(attempts.take("s0", "b")).toBeUndefined();
  expect(attempts.take("s10000", "b")).toBeDefined();
});
