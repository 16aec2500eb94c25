import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Catalogue, copyDatabase, removeDatabase } from "./databases.ts";
import { startServer } from "./processes.ts";
import { type Request, TRAFFIC, type TrafficName } from "./requests.ts";
import type { Scenario } from "./scenarios.ts";
import { SERVERS } from "./servers.ts";

/** A traffic's requests as a file that both load generators read: method, path and body by tabs. */
export function writeRequests(directory: string, traffic: TrafficName, catalogue: Catalogue): string {
  const file = join(directory, `${traffic}.requests`);
  if (existsSync(file)) return file;
  const requests: readonly Request[] = TRAFFIC[traffic].requests(catalogue);
  const lines = requests.map(({ method, path, body = "" }) => `${method}\t${path}\t${body}\n`);
  writeFileSync(file, lines.join(""));
  return file;
}

interface Where {
  readonly options: { readonly directory: string };
  readonly catalogue: Catalogue;
}

/** Set by Node for each response, whoever answers. */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "date", "content-length", "transfer-encoding"]);

/** What Chinook Server answers to the first track under these settings, once it is warm: kept in a file. */
export async function answerFile(where: Where, settings: Scenario["settings"]): Promise<string> {
  const { directory } = where.options;
  const name = Object.entries(settings).flat().join("-");
  const file = join(directory, `answer-${name}.json`);
  if (existsSync(file)) return file;
  const database = join(directory, "answer.sqlite");
  copyDatabase(where.catalogue.files.catalogue, database);
  writeFileSync(file, JSON.stringify(await captured(where.catalogue, settings, database)));
  removeDatabase(database);
  return file;
}

async function captured({ tracks }: Catalogue, settings: Scenario["settings"], database: string) {
  const place = { database, settings, answer: "" };
  const server = await startServer(SERVERS.chinook.args(), SERVERS.chinook.env(place));
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
