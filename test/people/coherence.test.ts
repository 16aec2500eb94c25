import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { patch, remove, type TestServer } from "../support/server.ts";
import { bearer, logIn, makeKey, PASSWORD, type Person, person, startRequired, whoAmI } from "./support.ts";

/**
 * Credentials that are asked with all the time, and ended one after the other. A request that begins after the
 * answer that ended its credential must not pass, whatever was remembered, cached or on its way by then.
 */
const READERS = 6;
const ROUNDS = 3;

interface Used {
  readonly how: string;
  readonly headers: Record<string, string>;
  passed: number;
  ended: boolean;
}

type Ending = (server: TestServer, ada: Person, admin: Person) => Promise<{ status: number }>;

/** Each with what it ends: the session that the person is in, another one, or a key. */
const ENDINGS: Readonly<Record<string, [what: "session" | "other" | "key", end: Ending]>> = {
  "logging out": [
    "session",
    (server, { session, headers }) => remove(server, `/v1/sessions/${session}`, headers),
  ],
  "logging out everywhere": ["other", (server, { headers }) => remove(server, "/v1/sessions", headers)],
  "a new password": [
    "other",
    (server, { headers }) =>
      patch(server, "/v1/me", { password: "another fine one", current_password: PASSWORD }, headers),
  ],
  "disabling, for a session": [
    "session",
    (server, { id }, admin) => patch(server, `/v1/users/${id}`, { status: "disabled" }, admin.headers),
  ],
  "disabling, for a key": [
    "key",
    (server, { id }, admin) => patch(server, `/v1/users/${id}`, { status: "disabled" }, admin.headers),
  ],
  deletion: ["key", (server, { headers }) => remove(server, "/v1/me", headers)],
};

async function headersFor(what: "session" | "other" | "key", server: TestServer, ada: Person) {
  if (what === "session") return ada.headers;
  if (what === "other") return (await logIn(server, ada.email)).headers;
  return bearer((await makeKey(server, ada, { scopes: ["library"] })).key);
}

async function ask(server: TestServer, all: readonly Used[], over: () => boolean, first: number) {
  const late: string[] = [];
  for (let i = first; !over(); i++) {
    const used = all[i % all.length]!;
    const { ended } = used;
    const { status } = await whoAmI(server, used.headers);
    if (status === 200) used.passed++;
    if (ended && status === 200) late.push(`passed after ${used.how}`);
    if (status >= 500) late.push(`${status} around ${used.how}`);
    await turn();
  }
  return late;
}

async function oneRound(server: TestServer, admin: Person, round: number): Promise<string[]> {
  const all: Used[] = [];
  const endings: (() => Promise<void>)[] = [];
  for (const [i, [how, [what, end]]] of Object.entries(ENDINGS).entries()) {
    const ada = await person(server, `p${round}-${i}@example.com`);
    const used = { how, headers: await headersFor(what, server, ada), passed: 0, ended: false };
    all.push(used);
    endings.push(async () => {
      while (used.passed < 3) await turn();
      const { status } = await end(server, ada, admin);
      expect(status, how).toBeLessThan(300);
      used.ended = true;
    });
  }
  let over = false;
  const readers = Array.from({ length: READERS }, (_, i) => ask(server, all, () => over, i));
  for (const end of endings) await end();
  for (const { how, headers } of all) expect((await whoAmI(server, headers)).status, how).toBe(401);
  over = true;
  return (await Promise.all(readers)).flat();
}

test("no request passes that began after the answer that ended its session or key", async () => {
  await using server = await startRequired();
  const admin = await person(server, "admin@example.com", "admin");
  for (let round = 0; round < ROUNDS; round++) expect(await oneRound(server, admin, round)).toEqual([]);
}, 120_000);

test("a permission that was taken away is gone with the answer", async () => {
  await using server = await startRequired();
  const admin = await person(server, "admin@example.com", "admin");
  const ada = await person(server, "ada@example.com", "editor");
  const { key } = await makeKey(server, ada, { scopes: ["catalogue:write"] });
  const write = () => patch(server, "/v1/genres/1", { name: "New" }, bearer(key));
  expect((await write()).status).toBe(404);
  expect((await write()).status).toBe(404);
  await patch(server, `/v1/users/${ada.id}`, { role: "listener" }, admin.headers);
  expect((await write()).status).toBe(403);
});
