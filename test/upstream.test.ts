import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openUpstream, type UpstreamCatalogue } from "../src/main/datasets/upstream.ts";
import { AppError } from "../src/shared/errors.ts";
import { uuidFromName } from "../src/shared/names.ts";
import { BULK_COLUMNS, BULK_TABLES, type BulkTable, type Value } from "../src/shared/tables.ts";

const NOW = new Date("2026-11-21T00:00:00.000Z");
const STAMP = NOW.toISOString();

/** A store of one of everything, spelled in PascalCase; the other spellings are made from it. */
const TABLES: Record<string, { columns: string; rows: Value[][] }> = {
  Artist: {
    columns: "ArtistId Name",
    rows: [
      [1, "Ágnes Szabó"],
      [2, null],
    ],
  },
  Album: { columns: "AlbumId Title ArtistId", rows: [[1, "River of Glass", 1]] },
  Genre: { columns: "GenreId Name", rows: [[1, "Rock"]] },
  MediaType: { columns: "MediaTypeId Name", rows: [[1, "MP3 audio"]] },
  Track: {
    columns: "TrackId Name AlbumId MediaTypeId GenreId Composer Milliseconds Bytes UnitPrice",
    rows: [
      [1, "Carry Me Home", 1, 1, 1, null, 215_000, 5_160_000, 0.99],
      [2, "Silver Road", null, 1, null, "Á. Szabó", 0, null, 1.15],
    ],
  },
  Playlist: { columns: "PlaylistId Name", rows: [[1, "Music"]] },
  PlaylistTrack: {
    columns: "PlaylistId TrackId",
    rows: [
      [1, 2],
      [1, 1],
    ],
  },
  Employee: {
    columns:
      "EmployeeId LastName FirstName Title ReportsTo BirthDate HireDate Address City State Country PostalCode Phone Fax Email",
    rows: [
      [1, "Whitlock", "Ada", "Agent", 3, "1980-02-29 00:00:00", "2010-05-01", ...blank(7), "ada@example.com"],
      [2, "Larkin", "Otis", "Agent", 3, null, "2010-05-01T08:30:00Z", ...blank(7), null],
      [3, "Munro", "Isla", "Manager", null, null, null, ...blank(7), null],
    ],
  },
  Customer: {
    columns:
      "CustomerId FirstName LastName Company Address City State Country PostalCode Phone Fax Email SupportRepId",
    rows: [[1, "João", "Tavares", ...blank(8), "joao@example.org", 1]],
  },
  Invoice: {
    columns:
      "InvoiceId CustomerId InvoiceDate BillingAddress BillingCity BillingState BillingCountry BillingPostalCode Total",
    rows: [[1, 1, "2009-01-31 00:00:00", "1 Mill Lane", "Porto", null, "Portugal", "4000", 2.14]],
  },
  InvoiceLine: {
    columns: "InvoiceLineId InvoiceId TrackId UnitPrice Quantity",
    rows: [
      [1, 1, 1, 0.99, 1],
      [2, 1, 2, 1.15, 1],
    ],
  },
};

function blank(count: number): null[] {
  return Array.from({ length: count }, () => null);
}

const snake = (name: string): string => name.replace(/(?<!^)([A-Z])/g, "_$1").toLowerCase();
const SPELLINGS = {
  "PascalCase singular": { table: (name: string) => name, column: (name: string) => name },
  "snake_case singular": { table: snake, column: snake },
  "snake_case plural": { table: (name: string) => `${snake(name)}s`, column: snake },
  "PascalCase plural": { table: (name: string) => `${name}s`, column: (name: string) => name },
};
type Spelling = (typeof SPELLINGS)[keyof typeof SPELLINGS];

let directory: string;
const open: UpstreamCatalogue[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "chinook-upstream-"));
});

afterEach(() => {
  for (const catalogue of open.splice(0)) catalogue.close();
  rmSync(directory, { recursive: true, force: true });
});

function sampleFile(spelling: Spelling = SPELLINGS["PascalCase singular"], change = ""): string {
  const file = join(directory, "sample.sqlite");
  const db = new Database(file);
  for (const [name, { columns, rows }] of Object.entries(TABLES)) {
    const names = columns.split(" ").map((column) => spelling.column(column));
    db.exec(`CREATE TABLE "${spelling.table(name)}" (${names.map((column) => `"${column}"`).join(", ")})`);
    const statement = db.prepare(
      `INSERT INTO "${spelling.table(name)}" VALUES (${names.map(() => "?").join(", ")})`,
    );
    for (const row of rows) statement.run(...row);
  }
  db.exec(change);
  db.close();
  return file;
}

function openFile(file: string): UpstreamCatalogue {
  const catalogue = openUpstream(file, NOW);
  open.push(catalogue);
  return catalogue;
}

type Rows = Record<BulkTable, Record<string, Value>[]>;

/** Every row by table, as objects of our columns. */
function read(catalogue: UpstreamCatalogue): Rows {
  const tables = Object.fromEntries(BULK_TABLES.map((table) => [table, []])) as unknown as Rows;
  for (const { table, rows } of catalogue.chunks()) {
    for (const row of rows) {
      tables[table].push(
        Object.fromEntries(BULK_COLUMNS[table].map((column, index) => [column, row[index]!])),
      );
    }
  }
  return tables;
}

function failure(action: () => unknown): AppError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return error as AppError;
  }
  throw new Error("expected an error, got none");
}

describe.each(Object.entries(SPELLINGS))("a file in %s", (_, spelling) => {
  test("is read in loading order and counted", () => {
    const catalogue = openFile(sampleFile(spelling));
    const tables = [...catalogue.chunks()].map((chunk) => chunk.table);
    expect(tables).toEqual(BULK_TABLES.filter((table) => table !== "plays"));
    expect(catalogue.counts).toMatchObject({ artists: 2, tracks: 2, playlist_tracks: 2, employees: 3 });
    expect(catalogue.totalRows).toBe(17);
    expect([...catalogue.chunks()]).toEqual([...catalogue.chunks()]);
  });

  test("is converted to rows of our tables", () => {
    const { artists, albums, tracks, invoices, invoice_lines, playlist_tracks } = read(
      openFile(sampleFile(spelling)),
    );
    expect(artists).toEqual([
      {
        ...{ id: 1, public_id: uuidFromName("chinook:artist:1"), slug: "agnes-szabo", name: "Ágnes Szabó" },
        ...{ created_at: STAMP, updated_at: STAMP },
      },
      expect.objectContaining({ id: 2, name: "Untitled", slug: "untitled" }),
    ]);
    expect(albums[0]).toMatchObject({ title: "River of Glass", artist_id: 1, release_date: null });
    expect(tracks[0]).toMatchObject({
      composer: null,
      milliseconds: 215_000,
      bytes: 5_160_000,
      unit_price_cents: 99,
    });
    expect(tracks[1]).toMatchObject({ album_id: null, genre_id: null, bytes: null, unit_price_cents: 115 });
    expect(invoices[0]).toMatchObject({ invoice_date: "2009-01-31T00:00:00.000Z", total_cents: 214 });
    expect(invoice_lines.map((line) => line.unit_price_cents)).toEqual([99, 115]);
    expect(playlist_tracks[0]).toEqual({ playlist_id: 1, track_id: 1, added_at: STAMP });
  });
});

test("managers are loaded before their reports, whatever their ids", () => {
  const { employees } = read(openFile(sampleFile()));
  expect(employees.map(({ id }) => id)).toEqual([3, 1, 2]);
  expect(employees[1]).toMatchObject({
    birth_date: "1980-02-29T00:00:00.000Z",
    hire_date: "2010-05-01T00:00:00.000Z",
  });
  expect(employees[2]).toMatchObject({ birth_date: null, hire_date: "2010-05-01T08:30:00.000Z" });
});

describe("an invalid row", () => {
  test.each([
    [
      "UPDATE Track SET Milliseconds = 'long' WHERE TrackId = 2",
      /milliseconds of table Track where track_id is 2, got "long"/,
    ],
    [
      "UPDATE Track SET UnitPrice = x'00ff' WHERE TrackId = 1",
      /unit_price of table Track .* got 2 bytes of binary data/,
    ],
    ["UPDATE Track SET MediaTypeId = NULL WHERE TrackId = 1", /media_type_id of table Track .* got null/],
    ["UPDATE Album SET Title = 7", /title of table Album where album_id is 1, got 7/],
    ["UPDATE Invoice SET InvoiceDate = 'soon'", /invoice_date of table Invoice .* got "soon"/],
    [
      "UPDATE Invoice SET InvoiceDate = '2009-02-31 00:00:00'",
      /a date of the calendar in column invoice_date/,
    ],
    ["UPDATE InvoiceLine SET Quantity = 0 WHERE InvoiceLineId = 2", /from 1 to 1000000 in column quantity/],
    [
      "UPDATE Artist SET Name = 'a' || char(7) WHERE ArtistId = 2",
      /control character.*artist_id is 2, got "a.u0007"/,
    ],
    ["UPDATE Artist SET Name = 'a' || char(0) WHERE ArtistId = 2", /control character.*artist_id is 2/],
    [
      "UPDATE Artist SET Name = printf('%.201c', 'x') WHERE ArtistId = 2",
      /at most 200 characters.*column name of table Artist where artist_id is 2, got "x{79}… /,
    ],
    ["UPDATE Track SET Composer = printf('%.301c', 'x') WHERE TrackId = 2", /at most 300 .* track_id is 2/],
    [
      "UPDATE Track SET Name = zeroblob(100000000) WHERE TrackId = 2",
      /track_id is 2, got more than 4000 bytes/,
    ],
    [
      "UPDATE Track SET Milliseconds = 1000000001 WHERE TrackId = 2",
      /from 0 to 1000000000 in column milliseconds/,
    ],
    ["UPDATE Track SET Bytes = 9e15 WHERE TrackId = 2", /from 0 to 1000000000000 in column bytes/],
    ["UPDATE Track SET UnitPrice = 1e300 WHERE TrackId = 2", /money from 0 to 1000000 in column unit_price/],
    ["UPDATE InvoiceLine SET Quantity = 1e12", /from 1 to 1000000 in column quantity/],
    ["UPDATE Artist SET ArtistId = 1.5 WHERE ArtistId = 2", /artist_id of table Artist .* got 1.5/],
    ["UPDATE Customer SET Email = NULL", /email of table Customer/],
    ["UPDATE Employee SET ReportsTo = 1 WHERE EmployeeId = 3", /employees 1, 2, 3 in a circle/],
  ])("%s", (change, message) => {
    const catalogue = openFile(sampleFile(undefined, change));
    const error = failure(() => read(catalogue));
    expect(error.code).toBe("import_unreadable");
    expect(error.message).toMatch(message);
  });
});

describe("a file that cannot be read", () => {
  const cases: Record<string, readonly [make: () => string, message: RegExp]> = {
    "is missing": [
      () => join(directory, "nowhere.sqlite"),
      /nowhere\.sqlite: there is no such file\. Check the path/,
    ],
    "is a directory": [() => subdirectory(), /it is a directory\. Name the SQLite file inside it/],
    "is empty": [() => written(""), /the file is empty/],
    "is something else": [
      () => written("ID,Name\n1,Rock\n".repeat(200)),
      /it is not a SQLite database\. Expected one of/,
    ],
    "is cut off": [() => written("SQLite format 3\0"), /Cannot import/],
    "has no tables": [() => database("VACUUM"), /expected a table artist, found an empty schema/],
    "has other tables": [() => database("CREATE TABLE notes (id)"), /expected a table artist, found notes/],
    "lacks a table": [
      () => sampleFile(undefined, "DROP TABLE InvoiceLine"),
      /expected a table invoice_line, found Artist, Album/,
    ],
    "has a view in a table's place, which may never end": [
      () =>
        sampleFile(
          undefined,
          `DROP TABLE Genre; CREATE VIEW Genre AS WITH RECURSIVE c (GenreId, Name) AS
             (SELECT 1, 'x' UNION ALL SELECT GenreId + 1, Name FROM c) SELECT * FROM c`,
        ),
      /expected a table genre, found/,
    ],
    "lacks a column": [
      () => sampleFile(undefined, "ALTER TABLE Track DROP COLUMN Bytes"),
      /expected a column bytes in table Track, found TrackId, Name/,
    ],
  };

  test.each(Object.entries(cases))("fails with a clear error: it %s", (_, [make, message]) => {
    const file = make();
    const error = failure(() => openUpstream(file, NOW));
    expect(error.code).toBe("import_unreadable");
    expect(error.message).toMatch(message);
  });

  function written(text: string): string {
    const file = join(directory, "file.sqlite");
    writeFileSync(file, text);
    return file;
  }

  function subdirectory(): string {
    const path = join(directory, "folder");
    mkdirSync(path);
    return path;
  }

  function database(sql: string): string {
    const file = join(directory, "other.sqlite");
    const db = new Database(file);
    db.exec(sql);
    db.close();
    return file;
  }
});

test("closing twice does nothing", () => {
  const catalogue = openUpstream(sampleFile(), NOW);
  catalogue.close();
  expect(() => catalogue.close()).not.toThrow();
});

describe.skipIf(process.env.CHINOOK_SAMPLE === undefined)(
  "the real sample (skipped without CHINOOK_SAMPLE, the path of an upstream file)",
  () => {
    test("is read completely", () => {
      const catalogue = openFile(process.env.CHINOOK_SAMPLE!);
      expect(catalogue.counts).toEqual({
        ...{ artists: 275, albums: 347, genres: 25, media_types: 5, tracks: 3503, playlists: 18 },
        ...{ playlist_tracks: 8715, employees: 8, customers: 59, invoices: 412, invoice_lines: 2240 },
      });
      const rows = read(catalogue);
      for (const [table, count] of Object.entries(catalogue.counts)) {
        expect(rows[table as BulkTable], table).toHaveLength(count);
      }
    });

    test("adds up", () => {
      const { tracks, invoices } = read(openFile(process.env.CHINOOK_SAMPLE!));
      expect(sum(tracks, "milliseconds")).toBe(1_378_778_040);
      expect(sum(tracks, "bytes")).toBe(117_386_255_350);
      expect(sum(invoices, "total_cents")).toBe(232_860);
      expect(tracks.filter(({ composer }) => composer === null)).toHaveLength(977);
    });
  },
);

const sum = (rows: readonly Record<string, Value>[], column: string): number =>
  rows.reduce((total, row) => total + Number(row[column]), 0);
