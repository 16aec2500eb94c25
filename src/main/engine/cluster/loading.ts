import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "../../../shared/errors.ts";
import type { Param } from "../../../shared/protocol.ts";
import { POSITION_SQL } from "./heartbeat.ts";
import { type Nodes, nodesOf } from "./nodes.ts";
import { NOWHERE, type Position } from "./position.ts";
import { Rqlite } from "./rqlite.ts";

/** Milliseconds for the transfer of a whole database. */
const TRANSFER_MS = 3_600_000;
const ASK_MS = 3_000;

export interface NodeState {
  /** Base URL. */
  readonly node: string;
  /** Null if it does not answer, or holds no database of this server. */
  readonly position: Position | null;
}

/** Whole databases into a cluster and out of it, for commands. */
export class ClusterLoading {
  readonly #nodes: Nodes;
  readonly #rqlite: Rqlite;

  /** @param writer the setting. @throws AppError `usage` if it names no cluster. */
  constructor(writer: string) {
    if (writer === "local")
      throw new AppError("usage", { detail: "CHINOOK_WRITER must name the nodes of a cluster" });
    this.#nodes = nodesOf(writer);
    this.#rqlite = new Rqlite(this.#nodes);
  }

  /** How far the cluster has come; `NOWHERE` if it is empty. @throws AppError `writer_lost` without a leader. */
  async position(): Promise<Position> {
    try {
      return positionIn((await this.#rqlite.query(POSITION_SQL, ASK_MS)).rows);
    } catch (error) {
      if (error instanceof AppError && error.code === "writer_lost") throw error;
      return NOWHERE;
    }
  }

  /** What each node itself holds, the leader or not. */
  states(): Promise<NodeState[]> {
    return Promise.all(this.#nodes.urls.map(async (node) => ({ node, position: await this.#stateOf(node) })));
  }

  async #stateOf(node: string): Promise<Position | null> {
    try {
      const path = `/db/query?level=none&q=${encodeURIComponent(POSITION_SQL)}`;
      const { text } = await this.#rqlite.ask(node, path, { method: "GET", ms: ASK_MS });
      const position = positionIn(JSON.parse(text).results[0].values);
      return position === NOWHERE ? null : position;
    } catch {
      return null;
    }
  }

  /** Address of the leader's API, as the nodes tell; null if there is none. */
  async leader(): Promise<string | null> {
    const { text } = await this.#rqlite.ask(this.#rqlite.own, "/nodes?ver=2&timeout=1s", {
      method: "GET",
      ms: ASK_MS,
    });
    const { nodes } = JSON.parse(text) as { nodes: { leader: boolean; api_addr: string }[] };
    return nodes.find(({ leader }) => leader)?.api_addr ?? null;
  }

  /** Replaces everything in the cluster by a file. @throws AppError `import_refused` if the leader refuses it. */
  async load(file: string): Promise<void> {
    const { size } = await stat(file);
    const answer = await this.#rqlite.send(
      this.#rqlite.own,
      "/db/load",
      createReadStream(file),
      size,
      TRANSFER_MS,
    );
    if (answer.status !== 200 || /"error"/.test(answer.text))
      throw new AppError("import_refused", {
        detail: `rqlite answered ${answer.status}: ${answer.text.trim()}`,
      });
  }

  /** @param node the node's own state; undefined: the leader's. @throws AppError `backup_failed`. */
  async backup(to: string, node?: string): Promise<void> {
    const path = node === undefined ? "/db/backup" : "/db/backup?noleader";
    const answer = await this.#rqlite.open(node ?? this.#rqlite.own, path, {
      method: "GET",
      ms: TRANSFER_MS,
    });
    if (answer.statusCode !== 200) {
      answer.resume();
      throw new AppError("backup_failed", { detail: `rqlite's backup answered ${answer.statusCode}` });
    }
    await pipeline(answer, createWriteStream(to));
  }

  /** Resolves when every node has come as far. @throws AppError `behind`, naming those that have not in time. */
  async everywhere(position: Position, patienceMs: number): Promise<void> {
    const end = performance.now() + patienceMs;
    for (;;) {
      const late = (await this.states()).filter((state) => !isAt(state.position, position));
      if (late.length === 0) return;
      if (performance.now() > end)
        throw new AppError("behind", { detail: late.map(({ node }) => node).join(", ") });
      await delay(100);
    }
  }

  close(): void {
    this.#rqlite.close();
  }
}

function positionIn(rows: readonly (readonly Param[])[] | undefined): Position {
  const [epoch, seq] = (rows?.[0] ?? []) as number[];
  return epoch === undefined || seq === undefined ? NOWHERE : { epoch, seq };
}

const isAt = (state: Position | null, { epoch, seq }: Position): boolean =>
  state !== null && state.epoch === epoch && state.seq >= seq;
