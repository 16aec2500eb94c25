import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Catalogue } from "./catalogue.ts";
import { copyDatabase, removeDatabase, requestsOf } from "./databases.ts";
import { startServer } from "./processes.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { SERVERS } from "./servers/specs.ts";
import type { TrafficName } from "./traffic.ts";

/** A traffic's requests as a file for all load generators: method, path, body and kind, separated by tabs. */
export function writeRequests(file: string, traffic: TrafficName, catalogue: Catalogue): string {
  const lines = requestsOf(traffic, catalogue).map(
    ({ method, path, body = "", kind = "" }) => `${method}\t${path}\t${body}\t${kind}\n`,
  );
  writeFileSync(file, lines.join(""));
  return file;
}

/** Node.js sets these on each response, whichever server answers. */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "date", "content-length", "transfer-encoding"]);

/** Writes Chinook Server's answer about the first track under these settings, once it is warm, to a file. */
export async function answerFile(
  directory: string,
  catalogue: Catalogue,
  settings: NonNullable<Scenario["settings"]>,
): Promise<string> {
  const name = Object.entries(settings).flat().join("-");
  const file = join(directory, `answer-${name}.json`);
  if (existsSync(file)) return file;
  const database = join(directory, "answer.sqlite");
  copyDatabase(catalogue.file, database);
  writeFileSync(file, JSON.stringify(await captured(catalogue, settings, database)));
  removeDatabase(database);
  return file;
}

async function captured(
  { tracks }: Catalogue,
  settings: NonNullable<Scenario["settings"]>,
  database: string,
) {
  const place = { database, settings, tuning: {}, answer: "" };
  const server = await startServer(SERVERS.chinook.args(place), SERVERS.chinook.env!(place));
  try {
    const url = `${server.url}/v1/tracks/${tracks[0]}`;
    await (await fetch(url)).text();
    const response = await fetch(url);
    const headers = [...response.headers].filter(([name]) => !HOP_BY_HOP.has(name));
    return { status: response.status, headers: Object.fromEntries(headers), body: await response.text() };
  } finally {
    await server.stop();
  }
}
