import fc from "fast-check";
import { Piscina } from "piscina";
import { describe, expect, test } from "vitest";
import { searchParams } from "../../src/main/features/search/filters.ts";
import { exactPieces, marksOf, printMatch, widePieces } from "../../src/main/features/search/match.ts";
import { MAX_DEPTH, MAX_TERMS, parseSearch, wantedTerms } from "../../src/main/features/search/query.ts";
import { SEARCH_READ } from "../../src/main/features/search/search.ts";
import { AppError } from "../../src/shared/errors.ts";
import type { ReadBatchReport, ReadRequest } from "../../src/shared/protocol.ts";
import { copyOf, makeCatalogue } from "../support/server.ts";

const match = (text: string): string => printMatch(parseSearch(text)!);

describe("user input becomes a quoted expression", () => {
  test.each([
    ["love", '"love"'],
    ["  love   me ", '("love" AND "me")'],
    ["love AND me", '("love" AND "me")'],
    ["love OR hate", '("love" OR "hate")'],
    ["live NOT acoustic", '("live" NOT "acoustic")'],
    ["live AND NOT acoustic", '("live" NOT "acoustic")'],
    ["a b NOT c", '("a" AND ("b" NOT "c"))'],
    ["a b OR c d", '(("a" AND "b") OR ("c" AND "d"))'],
    ["a (b OR c)", '("a" AND ("b" OR "c"))'],
    ["(live OR demo) NOT (radio edit)", '(("live" OR "demo") NOT ("radio" AND "edit"))'],
    ['"black dog"', '"black dog"'],
    ["“black dog”", '"black dog"'],
    ["«black dog»", '"black dog"'],
    ['"black dog', '"black dog"'],
    ['"black dog"*', '"black dog" *'],
    ["moto*", '"moto" *'],
    ["moto**", '"moto" *'],
    ["AC/DC", '("AC/DC" OR "ACDC")'],
    ["l'amour", '("l\'amour" OR "lamour")'],
    ['"l\'amour"', '"l\'amour"'],
    ["rock n roll", '(("rock" AND ("n" OR "and")) AND "roll")'],
    ["love & peace", '(("love" AND "and") AND "peace")'],
    ["a:b", '"a:b"'],
    ["live -acoustic", '("live" NOT "acoustic")'],
    ["-acoustic live", '("live" NOT "acoustic")'],
    ["a b -c", '(("a" AND "b") NOT "c")'],
    ['live -"radio edit" -(demo OR take)', '(("live" NOT "radio edit") NOT ("demo" OR "take"))'],
    ["live AND -acoustic", '("live" NOT "acoustic")'],
    ["self-made - man", '(("self-made" OR "selfmade") AND "man")'],
    ["-x", '"x"'],
    ["-x -y", '("x" AND "y")'],
    ["name:love", '"name:love"'],
    ["{name}", '"{name}"'],
    ["^love", '"^love"'],
    ["NEAR(a b)", '("NEAR" AND ("a" AND "b"))'],
  ])("%j → %s", (text, expected) => {
    expect(match(text)).toBe(expected);
  });

  test("SQL widens excluded words by genres and wanted words by more, unless quoted", () => {
    const query = parseSearch('"black" loves rive -metal')!;
    const widened = (pieces: typeof exactPieces) => pieces(query).filter(([, genres]) => genres === 1);
    expect(widened(exactPieces)).toEqual([['"metal"', 1, null]]);
    expect(widened(widePieces)).toEqual([
      ['"black"', 1, null],
      ['"loves"', 1, '"loves"'],
      ['"rive"', 1, '"rive"'],
      ['"metal"', 1, null],
    ]);
  });

  test("the last word is a prefix unless a space or quotation mark follows", () => {
    const begun = (text: string) => widePieces(parseSearch(text)!).at(-1)![0];
    expect(begun("bohem")).toBe('"bohem" *');
    expect(begun("bohem ")).toBe('"bohem"');
    expect(begun('"bohem"')).toBe('"bohem"');
    expect(begun("b")).toBe('"b"');
    expect(marksOf(parseSearch("black bohem")!)).toEqual({
      words: ["black"],
      prefixes: ["bohem"],
      phrases: [],
    });
  });
});

describe("operators are recognised only in valid positions", () => {
  test.each([
    ["AND JUSTICE FOR ALL", '((("AND" AND "JUSTICE") AND "FOR") AND "ALL")'],
    ["OR", '"OR"'],
    ["AND", '"AND"'],
    ["NOT", '"NOT"'],
    ["love AND", '("love" AND "AND")'],
    ["love NOT", '("love" AND "NOT")'],
    ["(love OR) me", '(("love" AND "OR") AND "me")'],
    ["love and hate", '(("love" AND "and") AND "hate")'],
    ['love "AND" hate', '(("love" AND "AND") AND "hate")'],
    ["a AND AND b", '(("a" AND "AND") AND "b")'],
  ])("%j → %s", (text, expected) => expect(match(text)).toBe(expected));
});

describe("open quotes and parentheses are closed, empty ones are dropped", () => {
  test.each([
    ["(love", '"love"'],
    ["love)", '"love"'],
    [")love) me(", '("love" AND "me")'],
    ["love ()", '"love"'],
    ["love \ue000", '"love"'],
    ["love \ue00017", '("love" AND "17")'],
    ["love 🎸", '"love"'],
    ["love OR 🎸", '"love"'],
    ["love NOT 🎸", '"love"'],
    ['love ""', '"love"'],
    ["love * me", '("love" AND "me")'],
  ])("%j → %s", (text, expected) => expect(match(text)).toBe(expected));
});

test.each(["", " ", '"', "(", "*", "🎸", "((()))", "- -"])("%j has no words", (text) => {
  expect(parseSearch(text)).toBeUndefined();
});

describe("invalid queries are refused with a reason", () => {
  test.each([
    ["NOT love", /before it/],
    ["love OR NOT hate", /before it/],
    ["(NOT love)", /before it/],
    ["l*", /characters before/],
    [
      Array(MAX_TERMS + 1)
        .fill("a")
        .join(" "),
      /at most 32 words/,
    ],
    [`${"(".repeat(MAX_DEPTH + 1)}a`, /parentheses/],
  ])("%j", (text, detail) => {
    expect(refusalOf(text)).toMatch(detail);
  });

  test("queries at the limits are accepted", () => {
    expect(match(Array(MAX_TERMS).fill("a").join(" "))).toContain("AND");
    expect(match(`${"(".repeat(MAX_DEPTH)}a`)).toBe('"a"');
  });
});

function refusalOf(text: string): string {
  try {
    parseSearch(text);
  } catch (error) {
    if (error instanceof AppError && error.code === "invalid") return JSON.stringify(error.errors);
    throw error;
  }
  return "";
}

test("wanted terms leave out those under NOT", () => {
  const terms = wantedTerms(parseSearch('a (b OR "c d") NOT e -f')!);
  expect(terms.map(({ text }) => text)).toEqual(["a", "b", "c d"]);
});

const ALPHABET = [
  ...[
    "(",
    ")",
    '"',
    "*",
    " ",
    "-",
    "+",
    "^",
    ":",
    "{",
    "}",
    "/",
    "'",
    ",",
    ".",
    "\\",
    "%",
    "\t",
    "\n",
    "“",
    "”",
  ],
  ...[
    "AND",
    "OR",
    "NOT",
    "NEAR",
    "NEAR(",
    "name",
    "rowid",
    "tracks_fts",
    "a",
    "bc",
    "água",
    "ß",
    "ﬁ",
    "日本",
  ],
  ...[
    "🎸",
    "\u0000",
    "\u0301",
    "\u200b",
    "\ue000",
    "\ufffe",
    "\u202e",
    "0",
    "1e9",
    "--",
    ";",
    "''",
    '""',
    "**",
  ],
];
const adversarial = fc.array(fc.constantFrom(...ALPHABET), { maxLength: 40 }).map((parts) => parts.join(""));
const anything = fc.oneof(
  { weight: 3, arbitrary: adversarial },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
);

/** The search as the server makes it of a text; undefined when it is refused as invalid, which is a 422. */
function searchOf(q: string, mode: "text" | "fuzzy"): ReadRequest | undefined {
  const parsed = searchParams.safeParse({ q, mode });
  if (!parsed.success) return undefined;
  try {
    const { sql, params } = SEARCH_READ.statement(parsed.data, new Date());
    return [sql, params];
  } catch (error) {
    if (error instanceof AppError && error.code === "invalid") return undefined;
    throw error;
  }
}

/** A reader thread over a catalogue. */
const readerOf = (file: string) =>
  new Piscina<string, ReadBatchReport>({
    filename: new URL("../../src/workers/reader.ts", import.meta.url).href,
    ...{ minThreads: 1, maxThreads: 1, workerData: { file } },
  });

async function failuresOf(
  reader: Piscina<string, ReadBatchReport>,
  reads: readonly ReadRequest[],
): Promise<unknown[]> {
  const sql = [...new Set(reads.map(([text]) => text))];
  const numbered = reads.map(([text, params]) => [sql.indexOf(text), params]);
  const message = JSON.stringify({ generation: 0, sql, reads: numbered, deadlineMs: 60_000 });
  const { columns } = await reader.run(message);
  const bodies = columns.filter((_, i) => i % 3 === 0);
  expect(bodies.length).toBe(reads.length);
  return bodies.filter((body) => typeof body !== "string" || !Array.isArray(JSON.parse(body).data));
}

test("a hundred thousand random strings are each refused or searched without an error", async () => {
  const reader = readerOf(copyOf(await makeCatalogue(500)));
  const texts = fc.sample(anything, { numRuns: 100_000, seed: 3 });
  let answered = 0;
  for (let at = 0; at < texts.length; at += 500) {
    const slice = texts.slice(at, at + 500);
    const reads = [
      ...slice.map((text) => searchOf(text, "text")),
      ...slice.filter((_, i) => i % 20 === 0).map((text) => searchOf(text, "fuzzy")),
    ].filter((read) => read !== undefined);
    expect(await failuresOf(reader, reads)).toEqual([]);
    answered += reads.length;
  }
  await reader.destroy();
  expect(answered).toBeGreaterThan(50_000);
}, 300_000);
