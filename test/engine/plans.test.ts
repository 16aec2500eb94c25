import { beforeAll, describe, expect, test } from "vitest";
import type { AnyCommand } from "../../src/main/engine/commands/command.ts";
import type { AnyRead } from "../../src/main/engine/reads/read.ts";
import { CATALOGUE_READS } from "../../src/main/features/catalogue/reads.ts";
import { COMMANDS, READS } from "../../src/main/features/index.ts";
import { ALL_KINDS } from "../../src/main/model/kinds.ts";
import { type Connection, openForReading } from "../../src/shared/database/sqlite.ts";
import { registerFunctions } from "../../src/workers/functions.ts";
import { copyOf, makeCatalogue } from "../support/server.ts";
import { writableFor } from "./support.ts";
import { allVariants, filterName, NOW, nameOf, type Variant, variantsOf } from "./variants.ts";

/** One catalogue as the server analyses it, and one that was analysed in full: plans must not hang on the difference. */
const catalogues: Record<"bounded" | "full", Connection> = {} as never;

async function open(name: keyof typeof catalogues, analyse: (db: Connection) => void): Promise<void> {
  const file = copyOf(await makeCatalogue(2_000));
  writableFor(file, analyse);
  catalogues[name] = openForReading(file);
  catalogues[name].function("within_deadline", () => 1);
  catalogues[name].function("edit_distance", (_a, _b) => 1);
  catalogues[name].function("closeness", { varargs: true }, () => 1);
  registerFunctions(catalogues[name]);
}

beforeAll(async () => {
  await open("bounded", () => {});
  await open("full", (db) => db.exec("ANALYZE"));
  return () => Object.values(catalogues).forEach((db) => void db.close());
}, 60_000);

const sqlOf = ({ read, params }: Variant) => read.statement(params, NOW);

function planOf(db: Connection, variant: Variant): string[] {
  const { sql, params } = sqlOf(variant);
  const rows = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(params) as { detail: string }[];
  return rows.map(({ detail }) => detail);
}

/** The steps of all plans of the variants, on both catalogues, that `of` picks out; each with whose it is. */
const stepsOf = (
  variants: readonly Variant[],
  of: (plan: readonly string[]) => readonly string[],
): string[] =>
  Object.entries(catalogues).flatMap(([name, db]) =>
    variants.flatMap((variant) =>
      of(planOf(db, variant)).map((step) => `${name}: ${nameOf(variant)}: ${step}`),
    ),
  );

const variants = (read: AnyRead) =>
  variantsOf(catalogues.bounded, read).filter(
    ({ filters }) => !(filters.includes("ids") && isSmall(read.name)),
  );

/** Kinds with fewer rows than a list of ids may have: a scan is the right plan. */
const isSmall = (name: string): boolean =>
  /^(genres|media-types|playlists|tags|customers|employees)\b/.test(name);

/** Scans of intermediate results of bounded size, not of a table. */
const MADE =
  /^SCAN (page|played|piece|part|ranked|found|named|shown|json_each|CONSTANT ROW|\(subquery-\d+\)|item|page_\w+)\b|^SCAN CONSTANT ROW$|^SCAN \(subquery/;
/** Filters that match few rows in a catalogue of any size. */
const BOUNDING = new Set([
  "ids",
  "public_id",
  "slug",
  "artist_id",
  "album_id",
  "composer",
  "parent_id",
  "parent",
  "q",
]);

/** Tables of few rows: one, one for each migration, the notes that wait to be spread, or (in a new catalogue) the changes. */
const FEW = /^SCAN (identity|lyric_model|vector_spread|sqlite_sequence|changes|schema_history)$/;
/** An index, FTS5 asked by MATCH, or vec0 by key: its plans are called 1 for all rows, 2 for one, 3 for the nearest. */
const SOUGHT = / USING (COVERING )?INDEX | VIRTUAL TABLE INDEX \d+:(M|2!)/;

const scans = (plan: readonly string[]) =>
  plan.filter((step) => step.startsWith("SCAN") && !MADE.test(step) && !FEW.test(step) && !SOUGHT.test(step));
const sorts = (plan: readonly string[]) => plan.filter((step) => step.startsWith("USE TEMP B-TREE"));

test("both catalogues were analysed, one with samples of its values", () => {
  const count = (db: Connection, table: string) => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
  for (const db of Object.values(catalogues)) expect(count(db, "sqlite_stat1")).toBeGreaterThan(30);
  expect(count(catalogues.full, "sqlite_stat4")).toBeGreaterThan(100);
});

describe("on the point lane", () => {
  const reads = READS.filter(({ lane }) => lane === "point");

  test.each(reads)("$name scans a table only in the order of an index", (read) => {
    expect(stepsOf(variants(read), scans)).toEqual([]);
  });

  test.each(reads)("$name sorts only what a selective filter leaves", (read) => {
    const unbounded = variants(read).filter(({ filters }) => !filters.some((name) => BOUNDING.has(name)));
    expect(stepsOf(unbounded, sorts)).toEqual([]);
  });

  test.each(reads)("$name seeks to its cursor without scanning", (read) => {
    const pages = variants(read).filter(
      ({ params, filters }) => params.cursor !== undefined && filters.length === 0,
    );
    const seeks = (plan: readonly string[]) =>
      plan.some((step) => /^SEARCH (t|p|u|d|l) USING .*[<>]/.test(step));
    expect(stepsOf(pages, (plan) => (seeks(plan) ? [] : [plan.join("; ")]))).toEqual([]);
  });
});

/** Reads of the scan lane that never check their deadline, and what bounds them instead. */
const BOUNDED: Readonly<Record<string, string>> = {
  "search text": "ranks 2,000 matches, or looks at 10,000",
  "search fuzzy": "looks at 100 words for each of 12, and 300 tracks",
  "search auto": "both",
  "search hybrid": "both: it goes by vectors in its first step",
  "search.first text": "ranks 2,000 matches, or looks at 10,000",
  "search.first fuzzy": "looks at 100 words for each of 12, and 300 tracks",
  "search.first auto": "ranks 2,000 matches, or looks at 10,000",
  "playlists.export": "the entries of one playlist",
  "playlists.own_export": "the entries of one playlist",
  "search.popular": "the days that are kept",
  "fts.coverage": "counts the cells of pages",
  "vectors.stats": "counts the cells of pages, and entries of an index",
  "vectors.lacking": "runs for catalogues of 5,000 tracks",
  "catalogue.source": "the demo, which is small",
  "vectors.embed": "the rows that are claimed",
  "vectors.texts": "the rows that are claimed",
  "vectors.frequencies": "a slice of ids",
  "customers.list_scanned": "counts the cells of pages, where nothing is filtered",
  "employees.list_scanned": "counts the cells of pages, where nothing is filtered",
  "invoices.list_scanned": "counts the cells of pages, where nothing is filtered",
  list_counted: "counts the cells of pages, where nothing is filtered",
};

describe("on the scan lane", () => {
  const isBounded = ({ read, params, filters }: Variant) =>
    `${read.name} ${params.mode}` in BOUNDED ||
    read.name in BOUNDED ||
    (read.name.endsWith(".list_counted") && filters.length === 0);

  test.each(READS.filter(({ lane }) => lane === "scan"))("$name stops itself at its deadline", (read) => {
    const endless = variants(read).filter(
      (variant) => !sqlOf(variant).sql.includes("within_deadline()") && !isBounded(variant),
    );
    expect(endless.map(nameOf), "use inTime(), or say in BOUNDED what bounds it").toEqual([]);
  });

  test("a count under two filters checks its deadline while scanning, even without matches", () => {
    const [variant] = variants(CATALOGUE_READS.tracks.counted).filter(({ filters }) => filters.length === 1);
    const { sql, params } = sqlOf(variant!);
    let asked = 0;
    const db = catalogues.bounded;
    db.function("within_deadline", () => [asked++, 1][1]);
    db.prepare(sql.replaceAll("% 1024", "% 1")).get(params);
    db.function("within_deadline", () => 1);
    expect(asked).toBeGreaterThan(0);
  });
});

describe.each(ALL_KINDS)("a list of $path", (kind) => {
  const driving = kind.filters.filter(
    (filter) =>
      filter.drives &&
      !(filterName(filter) === "ids" && isSmall(kind.path)) &&
      // It may leave many: it runs on the scan lane.
      filter.scans === undefined,
  );

  test.each(driving.map((filter) => ({ filter, name: filterName(filter) })))(
    "filtered by $name uses its index, with any other parameter",
    ({ filter }) => {
      const by = filter.column === "t.id" ? "rowid" : filter.column.replace("t.", "");
      const filtered = variants(CATALOGUE_READS[kind.path].list).filter(
        ({ filters }) => driving.find((one) => filters.includes(filterName(one))) === filter,
      );
      expect(filtered.length).toBeGreaterThan(0);
      const searches = (plan: readonly string[]) =>
        plan.some((step) => new RegExp(`^SEARCH t USING .*\\(${by}=\\?`).test(step));
      expect(stepsOf(filtered, (plan) => (searches(plan) ? [] : [plan.join("; ")]))).toEqual([]);
    },
  );
});

test.each(["point", "scan"])(
  "on the %s lane reads without filters have few SQL texts, since each thread keeps each one prepared",
  (lane) => {
    const plain = allVariants(catalogues.bounded).filter(
      ({ read, filters }) => read.lane === lane && filters.length === 0,
    );
    expect(new Set(plain.map((variant) => sqlOf(variant).sql)).size).toBeLessThan(256);
  },
);

/** An input for each command, as far as its statements depend on it. */
function textsOf(command: AnyCommand): string[] {
  const body = {
    ...{ name: "n", title: "t", artist_id: 1, album_id: 1, genre_id: 1, media_type_id: 1, track_id: 1 },
    ...{ composer: "c", milliseconds: 1, bytes: 1, unit_price: 1, release_date: "2000-01-01" },
  };
  const chunks = ["artists", "albums", "tracks", "playlist_tracks", "plays", "invoices"].map((table) => ({
    table,
    rows: [[]],
  }));
  const inputs = command.name.startsWith("bulk.") ? chunks : [inputOf(command, body)];
  return inputs.flatMap((input) => {
    const context = { now: NOW.toISOString(), ifMatch: "[]", ifNoneMatch: "[]", uuid: () => "" };
    const answer = command.answer?.(input);
    return [...command.statements(input, context), ...(answer === undefined ? [] : [answer])].map(
      ({ sql }) => sql,
    );
  });
}

const ACCOUNT = {
  email: "a@b.c",
  email_key: "a@b.c",
  name: null,
  role: "admin",
  password: "p",
  verified: true,
};
const LIBRARY_INPUT = {
  ...{ me: 1, kind: "tracks", id: 1, entity: 1, parent: null, moderator: 1 },
  body: { stars: 1, text: "t", parent_id: 1, name: "n", search: {} },
};
const PLAYLIST_INPUT = {
  ...{ asker: { user: 1, editor: 0 }, id: 1, track_id: 1, entry: 1 },
  body: { track_ids: [1], description: "d" },
};
const ACTOR = { principal: "operator", credential: null, address: null, requestId: null };
const PEOPLE_INPUTS: Readonly<Record<string, unknown>> = {
  "users.create": ACCOUNT,
  "users.patch": { id: 1, set: { email: "a", email_key: "a", customer_id: 1, status: "disabled" } },
  "users.password": { id: 1, password: "p", keep: 1 },
  "links.create": { token_hash: "h", purpose: "reset", user_id: 1, email: "a" },
  "links.setup": { token_hash: "h", account: ACCOUNT },
  "keys.create": {
    user: 1,
    name: "n",
    secret_hash: "h",
    scopes: [],
    rate_per_minute: null,
    expires_at: null,
  },
  "users.register": { provider: "a", subject: "s", account: ACCOUNT },
  "audit.note": { actor: ACTOR, what: "access.denied", object: null, changes: null },
};

const PERSON = { first_name: "f", last_name: "l", email: "e", support_rep_id: 1 };
const SHOP_INPUTS: Readonly<Record<string, unknown>> = {
  "customers.create": PERSON,
  "customers.patch": { id: 1, body: PERSON, seen: "s" },
  "customers.delete": { id: 1, seen: "s" },
  "employees.create": { first_name: "f", last_name: "l", reports_to: 1 },
  "employees.patch": { id: 1, body: { reports_to: 1 }, seen: "s" },
  "employees.delete": { id: 1, seen: "s" },
  "invoices.purchase": { user: 1, customer_id: 1, lines: [{ track_id: 1 }], billing: { city: "c" } },
  "invoices.refund": { id: 1, body: { lines: [{ line_id: 1, quantity: 1 }] } },
  "sales.keep": { packed: "[]" },
};

function inputOf({ name }: AnyCommand, body: Record<string, unknown>): unknown {
  if (name === "bin.restore") return { ...PLAYLIST_INPUT, kind: "tracks", entity: 1 };
  if (/^(favourites|ratings|comments|saved_searches)\./.test(name)) return LIBRARY_INPUT;
  if (name.startsWith("metadata."))
    return { id: 1, key: "mood", body: { value: 1, data: [{ key: "mood", value: 1 }] } };
  if (name.startsWith("playlists.")) return { ...PLAYLIST_INPUT, body: { ...body, ...PLAYLIST_INPUT.body } };
  if (name === "tags.merge") return { id: 1, body: { into: 2 } };
  if (name === "plays.create_many") return [{ track_id: 1 }];
  if (name === "plays.keep_totals") return { sums: "[]" };
  const people = PEOPLE_INPUTS[name] ?? SHOP_INPUTS[name];
  if (people !== undefined) return people;
  if (name === "search.record") return [{ query: "q", searches: 1 }];
  return /\.(create)$/.test(name)
    ? body
    : { id: 1, track_id: 1, tag: { slug: "t", type: null }, names: "[]", after: 0, body };
}

/**
 * A comparison of something with a bare parameter, or a bound that is one: the planner looks at either. Left alone:
 * assignments of an UPDATE (they stand between SET and WHERE), the question whether a parameter is NULL, which
 * compares it with nothing, and a bound that is worked out.
 */
function bareComparisons(sql: string): string[] {
  const compared = sql.replace(/\bSET\b[\s\S]*?(?=\bWHERE\b|$)/gi, "");
  const after =
    compared.match(/(=|<|>|\b(?:LIKE|GLOB|MATCH|BETWEEN|AND|IN)\b)\s*\(?\s*@\w+(?!\w*\s+IS\s+NULL)/gi) ?? [];
  const before = compared.match(/@\w+\s*(=|<|>|\b(?:LIKE|GLOB|IN|BETWEEN)\b)/gi) ?? [];
  const bounds = compared.match(/\b(?:LIMIT|OFFSET)\s+@\w+(?!\w*\s*[-+])/gi) ?? [];
  return [...after, ...before, ...bounds];
}

describe("every compared parameter is hidden from the planner by likely()", () => {
  test.each(READS)("in the read $name", (read) => {
    const texts = new Set(variants(read).map((variant) => sqlOf(variant).sql));
    expect([...texts].flatMap(bareComparisons)).toEqual([]);
  });

  test.each(COMMANDS)("in the command $name", (command) => {
    expect(textsOf(command).flatMap(bareComparisons)).toEqual([]);
  });

  test("the check detects comparisons without it", () => {
    for (const sql of [
      "a = @b",
      "a>=@b",
      "@b < a",
      "(a, b) > (@c, likely(@d))",
      "a IN (@b)",
      "x AND @a = b",
      "a LIKE @b",
      "SELECT 1 LIMIT @b",
      "SELECT 1 LIMIT @b + 1 OFFSET @c",
    ]) {
      expect(bareComparisons(`SELECT 1 WHERE ${sql}`), sql).not.toEqual([]);
    }
    for (const sql of [
      "UPDATE t SET a = @a, b = @b WHERE c = likely(@c)",
      "SELECT 1 WHERE @a IS NULL LIMIT @b + 1",
      "SELECT 1 LIMIT likely(@b) OFFSET @c - 1",
    ]) {
      expect(bareComparisons(sql), sql).toEqual([]);
    }
  });
});
