import Database from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_DEPTH, MAX_TERMS, parseSearch, printMatch, wantedTerms } from "../../src/main/search/query.ts";
import { AppError } from "../../src/shared/errors.ts";

const match = (text: string): string => printMatch(parseSearch(text));

describe("what is typed becomes a quoted expression", () => {
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
    ["AC/DC", '"AC/DC"'],
    ["l'amour", '"l\'amour"'],
    ["a:b", '"a:b"'],
    ["-x", '"-x"'],
    ["name:love", '"name:love"'],
    ["{name}", '"{name}"'],
    ["^love", '"^love"'],
    ["NEAR(a b)", '("NEAR" AND ("a" AND "b"))'],
  ])("%j → %s", (text, expected) => expect(match(text)).toBe(expected));
});

describe("operators only where operators can stand", () => {
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

describe("what is left open is closed, what is empty is left out", () => {
  test.each([
    ["(love", '"love"'],
    ["love)", '"love"'],
    [")love) me(", '("love" AND "me")'],
    ["love ()", '"love"'],
    ["love 🎸", '"love"'],
    ["love OR 🎸", '"love"'],
    ["love NOT 🎸", '"love"'],
    ["love & peace", '("love" AND "peace")'],
    ['love ""', '"love"'],
    ["love * me", '("love" AND "me")'],
  ])("%j → %s", (text, expected) => expect(match(text)).toBe(expected));
});

describe("refusals are the client's to mend", () => {
  test.each([
    ["", /letter or digit/],
    [" ", /letter or digit/],
    ['"', /letter or digit/],
    ["(", /letter or digit/],
    ["*", /letter or digit/],
    ["🎸", /letter or digit/],
    ["((()))", /letter or digit/],
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

  test("the bounds themselves are allowed", () => {
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

test("the wanted terms leave out what NOT takes away", () => {
  expect(wantedTerms(parseSearch('a (b OR "c d") NOT e'))).toEqual(["a", "b", "c d"]);
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

test("a hundred thousand strings: a refusal, or an expression that FTS5 runs", () => {
  const db = new Database(":memory:");
  db.exec(`CREATE VIRTUAL TABLE tracks_fts USING fts5 (name, composer,
    tokenize = 'porter unicode61 remove_diacritics 2', prefix = '2 3')`);
  db.exec("INSERT INTO tracks_fts VALUES ('Água and not near', 'AC/DC'), ('a bc 1e9', NULL)");
  const run = db.prepare("SELECT bm25(tracks_fts, 10, 1) FROM tracks_fts WHERE tracks_fts MATCH ?");
  const narrow = db.prepare("SELECT count(*) FROM tracks_fts WHERE tracks_fts MATCH '{name} : ' || ?");
  let ran = 0;
  fc.assert(
    fc.property(anything, (text) => {
      if (refusalOf(text) !== "") return;
      ran++;
      run.all(match(text));
      narrow.get(match(text));
    }),
    { numRuns: 100_000 },
  );
  expect(ran).toBeGreaterThan(10_000);
}, 120_000);
