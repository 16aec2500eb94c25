import { beforeEach, expect, test, vi } from "vitest";
import { Cache } from "../../src/main/engine/cache/cache.ts";
import { Answers } from "../../src/main/engine/reads/answers.ts";
import { Credentials, type CredentialsOptions } from "../../src/main/features/people/credentials.ts";
import { digest, keyText, newSecret } from "../../src/main/features/people/tokens.ts";

/** What the database would answer; counted, and held back while `held` is set. */
let rows: Map<number, object>;
let reads: number;
let held: Promise<void> | undefined;
let cache: Cache;
let credentials: Credentials;
const used = vi.fn<CredentialsOptions["onUsed"]>();

const secret = newSecret();
const key = keyText(1, secret);

function open(maxBytes = 1_048_576): void {
  cache = new Cache({ maxBytes });
  const read = async ([, params]: readonly [string, Record<string, unknown>]) => {
    reads++;
    const row = rows.get(params.id as number);
    await held;
    const text = row === undefined ? null : ([JSON.stringify(row), "", "accounts:7"] as const);
    return { row: text, waitedMs: 0, ms: 0 };
  };
  const lane = { read } as ConstructorParameters<typeof Answers>[0]["lanes"]["point"];
  const answers = new Answers({
    cache,
    lanes: { point: lane, scan: lane },
    onLookup: () => {},
    onRead: () => {},
    onReadFailed: () => {},
  });
  credentials = new Credentials({ answers, cache, idleMs: 7_200_000, onUsed: used });
}

beforeEach(() => {
  const row = {
    id: 1,
    user: 7,
    role: "editor",
    hash: digest(secret),
    scopes: ["catalogue:read"],
    rate: null,
  };
  rows = new Map([[1, { ...row, expires_at: null, used_at: new Date().toISOString() }]]);
  reads = 0;
  held = undefined;
  used.mockClear();
  open();
});

/** As the writer does: the row changes, then the tags move, then the write is answered. */
function revoke(tags: readonly string[] = ["accounts:7", "accounts"]): void {
  rows.clear();
  cache.invalidate(tags);
}

test.each([
  ["with a cache", 1_048_576],
  ["without a cache", 0],
])("%s a token in use is looked up once", async (_, bytes) => {
  open(bytes);
  const first = await credentials.resolve(key);
  expect(first?.principal).toMatchObject({ id: "user:7", credential: "key:1" });
  for (let i = 0; i < 5; i++) expect(credentials.resolve(key)).toBe(first);
  expect(reads).toBe(1);
});

test.each([[["accounts:7", "accounts"]], [["*"]]])("a write of %j ends it at once", async (tags) => {
  await credentials.resolve(key);
  expect(credentials.resolve(key)).toBeDefined();
  revoke(tags);
  expect(await credentials.resolve(key)).toBeUndefined();
});

test("a write to another account leaves it as it is", async () => {
  await credentials.resolve(key);
  cache.invalidate(["accounts:8", "accounts"]);
  await credentials.resolve(key);
  expect(reads).toBe(1);
});

test("a look-up overtaken by a write is used for earlier requests, and for no later one", async () => {
  let letGo = () => {};
  held = new Promise((resolve) => {
    letGo = resolve;
  });
  const before = credentials.resolve(key);
  revoke();
  letGo();
  expect(await before).toBeDefined();
  expect(await credentials.resolve(key)).toBeUndefined();
});

test("another secret under a known id is none, and is not remembered", async () => {
  await credentials.resolve(key);
  const guess = keyText(1, newSecret());
  expect(await credentials.resolve(guess)).toBeUndefined();
  expect(await credentials.resolve(guess)).toBeUndefined();
  expect(reads).toBe(1);
});

test("its use is noted once a minute, and its expiry is kept to the millisecond", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  try {
    const start = Date.now();
    rows.set(1, { ...rows.get(1), used_at: null, expires_at: new Date(start + 90_000).toISOString() });
    for (let second = 0; second < 90; second++) {
      vi.setSystemTime(start + second * 1_000);
      expect(await credentials.resolve(key), `second ${second}`).toBeDefined();
    }
    expect(used).toHaveBeenCalledTimes(2);
    vi.setSystemTime(start + 90_000);
    expect(await credentials.resolve(key)).toBeUndefined();
  } finally {
    vi.useRealTimers();
  }
});

test("as many tokens as are remembered are forgotten together, and found again", async () => {
  const keys = Array.from({ length: 10_000 }, (_, i) => {
    rows.set(i + 1, { ...rows.get(1), id: i + 1 });
    return keyText(i + 1, secret);
  });
  for (const each of keys) expect((await credentials.resolve(each))?.principal.user).toBe(7);
  for (const each of keys) expect((await credentials.resolve(each))?.principal.user).toBe(7);
});
