import fc from "fast-check";
import type { AnyCommand } from "../../src/main/engine/commands/command.ts";
import type { AnyRead } from "../../src/main/engine/reads/read.ts";
import { COMMANDS, READS } from "../../src/main/features/index.ts";
import type { Connection } from "../../src/shared/database/sqlite.ts";
import { DIMENSIONS } from "../../src/shared/embedders/embedder.ts";
import { INPUTS as REFUSALS_INPUTS } from "./refusals.inputs.ts";
import { variantsOf } from "./variants.ts";

/** Reads and writes of the coherence model: every cached, coherent read and every command. */

export type Target = readonly [read: AnyRead, params: unknown];
export type Write = readonly [command: AnyCommand, inputOf: (n: number) => unknown];

/** Statements of one read that are tried. Lists have hundreds, which differ in sorts and filters alone. */
const mostVariants = ({ name }: AnyRead): number =>
  /\.list$/.test(name) ? 2 : /_scanned$/.test(name) ? 8 : 4;
/** The id that a create command assigns while the model runs: the next one of every kind. */
const NEXT = 4;

/** Parameters as they are, and where they name an entity, also the one that is yet to be added. */
const alsoNext = (params: Readonly<Record<string, unknown>>): unknown[] =>
  params.id === undefined ? [params] : [params, { ...params, id: 1 }, { ...params, id: NEXT }];

/**
 * What is not cached is not shared either: it is read anew for each who asks.
 *
 * @throws Error for a read without parameters, saying where to add them.
 */
export const targetsOf = (db: Connection): Target[] =>
  READS.filter(({ cache }) => cache.freshness === "coherent" && cache.table !== "none").flatMap((read) =>
    spread(variantsOf(db, read), mostVariants(read))
      .flatMap(({ params }) => alsoNext(params))
      .map((params) => [read, params] as const),
  );

/** A sample of that size, spread over the list. */
const spread = <T>(items: readonly T[], most: number): T[] => {
  const step = Math.max(1, items.length / most);
  return Array.from({ length: Math.min(most, items.length) }, (_, i) => items[Math.floor(i * step)]!);
};

const some = (n: number) => (n % NEXT) + 1;
const vector = (n: number, length: number) => Array.from({ length }, (_, i) => Math.sin(n + i) + 0.01);
const hex = (n: number, length: number) =>
  Buffer.from(new Float32Array(vector(n, length)).buffer).toString("hex");

const named = (field: "name" | "title", more: (n: number) => object = () => ({})) => ({
  create: (n: number) => ({ [field]: `new ${n}`, ...more(n) }),
  patch: (n: number) => ({ id: some(n), body: { [field]: `changed ${n}` } }),
  delete: (n: number) => ({ id: some(n) }),
});
const KINDS = {
  artists: named("name"),
  albums: named("title", (n) => ({ artist_id: (n % 2) + 1 })),
  tracks: named("name", () => ({
    album_id: 1,
    media_type_id: 1,
    genre_id: 1,
    milliseconds: 1,
    unit_price: 1,
  })),
  genres: named("name"),
  "media-types": named("name"),
  tags: named("name"),
};
/** On a server without accounts: every playlist that is nobody's may be changed. */
const ASKER = { user: null, editor: 1 };
const OWNER = { user: 1, editor: 0 };
const either = (n: number) => (n % 2 === 0 ? ASKER : OWNER);
const ofKinds = Object.fromEntries(
  Object.entries(KINDS).flatMap(([kind, inputs]) =>
    Object.entries(inputs).map(([action, input]) => [`${kind}.${action}`, input] as const),
  ),
);

/** By command: inputs that change what is read, each new with every `n`. */
const INPUTS: Readonly<Record<string, (n: number) => unknown>> = {
  ...ofKinds,
  "playlists.create": (n) => ({ asker: either(n), body: { name: `new ${n}` } }),
  "playlists.patch": (n) => ({ asker: either(n), id: some(n), body: { name: `changed ${n}` } }),
  "playlists.delete": (n) => ({ asker: either(n), id: some(n) }),
  "playlists.copy": (n) => ({ asker: either(n), id: some(n), body: {} }),
  "playlists.tracks.add": (n) => ({ asker: ASKER, id: some(n >> 2), body: { track_id: some(n) } }),
  "playlists.tracks.remove": (n) => ({ asker: ASKER, id: 1, track_id: some(n) }),
  "playlists.entries.remove": (n) => ({ asker: ASKER, id: n % 2 ? 1 : 3, entry: some(n) }),
  "playlists.tracks.replace": (n) => ({
    asker: OWNER,
    id: some(n),
    body: { track_ids: [2, 1].slice(n % 2) },
  }),
  "playlists.entries.move": (n) => ({
    asker: OWNER,
    id: 3,
    entry: 2 + (n % 2),
    body: { position: 1 + (n % 2) },
  }),
  "tags.merge": (n) => ({ id: some(n), body: { into: some(n >> 1) } }),
  "tracks.tags.add": (n) => ({ id: some(n), body: { name: `tag ${n % 3}` } }),
  "tracks.tags.remove": (n) => ({ id: some(n), tag: { slug: `tag-${n % 3}`, type: null } }),
  "plays.create": (n) => ({ track_id: some(n), user_id: some(n >> 1) }),
  "plays.create_many": (n) => [1, 2, 3].map((user_id) => ({ track_id: (n % 3) + 1, user_id })),
  "plays.close_hours": () => ({}),
  "plays.keep_totals": () => ({ sums: "[]" }),
  "customers.create": (n) => ({ first_name: `new ${n}`, last_name: "M", email: "x@example.com" }),
  "customers.patch": (n) => ({ id: (n % 3) + 1, body: { first_name: `changed ${n}`, email: "a@b.c" } }),
  "employees.create": (n) => ({ first_name: `new ${n}`, last_name: "M" }),
  "employees.patch": (n) => ({ id: (n % 3) + 1, body: { first_name: `changed ${n}` } }),
  "invoices.purchase": (n) => ({ customer_id: (n % 3) + 1, lines: [{ track_id: (n % 3) + 1 }] }),
  "vectors.put": (n) => ({ id: some(n), body: { lyric: vector(n, DIMENSIONS.lyric) } }),
  "vectors.delete": (n) => ({ id: some(n) }),
  "vectors.recover": () => ({}),
  "vectors.claim": () => ({ kind: "lyric", limit: 2 }),
  "vectors.store": (n) => ({
    kind: "lyric",
    rows: JSON.stringify([1, 2, 3, 4].map((id) => [id, hex(n + id, DIMENSIONS.lyric)])),
  }),
  // Worked out at another count of changes: lists that are kept are what the read would work out.
  "vectors.keep_neighbours": () => ({ changes: -1, rows: "[]" }),
  "vectors.spread": (n) => ({ source: "model", source_id: n % 2 }),
  "vectors.request": () => ({}),
  "vectors.model": (n) => ({ tracks: n, documents: n, idf: "00" }),
  "vectors.adopt": (n) => ({ embedder: `embedder ${n}` }),
  "fts.rebuild": () => ({}),
  "fts.join": (n) => ({ first: n % 2 === 0 }),
  "fts.optimize": () => ({}),
  "fts.integrity": () => ({}),
  "fts.compare": () => ({ after: 0 }),
  "fts.stats": () => ({}),
  "search.learn": () => ({}),
  "search.record": (n) => [{ query: `query ${n}`, searches: 1 }],
  // It decides the order of hits alone, which cached searches keep until they expire: so nothing is popular here.
  "search.popularity": () => ({ names: "[]" }),
  "search.suggestions": (n) => ({ names: JSON.stringify([["artist", 1, `artist ${n}`]]) }),
  "bulk.load": (n) => ({
    table: "artists",
    rows: [[some(n), `p${n}`, `s${n}`, `loaded ${n}`, "", ""]],
  }),
  "bulk.source": () => ({ source: "imported" }),
  "bulk.inspect": () => ({}),
};

/** Moves between parents, whose names others show. */
const MOVES: Readonly<Record<string, (n: number) => unknown>> = {
  "albums.patch": (n) => ({ id: some(n), body: { artist_id: (n % 2) + 1 } }),
  "tags.patch": (n) => ({ id: some(n), body: { parent_id: [null, 1, 3][n % 3] } }),
  "tracks.patch": (n) => ({ id: some(n), body: { album_id: (n % 3) + 1 } }),
};

/** Inputs that are drawn of a command. */
const DRAWN = 8;

/** Drawn from the refusal test's calls, with a fixed seed. */
function drawn(name: string): ((n: number) => unknown) | undefined {
  const inputs = REFUSALS_INPUTS[name];
  if (inputs === undefined) return undefined;
  const calls = fc.sample(inputs, { numRuns: DRAWN, seed: 1 });
  return (n) => calls[n % DRAWN]!.input;
}

function inputOf(name: string): (n: number) => unknown {
  const input = INPUTS[name] ?? drawn(name);
  if (input !== undefined) return input;
  throw new Error(
    `${name} has no input yet: add one that changes something to INPUTS in test/engine/coherence.inputs.ts, or what it is called with to INPUTS in test/engine/refusals.inputs.ts`,
  );
}

/** @throws Error for a command without an input, saying where to add it. */
export const WRITES: readonly Write[] = COMMANDS.flatMap((command) => {
  const move = MOVES[command.name];
  const write = [command, inputOf(command.name)] as const;
  return move === undefined ? [write] : [write, [command, move] as const];
});
