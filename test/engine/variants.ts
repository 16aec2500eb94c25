import type { AnyRead } from "../../src/main/engine/reads/read.ts";
import { CATALOGUE_READS, listRead } from "../../src/main/features/catalogue/reads.ts";
import { READS } from "../../src/main/features/index.ts";
import { CUSTOMERS, EMPLOYEES, INVOICES, type ShopKind } from "../../src/main/features/shop/kinds.ts";
import { listRead as shopListRead } from "../../src/main/features/shop/reads.ts";
import { REPORTS_BY, TIMES } from "../../src/main/features/shop/reports.ts";
import type { Filter } from "../../src/main/model/filters.ts";
import { ALL_KINDS, type Kind } from "../../src/main/model/kinds.ts";
import type { Connection } from "../../src/shared/database/sqlite.ts";
import { COMPUTED_KINDS, DIMENSIONS, VECTOR_KINDS } from "../../src/shared/embedders/embedder.ts";
import type { Param } from "../../src/shared/protocol.ts";
import type { Json } from "../support/server.ts";

/** A read with parameters: one of the statements that it comes to. */
export interface Variant {
  readonly read: AnyRead;
  readonly params: Readonly<Record<string, unknown>>;
  /** What its list is filtered by. */
  readonly filters: readonly string[];
}

export const NOW = new Date("2026-11-21T00:00:00.000Z");

const cursor = (sort: string, key: Param, id: number) =>
  Buffer.from(JSON.stringify([sort, key, id]))
    .toString("hex")
    .toUpperCase();

/** Every sort, either way. */
export const sortsOf = (kind: Kind): string[] =>
  Object.keys(kind.sorts).flatMap((name) => [name, `-${name}`]);

/** Values that some row has: the one in the middle. */
export function someRow(db: Connection, kind: Kind): Record<string, Param> {
  const keys = Object.entries(kind.sorts).map(([name, column]) => `${column} AS "sort ${name}"`);
  const columns = kind.path === "tracks" ? ", al.artist_id" : "";
  const from = `${kind.from} WHERE t.id >= (SELECT max(id) / 2 FROM ${kind.table}) ORDER BY t.id LIMIT 1`;
  return db.prepare(`SELECT t.*, ${keys.join(", ")}${columns} FROM ${from}`).get() as Record<string, Param>;
}

/** None, each, and each pair. */
function choices(names: readonly string[]): string[][] {
  const pairs = names.flatMap((one, i) => names.slice(i + 1).map((two) => [one, two]));
  return [[], ...names.map((name) => [name]), ...pairs];
}

/** What a filter is called here: by the first of its parameters. */
export const filterName = ({ parameters }: Filter): string => Object.keys(parameters)[0]!;

/** Parameters of a filter, as they are once they were checked, that a row passes: of a range both ends. */
function passing(filter: Filter, row: Record<string, Param>): Record<string, Param> {
  const given = Object.keys(filter.parameters).map((name): [string, Param] => {
    if (name === "ids") return [name, JSON.stringify([row.id, 1])];
    if (name === "tag") return [name, '[["season-1",null]]'];
    const [, field, end] = /^(.+)_(prefix|min|max|from|to)$/.exec(name) ?? [];
    if (field === undefined) return [name, row[name]!];
    return [name, end === "prefix" ? String(row[field]).slice(0, 1) : row[`sort ${field}`]!];
  });
  return Object.fromEntries(given);
}

/** Whether a row of the answer matches a parameter, independent of the SQL. */
export function passes(row: Json, name: string, value: Json): boolean {
  if (name === "ids") return JSON.parse(value).includes(row.id);
  if (name === "tag") return row.id % 10 < 4;
  const [, field, end] = /^(.+)_(prefix|min|max|from|to)$/.exec(name) ?? [];
  if (field === undefined) return row[name] === value;
  const has = field === "unit_price" ? Math.round(row[field] * 100) : row[field];
  if (end === "prefix") return has.toLowerCase().startsWith(value.toLowerCase());
  return has !== null && (end === "min" || end === "from" ? has >= value : has <= value);
}

function listVariants(db: Connection, read: AnyRead, kind: Kind): Variant[] {
  const given = everyVariant(db, read, kind);
  // Two reads share a list: which of them answers, the parameters decide.
  const { list, walked } = CATALOGUE_READS[kind.path];
  if (read === walked && kind.path === "tracks")
    given.push(...METADATA_LISTS.map((params) => ({ read, params, filters: ["metadata"] })));
  return read === list || read === walked
    ? given.filter(({ params }) => listRead(kind, params as never) === read)
    : given;
}

const RANGE = { n: 1, key: "mood", type: "text", from: "calm", to: "calm" };
const METADATA_LISTS = ["id", "-name"].map((sort) => ({
  ...{ limit: 5, total: "0", sort },
  metadata: JSON.stringify([RANGE, { ...RANGE, n: 2, key: "bpm", type: "number", from: 100, to: 140 }]),
}));

function everyVariant(db: Connection, read: AnyRead, kind: Kind): Variant[] {
  const row = someRow(db, kind);
  // No track of a generated catalogue has metadata.
  const filters = kind.filters.filter((filter) => filterName(filter) !== "metadata");
  const byName = new Map(filters.map((filter) => [filterName(filter), filter]));
  return choices([...byName.keys()]).flatMap((filters) =>
    sortsOf(kind).flatMap((sort) => {
      const given = Object.assign({}, ...filters.map((name) => passing(byName.get(name)!, row)));
      const params = { limit: 5, total: "0", sort, ...given };
      const key = row[`sort ${sort.replace("-", "")}`]!;
      return [params, { ...params, cursor: cursor(sort, key, row.id as number) }].map((params) => ({
        read,
        params,
        filters,
      }));
    }),
  );
}

/** Of the nested lists, the charts and the rest, by name. */
function otherVariants(read: AnyRead): Record<string, unknown>[] {
  const pages = (sort: string, key: Param) => [
    { id: 3, limit: 5, sort },
    { id: 3, limit: 5, sort, cursor: cursor(sort, key, 40) },
  ];
  if (NESTED.test(read.name)) {
    const sorts = (read.params as unknown as { shape: { sort: Json } }).shape.sort.unwrap()
      .options as string[];
    const asker = read.name === "playlists.own_tracks" ? OWNER : {};
    return sorts
      .flatMap((sort) => pages(sort, 40))
      .flatMap((page) => [
        { ...page, ...asker },
        { ...page, ...asker, total: "1" },
      ]);
  }
  if (read.name.startsWith("charts.")) return [{ window: 24 * 365, limit: 5 }];
  if (read.name === "users.plays") return pages("-played_at", NOW.toISOString());
  if (read.name === "idempotency.get") return [{ principal: "anonymous", key: "k" }];
  if (/^(catalogue\.source|backups\.identity|operations\.schema_history)$/.test(read.name)) return [{}];
  if (/^search(\.first)?$/.test(read.name)) return searchVariants();
  if (read.name === "search.suggestions") return [{ q: "the l", limit: 5 }];
  if (read.name === "search.popular") return [{ limit: 5 }];
  if (/^(search\.popular-names|search\.popularity|fts\.coverage|plays\.totals_state)$/.test(read.name))
    return [{}];
  const collected = PLAYLISTS[read.name] ?? METADATA[read.name] ?? LIBRARY[read.name];
  if (collected !== undefined) return collected;
  if (read.name === "tracks.tags") return [{ id: 3 }];
  const people = PEOPLE[read.name] ?? SHOP[read.name];
  if (people !== undefined) return people;
  const discovered = discoverVariants()[read.name];
  if (discovered !== undefined) return discovered;
  throw new Error(
    `${read.name} has no variants yet: add parameters that exercise each of its statements to otherVariants() in test/engine/variants.ts`,
  );
}

/** Of playlists that are somebody's. */
const OWNER = { user: 1, editor: 0 };
const PLAYLISTS: Readonly<Record<string, Record<string, unknown>[]>> = {
  "playlists.own": [{ id: 3, ...OWNER }],
  "playlists.mine": ["user:1", "anonymous"].flatMap((principal) => [
    { limit: 5, sort: "-id", principal },
    { limit: 5, sort: "-id", cursor: cursor("-id", 40, 40), principal },
  ]),
  "playlists.export": [{ id: 3 }],
  "playlists.own_export": [{ id: 3, ...OWNER }],
};

const METADATA: Readonly<Record<string, Record<string, unknown>[]>> = {
  "metadata.of_track": [{ id: 3 }],
  "metadata.get": [{ id: 3, key: "mood" }],
  "metadata.keys": [
    { limit: 5, sort: "key" },
    { limit: 5, sort: "key", cursor: cursor("key", "mood", 0) },
  ],
};

const principal = "user:1";
const ownPages = (sort: string, more: Record<string, unknown> = {}) =>
  pagesBy(sort).map((page) => ({ ...page, principal, ...more }));
const pagesBy = (sort: string) => [
  { limit: 5, sort },
  { limit: 5, sort, cursor: cursor(sort, sort === "id" ? 40 : NOW.toISOString(), 40) },
];
const ofOne = pagesBy("id").map((page) => ({ ...page, id: 3 }));
/** Of what listeners keep and say. */
const LIBRARY: Readonly<Record<string, Record<string, unknown>[]>> = {
  "favourites.list": [...ownPages("-added_at"), ...ownPages("-added_at", { kind: "tracks" })],
  "ratings.list": [...ownPages("-rated_at"), ...ownPages("-rated_at", { kind: "tracks" })],
  "tracks.comments": ofOne,
  "albums.comments": ofOne,
  "artists.comments": ofOne,
  "playlists.comments": ofOne,
  "comments.get": [{ id: 3 }],
  "comments.replies": ofOne,
  "comments.own": ownPages("-created_at"),
  "saved_searches.list": ownPages("id"),
  "saved_searches.get": [{ id: 3, principal }],
  "saved_searches.tracks": [
    {},
    { q: "love", genre_id: 1, artist_id: 1, album_id: 1, tag: "calm", price_max: 0.99, sort: "name" },
    { metadata: { mood: { is: "calm" }, bpm: { min: "100" } }, sort: "-id" },
    { year_from: 1990, year_to: 1999, milliseconds_min: 1, milliseconds_max: 1e9, sort: "-release_date" },
    { not_played_days: 30, favourite: true, stars_min: 3, limit: 5, sort: "-created_at" },
  ].flatMap((search) => {
    const sort = (search as { sort?: string }).sort ?? "id";
    const params = {
      id: 3,
      limit: 5,
      new: sort === "id" ? "0" : "1",
      looked_at: "2020-01-01T00:00:00.000Z",
      principal,
      search,
    };
    return [params, { ...params, cursor: cursor(sort, sort === "id" ? 40 : "2", 40) }];
  }),
  "library.feed": ownPages("-at"),
  "bin.list": [{}, { cursor: cursor("-id", 40, 40) }].map((page) => ({ limit: 5, sort: "-id", ...page })),
  "bin.own": [{}, { cursor: cursor("-id", 40, 40) }].map((page) => ({
    limit: 5,
    sort: "-id",
    principal,
    ...page,
  })),
  "bin.get": [{ id: 3 }],
};

/** Of accounts, sessions, keys and the audit. */
const PEOPLE: Readonly<Record<string, Record<string, unknown>[]>> = {
  "users.get": [{ id: 3 }],
  "users.list": [
    { limit: 5, sort: "id" },
    { limit: 5, sort: "id", cursor: cursor("id", 40, 40) },
  ],
  "users.login": [{ email_key: "ada@example.com" }],
  "users.password": [{ id: 3 }],
  "users.export": [{ id: 3 }],
  "sessions.resolve": [{ hash: "h" }],
  "sessions.list": [{ user: 3, session: 1, now: NOW.toISOString(), idle_since: NOW.toISOString() }],
  "identities.resolve": [{ provider: "a", subject: "s", email_key: "ada@example.com" }],
  "identities.list": [{ user: 3 }],
  "keys.resolve": [{ id: 3 }],
  "keys.list": [{ user: 3 }],
  "audit.list": [
    {},
    ...[
      { principal: "user:3" },
      { command: "tracks" },
      { object: "tracks:3" },
      { from: "2026" },
      { to: "2027" },
    ],
  ].flatMap((filter) => [
    { limit: 5, sort: "-id", ...filter },
    { limit: 5, sort: "-id", cursor: cursor("-id", 40, 40), ...filter },
  ]),
};

const DAYS = { from: "2024-01-01", to: "2024-12-31" };
/** Sorts of a list of the shop, either way, with and without a cursor, and under each filter. */
const shopLists = (kind: ShopKind, filters: Record<string, unknown>[]): Record<string, unknown>[] =>
  Object.keys(kind.sorts)
    .flatMap((sort) => [sort, `-${sort}`])
    .flatMap((sort) => {
      const key = { id: 3, last_name: "M", invoice_date: "2024-01-01", total: 99 }[sort.replace("-", "")]!;
      return [{}, ...filters].flatMap((filter) => {
        const params = { limit: 5, sort, total: "0", ...filter };
        return [params, { ...params, cursor: cursor(sort, key, 3) }];
      });
    });
const SHOP_LISTS = [
  [
    CUSTOMERS,
    [
      { ids: "[1,3]" },
      { email: "a@b.c" },
      { support_rep_id: 3 },
      { country: "Norway" },
      { last_name_prefix: "M" },
    ],
  ],
  [EMPLOYEES, [{ ids: "[1,3]" }, { reports_to: 2 }, { last_name_prefix: "M" }]],
  [INVOICES, [{ ids: "[1,3]" }, { customer_id: 3 }, { refund_of: 3 }, { invoice_date_from: "2024-01-01" }]],
] as const satisfies readonly (readonly [ShopKind, Record<string, unknown>[]])[];
/** A shop's list is one of two reads, by its parameters. */
const shopVariants = ([kind, filters]: (typeof SHOP_LISTS)[number]): [
  string,
  Record<string, unknown>[],
][] => {
  const all = shopLists(kind, [...filters]);
  const counted = all.map((params) => ({ ...params, total: "1" }));
  const by = (name: string) =>
    [...all, ...counted].filter((params) => shopListRead(kind, params as never).name === name);
  return ["list", "list_scanned"].map((name) => [`${kind.path}.${name}`, by(`${kind.path}.${name}`)]);
};

/** Of the shop. */
const SHOP: Readonly<Record<string, Record<string, unknown>[]>> = {
  "customers.get": [{ id: 3 }],
  "employees.get": [{ id: 3 }],
  "invoices.get": [{ id: 3 }],
  "customers.of_user": [{ user: 1 }, { user: 3 }],
  ...Object.fromEntries(SHOP_LISTS.flatMap(shopVariants)),
  "invoices.lines": [
    { id: 3, limit: 5, sort: "id" },
    { id: 3, limit: 5, sort: "id", cursor: cursor("id", 7, 7) },
  ],
  "reports.revenue": REPORTS_BY.flatMap((by) => [
    { by, limit: 5 },
    { by, limit: 5, ...DAYS, ...(TIMES.has(by) ? {} : { compare: "year" }) },
  ]),
  "reports.summary": [{}, { ...DAYS, compare: "previous" }],
  "sales.state": [{}],
  "jobs.get": [{ id: 3 }],
  "jobs.list": [{}, { state: "running" }, { kind: "backup.create" }].flatMap((filter) => [
    { limit: 5, sort: "-id", ...filter },
    { limit: 5, sort: "-id", cursor: cursor("-id", 40, 40), ...filter },
  ]),
  "changes.list": [{ limit: 5 }, { limit: 5, since: 3 }],
};

/** Of similarity, recommendations and what vectors are computed with. */
function discoverVariants(): Readonly<Record<string, Record<string, unknown>[]>> {
  const vector = (dimensions: number) => "0000803f".repeat(dimensions);
  return {
    "vectors.get": [{ id: 3 }],
    "vectors.stats": [{}],
    "vectors.extent": [{}],
    "vectors.next_spread": [{}],
    "vectors.embed": COMPUTED_KINDS.map((kind) => ({ kind })),
    "vectors.texts": [{}],
    "vectors.lacking": [{ limit: 8 }],
    "vectors.neighbours": [{ id: 3 }],
    "vectors.frequencies": [{ after: 0, stride: 1, limit: 100 }],
    "vectors.search": VECTOR_KINDS.map((by) => ({ by, vector: vector(DIMENSIONS[by]), limit: 5 })),
    "tracks.similar_known": [...VECTOR_KINDS, "blend"].map((by) => ({ id: 3, by, limit: 5 })),
    "tracks.similar": [...VECTOR_KINDS, "blend"].flatMap((by) => [
      { id: 3, by, limit: 5 },
      { id: 3, by, limit: 5, genre: 1 },
    ]),
    "users.recommendations": [{ id: 3, limit: 5 }],
  };
}

const NO_FILTERS = new Set(["types", "facets", "mode", "limit", "cursor", "vector"]);

/** What is searched for bounds what is found; the filters of a search come beside it. */
const searchFilters = (params: Record<string, unknown>): string[] =>
  "q" in params ? Object.keys(params).filter((name) => !NO_FILTERS.has(name)) : [];

/** The parent of a nested list bounds it: by anything but the id, its children are sorted. */
const tie = ({ name }: AnyRead, { sort, ...params }: Record<string, unknown>): string[] =>
  "ids" in params
    ? ["ids"]
    : /^playlists\.|^library\.feed$/.test(name) ||
        (NESTED.test(name) && !/^-?id$/.test(String(sort))) ||
        FEW_IN_SHOP.some((filter) => filter in params)
      ? ["parent"]
      : [];

/** Filters of the shop's lists that leave few rows. */
const FEW_IN_SHOP = ["email", "support_rep_id", "country", "reports_to", "customer_id", "refund_of"];

const NESTED = /^(artists\.albums|albums\.tracks|playlists\.(own_)?tracks)$/;

const BROWSED = { q: "", types: ["track"], facets: ["genre"], mode: "auto", limit: 5 };

/** Other types than tracks: each alone, and all in one. */
function namedVariants(): Record<string, unknown>[] {
  return ["auto", "text"].flatMap((mode) => {
    const params = { q: "love NOT me", facets: [], mode, limit: 5 };
    const all = { ...params, types: ["track", "artist", "album", "playlist"], facets: ["genre"] };
    const alone = ["artist", "album", "playlist"].flatMap((type) => [
      { ...params, types: [type] },
      { ...params, types: [type], cursor: cursor(type, 5, 40) },
    ]);
    return [all, ...alone];
  });
}

const CALM = '[["calm","mood"],["season-1",null]]';
/** All modes, from either end, with each of the filters. */
function searchVariants(): Record<string, unknown>[] {
  const filters = [
    {},
    ...[{ genre: { id: 1 } }, { genre: { slug: "rock" } }, { artist: { id: 1 } }, { album: { slug: "one" } }],
    ...[{ tag: CALM }, { year_from: 1990, year_to: 2000 }, { price_max: 99 }],
    { genre: { id: 1 }, tag: CALM, year_from: 1990, year_to: 2000, price_max: 99 },
  ];
  const given = { embedder: "onnx:0", vector: "0000803f".repeat(DIMENSIONS.lyric) };
  const tracks = { types: ["track"], facets: [] };
  const embedded = { q: "love", ...tracks, mode: "hybrid", limit: 5, vector: given };
  const typed = ["auto", "text", "fuzzy", "hybrid"].flatMap((mode) =>
    filters.flatMap((filter) => {
      const params = { q: "love NOT me", ...tracks, mode, limit: 5, ...filter };
      const counted = { ...params, facets: ["genre", "artist", "decade"] };
      return [params, { ...params, cursor: cursor(mode, 5, 40) }, counted];
    }),
  );
  return [
    ...typed,
    embedded,
    ...namedVariants(),
    ...filters.slice(1).map((filter) => ({ ...BROWSED, ...filter })),
  ];
}

export function variantsOf(db: Connection, read: AnyRead): Variant[] {
  const kind = ALL_KINDS.find(({ path }) => path === read.name.split(".")[0]);
  if (kind !== undefined && read.name.endsWith(".get")) return [{ read, params: { id: 3 }, filters: [] }];
  if (read.name.endsWith(".export_all")) return [{ read, params: { after: [3, "a"] }, filters: [] }];
  if (kind !== undefined && read.name.endsWith(".by_ids")) {
    const params = { ids: "[3,999999,1]", limit: 20, sort: "id", total: "0" };
    return [{ read, params, filters: ["ids"] }];
  }
  if (kind !== undefined && /\.(list|list_walked|list_counted)$/.test(read.name))
    return listVariants(db, read, kind);
  return otherVariants(read).map((params) => ({
    read,
    params,
    filters: [...searchFilters(params), ...tie(read, params)],
  }));
}

export const allVariants = (db: Connection): Variant[] => READS.flatMap((read) => variantsOf(db, read));

export const nameOf = ({ read, params }: Variant): string => `${read.name} ${JSON.stringify(params)}`;
