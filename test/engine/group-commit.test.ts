import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { CHANGED, FOUND } from "../../src/main/engine/commands/guards.ts";
import { decodeCommands, encodeCommands } from "../../src/shared/batches.ts";
import type { Connection } from "../../src/shared/database/sqlite.ts";
import type { Guard, Outcome, Statements } from "../../src/shared/protocol.ts";
import { GroupCommit } from "../../src/writer/group-commit.ts";
import { newFile, outsider, sql, writable } from "./support.ts";

const SCHEMA = `
  CREATE TABLE notes (text TEXT PRIMARY KEY, page BLOB);
  CREATE TABLE shelves (id INTEGER PRIMARY KEY);
  CREATE TABLE books (id INTEGER PRIMARY KEY, shelf INTEGER REFERENCES shelves DEFERRABLE INITIALLY DEFERRED);
  CREATE TRIGGER bomb BEFORE INSERT ON notes WHEN new.text LIKE 'bomb%' BEGIN SELECT RAISE(ROLLBACK, 'boom'); END;`;

interface Bench {
  readonly db: Connection;
  readonly commits: GroupCommit;
  /** The file's rows, as another connection sees them. */
  readonly inFile: () => string[];
}

function bench(): Bench {
  const file = newFile();
  const db = writable(file);
  db.exec(SCHEMA);
  const other = outsider(file);
  const notes = other.prepare("SELECT text FROM notes ORDER BY rowid").pluck();
  return { db, commits: new GroupCommit(db), inFile: () => notes.all() as string[] };
}

const note = (text: string) => sql("INSERT INTO notes (text) VALUES (@text)", { text });
const noteOrRollBack = (text: string) => sql("INSERT OR ROLLBACK INTO notes (text) VALUES (@text)", { text });
const book = (shelf: number) => sql("INSERT INTO books (shelf) VALUES (@shelf)", { shelf });
const fates = (outcomes: readonly Outcome[]) => outcomes.map(({ failure }) => failure?.code ?? "written");

describe("a batch of successful commands", () => {
  test("returns one outcome each, in order, from one commit", () => {
    const { commits, inFile } = bench();
    const { outcomes } = commits.run(
      ["a", "b", "c"].map((text) => [note(text), sql("SELECT @text", { text })]),
    );
    expect(outcomes.map(({ rows }) => rows)).toEqual([[["a"]], [["b"]], [["c"]]]);
    expect(outcomes.map(({ changes }) => changes)).toEqual([1, 1, 1]);
    expect(inFile()).toEqual(["a", "b", "c"]);
  });

  test("lets a command see those before it", () => {
    const { commits } = bench();
    const { outcomes } = commits.run([[note("a")], [sql("SELECT count(*) FROM notes")]]);
    expect(outcomes[1]!.rows).toEqual([[1]]);
  });

  test("may be empty", () => {
    expect(bench().commits.run([]).outcomes).toEqual([]);
  });
});

describe("a command that fails", () => {
  test("is rolled back alone", () => {
    const { commits, inFile } = bench();
    const { outcomes } = commits.run([[note("a")], [note("b"), note("a"), note("c")], [note("d")]]);
    expect(fates(outcomes)).toEqual(["written", "SQLITE_CONSTRAINT_PRIMARYKEY", "written"]);
    expect(outcomes[1]).toMatchObject({ rows: [], changes: 0 });
    expect(inFile()).toEqual(["a", "d"]);
  });

  test("may contain invalid SQL", () => {
    const { commits, inFile } = bench();
    const { outcomes } = commits.run([[note("a")], [sql("INSRT INTO notes")], [note("b")]]);
    expect(fates(outcomes)).toEqual(["written", "SQLITE_ERROR", "written"]);
    expect(inFile()).toEqual(["a", "b"]);
  });
});

describe("a command refused by a guard", () => {
  const found: Guard = { must: "find", otherwise: { code: "not_found" } };
  const changed: Guard = { must: "change", otherwise: { code: "precondition_failed", detail: "too late" } };
  const known: Guard = { must: "find_none", otherwise: { code: "reference_unknown" } };
  const errors = [{ pointer: "/a", detail: "told by the guard" }];
  const told: Guard = { must: "change", otherwise: { code: "reference_unknown", errors } };
  const guarded = (guard: Guard, text: string, params = {}) => ({ ...sql(text, params), guard });

  const deletion = "DELETE FROM notes WHERE text = 'nowhere'";
  const refusals: readonly (readonly [name: string, Statements, failure: object])[] = [
    [
      "because it found no row",
      [note("x"), guarded(found, "SELECT 1 WHERE @no", { no: 0 }), note("y")],
      { code: "not_found", message: "Not found" },
    ],
    [
      "because it changed no row",
      [note("x"), guarded(changed, deletion), note("y")],
      { code: "precondition_failed", message: "too late" },
    ],
    [
      "because its RETURNING gave no row",
      [note("x"), guarded(changed, `${deletion} RETURNING text`), note("y")],
      { code: "precondition_failed", message: "too late" },
    ],
    [
      "because it found rows, which become the errors",
      [note("x"), guarded(known, "SELECT '/' || text, 'is there' FROM notes ORDER BY text"), note("y")],
      {
        code: "reference_unknown",
        message: "Refers to something that does not exist",
        errors: [
          { pointer: "/a", detail: "is there" },
          { pointer: "/x", detail: "is there" },
        ],
      },
    ],
    [
      "with the guard's own errors",
      [note("x"), guarded(told, deletion)],
      { code: "reference_unknown", message: "Refers to something that does not exist", errors },
    ],
  ];
  /** In the encoding that the writer thread receives. */
  const run = (commits: GroupCommit, batch: readonly Statements[]) =>
    commits.run(decodeCommands(encodeCommands(batch))).outcomes;

  test.each(refusals)("%s is rolled back alone", (_, refused, failure) => {
    const { commits, inFile } = bench();
    const outcomes = run(commits, [[note("a")], refused, [note("b")]]);
    expect(fates(outcomes)).toEqual(["written", outcomes[1]!.failure!.code, "written"]);
    expect(outcomes[1]).toEqual({ rows: [], changes: 0, failure, ms: expect.any(Number) });
    expect(inFile()).toEqual(["a", "b"]);
  });

  test.each(refusals)("%s is rolled back in its own transaction too", (_, refused, failure) => {
    const { commits, inFile } = bench();
    const outcomes = run(commits, [[note("a")], refused, [note("bomb")], [note("b")]]);
    expect(outcomes[1]!.failure).toEqual(failure);
    expect(inFile()).toEqual(["a", "b"]);
  });

  test("is written if all its guards hold", () => {
    const { commits, inFile } = bench();
    const outcomes = run(commits, [
      [
        note("a"),
        guarded(found, "SELECT 1 FROM notes"),
        guarded(known, "SELECT 1 WHERE false"),
        guarded(changed, "UPDATE notes SET text = 'b'"),
        guarded(changed, "UPDATE notes SET text = 'c' RETURNING text"),
      ],
    ]);
    expect(outcomes).toEqual([{ rows: [["c"]], changes: 3, ms: expect.any(Number) }]);
    expect(inFile()).toEqual(["c"]);
  });
});

describe("a command that aborts the whole transaction", () => {
  const killers: readonly (readonly [name: string, Statements, code: string])[] = [
    ["a trigger's RAISE(ROLLBACK)", [note("x"), note("bomb")], "SQLITE_CONSTRAINT_TRIGGER"],
    ["ON CONFLICT ROLLBACK", [note("x"), noteOrRollBack("a")], "SQLITE_CONSTRAINT_PRIMARYKEY"],
    ["a plain ROLLBACK", [note("x"), sql("ROLLBACK")], "SQLITE_ERROR"],
    ["a deferred foreign key, at the commit", [note("x"), book(1)], "SQLITE_CONSTRAINT_FOREIGNKEY"],
  ];

  for (const [name, killer, code] of killers) {
    test(`by ${name}, in the middle of a batch, fails alone`, () => {
      const { commits, inFile } = bench();
      const { outcomes } = commits.run([[note("a")], killer, [note("b")], [note("a")], [note("c")]]);
      expect(fates(outcomes)).toEqual([
        "written",
        code,
        "written",
        "SQLITE_CONSTRAINT_PRIMARYKEY",
        "written",
      ]);
      expect(inFile()).toEqual(["a", "b", "c"]);
    });

    test(`by ${name} leaves the connection usable for the next batch`, () => {
      const { commits, db, inFile } = bench();
      commits.run([[note("a")], killer]);
      expect(db.inTransaction).toBe(false);
      expect(fates(commits.run([[note("later")]]).outcomes)).toEqual(["written"]);
      expect(inFile()).toEqual(["a", "later"]);
    });
  }

  test("by a full disk fails alone, as does each one that needs space", () => {
    const { commits, db, inFile } = bench();
    const page = (text: string, bytes: number) =>
      sql("INSERT INTO notes VALUES (@text, zeroblob(@bytes))", { text, bytes });
    db.pragma(`max_page_count = ${(db.pragma("page_count", { simple: true }) as number) + 4}`);
    const { outcomes } = commits.run([[note("a")], [page("large", 1e6)], [note("b")], [page("huge", 1e7)]]);
    expect(fates(outcomes)).toEqual(["written", "SQLITE_FULL", "written", "SQLITE_FULL"]);
    expect(inFile()).toEqual(["a", "b"]);
    db.pragma("max_page_count = 100000");
    expect(fates(commits.run([[page("large", 1e6)]]).outcomes)).toEqual(["written"]);
  });
});

describe("a file locked by another process", () => {
  test("fails the whole batch after waiting once", () => {
    const file = newFile();
    const db = writable(file);
    db.exec(SCHEMA);
    db.pragma("busy_timeout = 1");
    const other = outsider(file);
    other.exec("BEGIN IMMEDIATE");
    const attempts = attemptsOf(db);
    const { outcomes } = new GroupCommit(db).run([[note("a")], [note("b")], [note("c")]]);
    expect(fates(outcomes)).toEqual(["SQLITE_BUSY", "SQLITE_BUSY", "SQLITE_BUSY"]);
    expect(attempts).toEqual(["BEGIN IMMEDIATE"]);
    other.exec("ROLLBACK");
    expect(fates(new GroupCommit(db).run([[note("a")]]).outcomes)).toEqual(["written"]);
  });

  test("in the middle of a batch fails the rest of it, after waiting once", () => {
    const file = newFile();
    const db = writable(file);
    db.exec(SCHEMA);
    db.pragma("busy_timeout = 1");
    const other = outsider(file);
    const begins = (attempts: readonly string[]) =>
      attempts.filter((text) => text === "BEGIN IMMEDIATE").length;
    let grabbed = false;
    const attempts = attemptsOf(db, (so) => {
      if (begins(so) === 3 && !grabbed) {
        other.exec("BEGIN IMMEDIATE");
        grabbed = true;
      }
    });
    const { outcomes } = new GroupCommit(db).run([[note("a")], [note("bomb")], [note("b")], [note("c")]]);
    expect(fates(outcomes)).toEqual(["written", "SQLITE_BUSY", "SQLITE_BUSY", "SQLITE_BUSY"]);
    expect(begins(attempts)).toBe(3);
    other.exec("ROLLBACK");
    expect(other.prepare("SELECT text FROM notes").pluck().all()).toEqual(["a"]);
  });
});

/** Reports every later statement of the connection before it runs. */
function attemptsOf(db: Connection, before: (attempts: readonly string[]) => void = () => {}): string[] {
  const attempts: string[] = [];
  const prepare = db.prepare.bind(db);
  vi.spyOn(db, "prepare").mockImplementation(((text: string) => {
    const statement = prepare(text);
    const run = statement.run.bind(statement);
    const told = (params: unknown) => {
      attempts.push(text);
      before(attempts);
      return run(params);
    };
    return Object.assign(statement, { run: told });
  }) as typeof db.prepare);
  return attempts;
}

describe("prepared statements", () => {
  test("are bounded, and give the same results when prepared again", () => {
    const { commits } = bench();
    const selects = Array.from({ length: 700 }, (_, i) => [sql(`SELECT @value + ${i}`, { value: 1 })]);
    const twice = [...selects, ...selects];
    const rows = commits.run(twice).outcomes.map(({ rows }) => rows[0]![0]);
    expect(rows).toEqual(twice.map((_, i) => (i % 700) + 1));
  });

  test("follow a schema change", () => {
    const { commits, db } = bench();
    const all = [sql("SELECT * FROM shelves")];
    commits.run([[sql("INSERT INTO shelves VALUES (1)")], all]);
    db.exec("ALTER TABLE shelves ADD COLUMN room TEXT DEFAULT 'hall'");
    expect(commits.run([all]).outcomes[0]!.rows).toEqual([[1, "hall"]]);
  });
});

/** Commands over few names, so that they collide; the model runs them alone, one after the other. */
interface Step {
  readonly command: Statements;
  readonly apply: (notes: Set<string>) => boolean;
}

const name = fc.constantFrom("a", "b", "c", "d", "e");
const add = (notes: Set<string>, text: string) => !notes.has(text) && Boolean(notes.add(text));

const step: fc.Arbitrary<Step> = fc.oneof(
  name.map((text) => ({ command: [note(text)], apply: (notes: Set<string>) => add(notes, text) })),
  fc.tuple(name, name).map(([one, two]) => ({
    command: [note(one), note(two)],
    apply: (notes: Set<string>) => one !== two && !notes.has(two) && add(notes, one) && add(notes, two),
  })),
  name.map((text) => ({
    command: [sql("DELETE FROM notes WHERE text = @text", { text })],
    apply: (notes: Set<string>) => [notes.delete(text)].length > 0,
  })),
  fc.tuple(name, name).map(([one, two]) => ({
    command: [
      { ...sql("DELETE FROM notes WHERE text = @one", { one }), guard: CHANGED },
      { ...sql("SELECT 1 FROM notes WHERE text = @two", { two }), guard: FOUND },
    ],
    apply: (notes: Set<string>) => one !== two && notes.has(two) && notes.delete(one),
  })),
  name.map((text) => ({
    command: [noteOrRollBack(text)],
    apply: (notes: Set<string>) => add(notes, text),
  })),
  name.map((text) => ({ command: [note(text), note("bomb")], apply: () => false })),
  name.map((text) => ({ command: [note(text), sql("SELECT * FROM nowhere")], apply: () => false })),
  name.map((text) => ({ command: [note(text), book(7)], apply: () => false })),
);

test("in random batches each command has the same outcome as alone, and the file matches the outcomes", () => {
  fc.assert(
    fc.property(fc.array(fc.array(step, { maxLength: 12 }), { maxLength: 4 }), (batches) => {
      const db = writable(":memory:");
      db.exec(SCHEMA);
      const commits = new GroupCommit(db);
      const notes = new Set<string>();
      for (const batch of batches) {
        const { outcomes } = commits.run(batch.map(({ command }) => command));
        const expected = batch.map(({ apply }) => apply(notes));
        expect(outcomes.map(({ failure }) => failure === undefined)).toEqual(expected);
        expect(db.prepare("SELECT text FROM notes ORDER BY 1").pluck().all()).toEqual([...notes].sort());
        expect(db.inTransaction).toBe(false);
      }
    }),
    { numRuns: 300 },
  );
});
