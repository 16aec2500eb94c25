import Database from "better-sqlite3";
import type { Answer, Client } from "../harness/client.ts";

/** Where the numbers of commands begin: no catalogue has such users. */
const FIRST = 1_000_000_000;
const REGISTERS = 8;

type Kind = "play" | "plays" | "artist" | "track";

/** A command that adds rows which nothing else can have added. */
interface Addition {
  readonly n: number;
  readonly kind: Kind;
  readonly rows: number;
  readonly path: string;
  readonly body: unknown;
  readonly key: string | undefined;
  /** Of the answer, when there was one. */
  id: number | undefined;
  acknowledged: boolean;
  /** Answered with an error that says that nothing was written. */
  refused: boolean;
  deletion: "none" | "sent" | "acknowledged";
}

interface Register {
  readonly id: number;
  sent: number;
  acknowledged: number;
  writing: boolean;
}

export interface Tally {
  acknowledged: number;
  /** Sent and never answered: the process died over them. */
  unanswered: number;
  /** Of those: found whole, and not found at all. */
  kept: number;
  dropped: number;
  /** Repeated under their key after the restart: answered from what was stored, and applied then. */
  replayed: number;
  applied: number;
}

/**
 * What was sent to the server and what it acknowledged, kept outside of its process, and the file held against it.
 *
 * Every command adds rows of its own number, so that one query says how much of it is there: an acknowledged one
 * all of it, a refused one nothing, another all or nothing.
 */
export class Ledger {
  readonly tally: Tally = { acknowledged: 0, unanswered: 0, kept: 0, dropped: 0, replayed: 0, applied: 0 };
  readonly problems: string[] = [];
  readonly #random: () => number;
  readonly #additions: Addition[] = [];
  readonly #registers: Register[] = [];
  #media = 0;
  #next: number;
  /** The first command since the last look at the file. */
  #unchecked = 0;

  constructor(random: () => number, next = FIRST) {
    this.#random = random;
    this.#next = next;
  }

  /** Whether it has yet to be prepared. */
  get empty(): boolean {
    return this.#registers.length === 0;
  }

  get next(): number {
    return this.#next;
  }

  /** Learns what the catalogue has, on the first server over it. */
  async prepare(client: Client): Promise<void> {
    const media = await client.send("GET", "/v1/media-types?limit=1");
    const tracks = await client.send("GET", `/v1/tracks?limit=${REGISTERS}`);
    this.#media = media.json.data[0].id;
    for (const { id } of tracks.json.data)
      this.#registers.push({ id, sent: 0, acknowledged: 0, writing: false });
  }

  /** Sends one command after another until the server is gone. */
  async write(client: Client): Promise<void> {
    try {
      for (;;) await this.#one(client);
    } catch {
      // The socket says that the server is gone: the fate of the last command is known from the file alone.
    }
  }

  #one(client: Client): Promise<void> {
    const dice = this.#random();
    if (dice < 0.08) return this.#writeRegister(client);
    if (dice < 0.12) return this.#delete(client);
    return this.#add(client, this.#addition(dice));
  }

  #addition(dice: number): Addition {
    const n = this.#next++;
    const kind: Kind = dice < 0.5 ? "play" : dice < 0.7 ? "plays" : dice < 0.85 ? "artist" : "track";
    const rows = kind === "plays" ? 2 + Math.floor(this.#random() * 20) : 1;
    const keyed = kind !== "artist" && this.#random() < 0.7;
    const addition: Addition = {
      ...{ n, kind, rows, path: PATHS[kind], body: this.#body(kind, n, rows) },
      ...{
        key: keyed ? `crash-${n}` : undefined,
        id: undefined,
        acknowledged: false,
        refused: false,
        deletion: "none",
      },
    };
    this.#additions.push(addition);
    return addition;
  }

  #body(kind: Kind, n: number, rows: number): unknown {
    const play = { track_id: this.#registers[n % REGISTERS]!.id, user_id: n };
    if (kind === "play") return play;
    if (kind === "plays") return Array.from({ length: rows }, () => play);
    if (kind === "artist") return { name: `crash ${n}` };
    return { name: `crash ${n}`, media_type_id: this.#media, milliseconds: 1, unit_price: 0.99 };
  }

  async #add(client: Client, addition: Addition): Promise<void> {
    const answer = await post(client, addition);
    if (answer.status !== 201) return this.#unexpected(addition, answer);
    addition.acknowledged = true;
    addition.id = idOf(answer);
    this.tally.acknowledged++;
  }

  /** A server that ends may refuse what it did not do; nothing else is to be refused. */
  #unexpected(addition: Addition, { status, json }: Answer): void {
    addition.refused = true;
    if (json?.code === "closing") return;
    this.problems.push(`${addition.kind} ${addition.n}: answered ${status} ${json?.code}`);
  }

  async #writeRegister(client: Client): Promise<void> {
    const register = this.#registers.find(({ writing }) => !writing);
    if (register === undefined) return;
    register.writing = true;
    const value = ++register.sent;
    const body = { composer: String(value) };
    const { status } = await client.send("PATCH", `/v1/tracks/${register.id}`, { body });
    if (status === 200) register.acknowledged = value;
    register.writing = false;
  }

  async #delete(client: Client): Promise<void> {
    const target = this.#additions.findLast(
      ({ kind, acknowledged, deletion }) => kind === "artist" && acknowledged && deletion === "none",
    );
    if (target === undefined) return;
    target.deletion = "sent";
    const { status } = await client.send("DELETE", `/v1/artists/${target.id}`);
    if (status === 204) target.deletion = "acknowledged";
  }

  /**
   * Repeats what was sent under a key: each command that was not answered, and a few that were. What is in the file
   * must not have changed since it was checked.
   */
  async repeat(client: Client, file: string): Promise<void> {
    const since = this.#additions.slice(this.#unchecked).filter(({ key }) => key !== undefined);
    const again = [
      ...since.filter(({ acknowledged }) => !acknowledged),
      ...since.filter(({ acknowledged }) => acknowledged).slice(-10),
    ];
    const before = countsOf(file, again);
    await Promise.all(again.map((addition, i) => this.#repeat(client, addition, before[i]!)));
    this.#expect(file, again, ({ rows }) => [rows]);
  }

  async #repeat(client: Client, addition: Addition, before: number): Promise<void> {
    const answer = await post(client, addition);
    const replayed = answer.headers["idempotency-replayed"] === "true";
    addition.refused = false;
    const what = `${addition.kind} ${addition.n} repeated under its key`;
    if (answer.status !== 201) this.problems.push(`${what}: answered ${answer.status} ${answer.json?.code}`);
    if (replayed !== before > 0)
      this.problems.push(`${what}: replayed is ${replayed}, and ${before} rows were there`);
    if (addition.id !== undefined && addition.id !== idOf(answer))
      this.problems.push(`${what}: was ${addition.id}, became ${idOf(answer)}`);
    if (!addition.acknowledged) this.tally[replayed ? "replayed" : "applied"]++;
    addition.acknowledged = true;
    addition.id = idOf(answer);
  }

  /** Holds a file that survived a crash against everything since the last one. */
  check(file: string): void {
    const since = this.#additions.slice(this.#unchecked);
    this.#expect(file, since, allowedOf);
    const unanswered = since.filter(({ acknowledged }) => !acknowledged);
    const kept = countsOf(file, unanswered).filter((count) => count > 0).length;
    this.tally.unanswered += unanswered.length;
    this.tally.kept += kept;
    this.tally.dropped += unanswered.length - kept;
    this.#checkRegisters(file);
  }

  /** From here on only what comes is checked and repeated. */
  forget(): void {
    this.#unchecked = this.#additions.length;
    for (const register of this.#registers) register.writing = false;
  }

  /** Everything once more, however long ago. */
  checkAll(file: string): void {
    this.#expect(file, this.#additions, allowedOf);
    this.#checkRegisters(file);
  }

  #expect(
    file: string,
    additions: readonly Addition[],
    allowed: (addition: Addition) => readonly number[],
  ): void {
    const counts = countsOf(file, additions);
    additions.forEach((addition, i) => {
      if (allowed(addition).includes(counts[i]!)) return;
      const { kind, n, rows, acknowledged, deletion } = addition;
      this.problems.push(
        `${kind} ${n}: ${counts[i]} rows of ${rows}; acknowledged ${acknowledged}, deletion ${deletion}`,
      );
    });
  }

  #checkRegisters(file: string): void {
    const db = new Database(file, { readonly: true });
    const composer = db.prepare<[number], string>("SELECT composer FROM tracks WHERE id = ?").pluck();
    for (const { id, acknowledged, sent } of this.#registers) {
      const value = sent === 0 ? 0 : Number(composer.get(id)) || 0;
      if (value < acknowledged || value > sent)
        this.problems.push(`register ${id}: ${value}, acknowledged ${acknowledged}, sent ${sent}`);
    }
    db.close();
  }
}

const PATHS = { play: "/v1/plays", plays: "/v1/plays", artist: "/v1/artists", track: "/v1/tracks" } as const;

const post = (client: Client, { path, body, key }: Addition): Promise<Answer> =>
  client.send("POST", path, { body, headers: key === undefined ? {} : { "idempotency-key": key } });

/** Of the thing made; of an array, the first one's. */
const idOf = ({ json }: Answer): number | undefined => json?.id ?? json?.data?.[0]?.id;

/** How many of its rows may be there. */
function allowedOf({ rows, acknowledged, refused, deletion }: Addition): readonly number[] {
  if (deletion === "acknowledged" || refused) return [0];
  return acknowledged && deletion === "none" ? [rows] : [0, rows];
}

const COUNTS: Readonly<Record<Kind, string>> = {
  play: "SELECT count(*) FROM plays WHERE user_id = @n",
  plays: "SELECT count(*) FROM plays WHERE user_id = @n",
  artist: "SELECT count(*) FROM artists WHERE name = 'crash ' || CAST(@n AS INTEGER)",
  track: "SELECT count(*) FROM tracks WHERE name = 'crash ' || CAST(@n AS INTEGER)",
};

/** How many rows of each command are there. */
function countsOf(file: string, additions: readonly Addition[]): number[] {
  const db = new Database(file, { readonly: true });
  try {
    const counting = Object.fromEntries(
      Object.entries(COUNTS).map(([kind, sql]) => [kind, db.prepare<[{ n: number }], number>(sql).pluck()]),
    );
    return additions.map(({ kind, n }) => counting[kind]!.get({ n })!);
  } finally {
    db.close();
  }
}
