import { statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import Database from "better-sqlite3";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { expectProblem } from "../http/helpers.ts";
import {
  copyOf,
  get,
  type Json,
  makeCatalogue,
  post,
  startServer,
  type TestServer,
} from "../support/server.ts";

const TRACKS = 20_000;
const MEBIBYTE = 1_048_576;
const LIMIT_MB = 32;
const DAY_MS = 86_400_000;
/** What one transaction may add to a WAL below its limit: the writer's cache, what it may spill, and one command. */
const TRANSACTION_BYTES = (16 + 4 + 24) * MEBIBYTE;

let catalogue: string;
beforeAll(async () => {
  catalogue = await makeCatalogue(TRACKS);
}, 120_000);

const walBytes = ({ database }: TestServer): number =>
  statSync(`${database}-wal`, { throwIfNoEntry: false })?.size ?? 0;

/** Spread over tracks, users and three hundred days, by a sequence that comes near no value twice. */
const arrayOf = (round: number): Json[] =>
  Array.from({ length: 1_000 }, (_, i) => {
    const place = ((round * 1_000 + i) * 0.618_033_988_75) % 1;
    return {
      track_id: 1 + Math.floor(place * TRACKS),
      user_id: 1 + (i % 997),
      played_at: new Date(Date.now() - Math.floor(((place * 7) % 1) * 300 * DAY_MS)).toISOString(),
    };
  });

const start = (limitMb: number): Promise<TestServer> =>
  startServer({ CHINOOK_WAL_LIMIT_MB: String(limitMb) }, { database: copyOf(catalogue) });

/** Posts until it is taken. A refusal is worth it to come again, and only for the WAL's length. */
async function postArray(server: TestServer, round: number): Promise<void> {
  for (;;) {
    const answer = await post(server, "/v1/plays", arrayOf(round));
    if (answer.status === 201) return;
    expectProblem(answer, 503, "wal_full");
    expect(answer.headers.get("retry-after")).toBe("1");
    await delay(100);
  }
}

describe("the WAL", () => {
  test("stays within its limit plus one transaction while six clients post arrays of plays", async () => {
    await using server = await start(LIMIT_MB);
    let [round, largest] = [0, 0];
    const client = async () => {
      for (; round < 180; ) {
        await postArray(server, round++);
        largest = Math.max(largest, walBytes(server));
      }
    };
    await Promise.all(Array.from({ length: 6 }, client));
    expect(largest).toBeLessThan(LIMIT_MB * MEBIBYTE + TRANSACTION_BYTES);
    expect(largest).toBeGreaterThan(MEBIBYTE);
  }, 240_000);

  test("accepts no writes past its limit while another process reads, and recovers when that ends", async () => {
    await using server = await start(1);
    await postArray(server, 0);
    const other = new Database(server.database);
    onTestFinished(() => void other.close());
    other.exec("BEGIN; SELECT count(*) FROM plays");
    const answers = [];
    do answers.push(await post(server, "/v1/plays", arrayOf(answers.length)));
    while (answers.at(-1)!.status === 201 && answers.length < 50);
    expectProblem(answers.at(-1)!, 503, "wal_full");
    expect(walBytes(server)).toBeLessThan(MEBIBYTE + TRANSACTION_BYTES);
    expect((await get(server, "/v1/tracks/1")).status).toBe(200);
    other.exec("COMMIT");
    await postArray(server, 99);
    expect(walBytes(server)).toBeLessThan(TRANSACTION_BYTES);
    await server.stop();
    expect(server.stderr()).toContain("writes are refused: the WAL is past its limit");
    expect(server.stderr()).toContain("writes are accepted again");
  });
});
