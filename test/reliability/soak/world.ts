import Database from "better-sqlite3";
import type { Answer, Client } from "../harness/client.ts";

/** Users and names that no catalogue has. */
const FIRST_USER = 9_000_001;
const USERS = 16;
const REGISTERS = 24;

/** A track whose composer is a number that only grows. One write to it is under way at a time. */
interface Register {
  readonly id: number;
  readonly word: string;
  sent: number;
  acknowledged: number;
  writing: boolean;
}

/** A listener whose plays are posted one after another. */
interface Listener {
  readonly id: number;
  lastPlay: number;
  posting: boolean;
}

/** One kind of request: how often it is made beside the others, and what must hold of its answer. */
export interface Operation {
  readonly name: string;
  readonly weight: number;
  readonly run: () => Promise<void>;
}

/** An invariant that does not hold, or an answer that nobody should get at this load. */
export class Violation extends Error {}

/** An answer that the server may give when it has too much to do, and that says so: 503 with Retry-After. */
export class Refusal extends Error {}

const REFUSALS = new Set(["overloaded", "read_timeout", "write_timeout"]);

/**
 * What the soak knows of the server's state, from its acknowledgements alone, and the requests that hold it to that.
 *
 * - **Coherence.** A read that starts after a write was answered shows that write or a later one, by whichever path:
 *   the entity, a list, a search.
 * - **Totals.** Every acknowledged play is in the file, once: also those sent again under their Idempotency-Key.
 */
export class World {
  readonly #client: Client;
  readonly #random: () => number;
  readonly #tracks: readonly number[];
  readonly #registers: Register[] = [];
  readonly #listeners: Listener[];
  #album = 0;
  #keys = 0;
  /** Plays of our listeners: sent at least once, and answered with 201. */
  #sent = 0;
  #acknowledged = 0;

  private constructor(client: Client, random: () => number, tracks: readonly number[]) {
    this.#client = client;
    this.#random = random;
    this.#tracks = tracks;
    this.#listeners = Array.from({ length: USERS }, (_, i) => ({
      id: FIRST_USER + i,
      lastPlay: 0,
      posting: false,
    }));
  }

  /** Makes what the soak writes to: an album of registers. */
  static async create(client: Client, random: () => number): Promise<World> {
    const { json } = await client.send("GET", "/v1/tracks?limit=100&sort=-id");
    const ids = json.data.map(({ id }: { id: number }) => id);
    const world = new World(client, random, ids);
    const made = (path: string, body: object) => client.send("POST", path, { body }).then(idOf);
    const artist_id = await made("/v1/artists", { name: "The Soaked" });
    world.#album = await made("/v1/albums", { title: "Registers", artist_id });
    const { json: media } = await client.send("GET", "/v1/media-types?limit=1");
    const common = { album_id: world.#album, media_type_id: media.data[0].id };
    for (let i = 0; i < REGISTERS; i++) {
      const word = `soakedregister${i}`;
      const id = await made("/v1/tracks", {
        ...common,
        ...{ name: word, composer: "0", milliseconds: 1_000, unit_price: 0.99 },
      });
      world.#registers.push({ id, word, sent: 0, acknowledged: 0, writing: false });
    }
    return world;
  }

  get operations(): Operation[] {
    const operation = (name: string, weight: number, run: () => Promise<void>) => ({ name, weight, run });
    return [
      operation("track", 20, () => this.#get(`/v1/tracks/${this.#pick(this.#tracks)}`)),
      operation("page", 6, () => this.#get(`/v1/tracks?limit=20&sort=-id&genre_id=${this.#below(20) + 1}`)),
      operation("search", 6, () => this.#get(`/v1/search?q=${this.#pick(WORDS)}&limit=10`)),
      operation("suggest", 3, () => this.#get(`/v1/search/suggestions?q=${this.#pick(WORDS).slice(0, 3)}`)),
      operation("chart", 1, () => this.#get(`/v1/charts/tracks?window=${this.#below(30) + 1}d`)),
      operation("similar", 2, () =>
        this.#get(`/v1/tracks/${this.#pick(this.#tracks)}/similar?limit=5`, [200, 404]),
      ),
      operation("recommend", 1, () =>
        this.#get(`/v1/users/${this.#pick(this.#listeners).id}/recommendations?limit=5`),
      ),
      operation("write register", 8, () => this.#writeRegister()),
      operation("read register", 12, () => this.#readRegister()),
      operation("list registers", 6, () => this.#listRegisters()),
      operation("search register", 4, () => this.#searchRegister()),
      operation("play", 12, () => this.#play()),
      operation("history", 8, () => this.#readHistory()),
      operation("come and go", 3, () => this.#comeAndGo()),
    ];
  }

  /**
   * Holds the file against what was acknowledged, beside the server.
   *
   * @param settled nothing is under way: then the count is exact.
   */
  checkFile(file: string, settled: boolean): void {
    const acknowledged = this.#acknowledged;
    const db = new Database(file, { readonly: true });
    try {
      const between = `user_id BETWEEN ${FIRST_USER} AND ${FIRST_USER + USERS}`;
      const counted = db.prepare<[], number>(`SELECT count(*) FROM plays WHERE ${between}`).pluck().get()!;
      const right = settled ? counted === acknowledged : counted >= acknowledged && counted <= this.#sent;
      if (!right)
        throw new Violation(
          `totals: ${counted} plays in the file, ${acknowledged} acknowledged of ${this.#sent}`,
        );
      for (const register of this.#registers) this.#checkStored(db, register, settled);
    } finally {
      db.close();
    }
  }

  get plays(): number {
    return this.#acknowledged;
  }

  #checkStored(db: Database.Database, register: Register, settled: boolean): void {
    const sql = "SELECT composer FROM tracks WHERE id = ?";
    const stored = Number(db.prepare<[number], string>(sql).pluck().get(register.id));
    checkValue("file", register, stored, settled ? register.acknowledged : 0);
    if (settled && stored !== register.acknowledged)
      throw new Violation(
        `totals: ${stored} of ${register.word} in the file, ${register.acknowledged} acknowledged`,
      );
  }

  async #get(path: string, expected: readonly number[] = [200]): Promise<void> {
    expectStatus(await this.#client.send("GET", path), expected, path);
  }

  async #writeRegister(): Promise<void> {
    const register = this.#registers.find(({ writing }) => !writing && this.#random() < 0.2);
    if (register === undefined) return;
    register.writing = true;
    try {
      const value = ++register.sent;
      const body = { composer: String(value) };
      expectStatus(await this.#client.send("PATCH", `/v1/tracks/${register.id}`, { body }), [200], "PATCH");
      register.acknowledged = value;
    } finally {
      register.writing = false;
    }
  }

  async #readRegister(): Promise<void> {
    const register = this.#pick(this.#registers);
    const floor = register.acknowledged;
    const answer = await this.#client.send("GET", `/v1/tracks/${register.id}`);
    expectStatus(answer, [200], "register");
    checkValue("entity", register, Number(answer.json.composer), floor);
  }

  async #listRegisters(): Promise<void> {
    const floors = this.#registers.map(({ acknowledged }) => acknowledged);
    const answer = await this.#client.send("GET", `/v1/albums/${this.#album}/tracks?limit=100`);
    expectStatus(answer, [200], "registers");
    const values = new Map<number, string>();
    for (const { id, composer } of answer.json.data) values.set(id, composer);
    this.#registers.forEach((register, i) => {
      checkValue("list", register, Number(values.get(register.id)), floors[i]!);
    });
  }

  async #searchRegister(): Promise<void> {
    const register = this.#pick(this.#registers);
    const floor = register.acknowledged;
    const answer = await this.#client.send("GET", `/v1/search?q=${register.word}`);
    expectStatus(answer, [200], "search");
    const hit = answer.json.data.find(({ id }: { id: number }) => id === register.id);
    checkValue("search", register, Number(hit?.composer), floor);
  }

  /** Every third play is sent twice under one key: it counts once, and the second answer is the first's. */
  async #play(): Promise<void> {
    const listener = this.#listeners.find(({ posting }) => !posting && this.#random() < 0.3);
    if (listener === undefined) return;
    listener.posting = true;
    try {
      const key = this.#random() < 1 / 3 ? `soak-${process.pid}-${++this.#keys}` : undefined;
      const body = { track_id: this.#pick(this.#tracks), user_id: listener.id };
      const headers = key === undefined ? {} : { "idempotency-key": key };
      const post = () => this.#client.send("POST", "/v1/plays", { body, headers });
      this.#sent++;
      const first = await post();
      expectStatus(first, [201], "play");
      this.#acknowledged++;
      listener.lastPlay = idOf(first);
      if (key === undefined) return;
      const again = await post();
      expectStatus(again, [201], "play again");
      if (idOf(again) !== idOf(first))
        throw new Violation(`idempotency: play ${idOf(first)} became ${idOf(again)}`);
    } finally {
      listener.posting = false;
    }
  }

  async #readHistory(): Promise<void> {
    const listener = this.#pick(this.#listeners);
    const floor = listener.lastPlay;
    const answer = await this.#client.send("GET", `/v1/users/${listener.id}/plays?limit=1`);
    expectStatus(answer, [200], "history");
    const latest = answer.json.data[0]?.id ?? 0;
    if (latest < floor)
      throw new Violation(`coherence: user ${listener.id} shows ${latest}, acknowledged ${floor}`);
  }

  /** What was just made is there, and what was just deleted is gone. */
  async #comeAndGo(): Promise<void> {
    const made = await this.#client.send("POST", "/v1/playlists", { body: { name: "Passing" } });
    expectStatus(made, [201], "playlist");
    const path = `/v1/playlists/${idOf(made)}`;
    await this.#get(path);
    const body = { track_id: this.#pick(this.#tracks) };
    expectStatus(await this.#client.send("POST", `${path}/tracks`, { body }), [200, 201, 204], "entry");
    const listed = await this.#client.send("GET", `${path}/tracks`);
    expectStatus(listed, [200], "entries");
    const { json } = listed;
    if (json.data?.length !== 1)
      throw new Violation(`coherence: ${path} lists ${json.data?.length} of 1 track`);
    expectStatus(await this.#client.send("DELETE", path), [204], "DELETE");
    await this.#get(path, [404]);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)]!;
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }
}

const WORDS = ["love", "night", "blue", "summer", "river", "heart", "dance", "light", "rain", "song"];

const idOf = ({ json }: Answer): number => json.id;

function expectStatus({ status, json, headers }: Answer, expected: readonly number[], what: string): void {
  if (status === 503 && REFUSALS.has(json?.code) && headers["retry-after"] !== undefined)
    throw new Refusal(json.code);
  if (!expected.includes(status)) throw new Violation(`${what}: answered ${status} ${json?.code ?? ""}`);
}

function checkValue(where: string, { word, sent }: Register, value: number, floor: number): void {
  if (value >= floor && value <= sent) return;
  throw new Violation(`coherence: ${where} shows ${value} of ${word}, acknowledged ${floor}, sent ${sent}`);
}
