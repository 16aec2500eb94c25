import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectProblem } from "../http/helpers.ts";
import { importedSample, sample } from "../support/sample.ts";
import {
  copyOf,
  get,
  type Json,
  makeCatalogue,
  patch,
  post,
  startServer,
  type TestServer,
} from "../support/server.ts";

/** Reports against plain SQL over the rows that they are made of. */

const BY = [
  "day",
  "month",
  "year",
  "country",
  "genre",
  "artist",
  "album",
  "track",
  "employee",
  "customer",
] as const;
type By = (typeof BY)[number];

/** Key and name of each group, over upstream's own names of tables and columns. */
const UPSTREAM: Record<By, readonly [key: string, name: string]> = {
  day: ["substr(i.InvoiceDate, 1, 10)", "substr(i.InvoiceDate, 1, 10)"],
  month: ["substr(i.InvoiceDate, 1, 7)", "substr(i.InvoiceDate, 1, 7)"],
  year: ["substr(i.InvoiceDate, 1, 4)", "substr(i.InvoiceDate, 1, 4)"],
  country: ["i.BillingCountry", "i.BillingCountry"],
  genre: ["g.GenreId", "g.Name"],
  artist: ["ar.ArtistId", "ar.Name"],
  album: ["al.AlbumId", "al.Title"],
  track: ["t.TrackId", "t.Name"],
  employee: ["e.EmployeeId", "e.FirstName || ' ' || e.LastName"],
  customer: ["c.CustomerId", "c.FirstName || ' ' || c.LastName"],
};
/** The same over ours. */
const OURS: Record<By, readonly [key: string, name: string]> = {
  day: ["substr(i.invoice_date, 1, 10)", "substr(i.invoice_date, 1, 10)"],
  month: ["substr(i.invoice_date, 1, 7)", "substr(i.invoice_date, 1, 7)"],
  year: ["substr(i.invoice_date, 1, 4)", "substr(i.invoice_date, 1, 4)"],
  country: ["i.billing_country", "i.billing_country"],
  genre: ["g.id", "g.name"],
  artist: ["ar.id", "ar.name"],
  album: ["al.id", "al.title"],
  track: ["t.id", "t.name"],
  employee: ["e.id", "e.first_name || ' ' || e.last_name"],
  customer: ["c.id", "c.first_name || ' ' || c.last_name"],
};

const byTime = (by: By) => by === "day" || by === "month" || by === "year";
const order = (by: By) => (byTime(by) ? "1" : "revenue DESC, 1");

const upstreamSql = (by: By) => `
  SELECT ${UPSTREAM[by][0]} AS key, ${UPSTREAM[by][1]} AS name, round(sum(l.UnitPrice * l.Quantity), 2) AS revenue,
    sum(l.Quantity) AS quantity, count(DISTINCT i.InvoiceId) AS invoices
  FROM InvoiceLine l JOIN Invoice i USING (InvoiceId) JOIN Track t USING (TrackId) LEFT JOIN Album al USING (AlbumId)
  LEFT JOIN Artist ar ON ar.ArtistId = al.ArtistId LEFT JOIN Genre g ON g.GenreId = t.GenreId
  JOIN Customer c ON c.CustomerId = i.CustomerId LEFT JOIN Employee e ON e.EmployeeId = c.SupportRepId
  WHERE substr(i.InvoiceDate, 1, 10) BETWEEN @from AND @to GROUP BY 1 ORDER BY ${order(by)}`;

const oursSql = (by: By) => `
  SELECT ${OURS[by][0]} AS key, ${OURS[by][1]} AS name, sum(l.unit_price_cents * l.quantity) / 100.0 AS revenue,
    sum(iif(l.refund_of IS NULL, l.quantity, -l.quantity)) AS quantity,
    count(DISTINCT iif(l.refund_of IS NULL, i.id, NULL)) AS invoices
  FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id JOIN tracks t ON t.id = l.track_id
  LEFT JOIN albums al ON al.id = t.album_id LEFT JOIN artists ar ON ar.id = al.artist_id
  LEFT JOIN genres g ON g.id = t.genre_id JOIN customers c ON c.id = i.customer_id
  LEFT JOIN employees e ON e.id = c.support_rep_id
  WHERE substr(i.invoice_date, 1, 10) BETWEEN @from AND @to GROUP BY 1 ORDER BY ${order(by)}`;

const ALWAYS = { from: "0", to: "9" };
/** Whole years, parts of months, one day, nothing. */
const PERIODS = [
  { from: "2022-01-01", to: "2023-12-31" },
  { from: "2022-11-17", to: "2024-02-29" },
  { from: "2024-03-04", to: "2024-03-04" },
  { from: "1990-01-01", to: "1990-12-31" },
];

function expectedFrom(file: string, sql: string, period: object): Json[] {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare(sql).all(period);
  } finally {
    db.close();
  }
}

async function reported(server: TestServer, by: By, period: object): Promise<Json[]> {
  const query = new URLSearchParams({ by, limit: "10000", ...period });
  const answer = await get(server, `/v1/reports/revenue?${query}`);
  expect(answer.status, answer.text).toBe(200);
  return answer.json.data;
}

describe.skipIf(sample === undefined)("on the upstream sample", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({}, { database: copyOf(await importedSample()) });
  }, 120_000);
  afterAll(() => server?.stop());

  test.each(BY)("by %s every cell equals plain SQL over the upstream file", async (by) => {
    const all = expectedFrom(sample!, upstreamSql(by), ALWAYS);
    expect(all.length).toBeGreaterThan(2);
    expect(await reported(server, by, {})).toEqual(all);
    for (const period of PERIODS) {
      expect(await reported(server, by, period)).toEqual(expectedFrom(sample!, upstreamSql(by), period));
    }
  });
});

describe("on a changing catalogue", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({}, { database: copyOf(await makeCatalogue(500)) });
  }, 120_000);
  afterAll(() => server?.stop());

  async function expectTrue(): Promise<void> {
    for (const by of BY) {
      expect(await reported(server, by, {}), by).toEqual(expectedFrom(server.database, oursSql(by), ALWAYS));
    }
  }

  async function packed(): Promise<void> {
    const due = () => expectedFrom(server.database, "SELECT count(*) AS due FROM sales_due", {})[0].due;
    while (due() > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  test("every report is correct before and after its days are packed", async () => {
    await expectTrue();
    await packed();
    await expectTrue();
  }, 60_000);

  test("late sales, refunds, moved tracks and reassigned customers count at once", async () => {
    await packed();
    const sold = await post(server, "/v1/purchases", {
      customer_id: 1,
      invoice_date: "2023-05-06T07:08:09Z",
      lines: [{ track_id: 1, quantity: 3 }, { track_id: 2 }],
    });
    expect(sold.status, sold.text).toBe(201);
    await expectTrue();
    const [line] = sold.json.lines;
    const back = await post(server, `/v1/invoices/${sold.json.id}/refunds`, {
      lines: [{ line_id: line.id, quantity: 2 }],
    });
    expect(back.status, back.text).toBe(201);
    await expectTrue();
    const { json: track } = await get(server, "/v1/tracks/1");
    await patch(server, "/v1/tracks/1", { genre_id: track.genre_id === 1 ? 2 : 1, album_id: 3 });
    await expectTrue();
    const { json: album } = await get(server, "/v1/albums/3");
    await patch(server, "/v1/albums/3", { artist_id: album.artist_id === 1 ? 2 : 1 });
    await expectTrue();
    await patch(server, "/v1/customers/1", { support_rep_id: null });
    await patch(server, "/v1/genres/1", { name: "Renamed" });
    await expectTrue();
  }, 60_000);

  test("a period can be compared with another", async () => {
    const [own, before] = [
      { from: "2024-02-01", to: "2024-02-29" },
      { from: "2024-01-03", to: "2024-01-31" },
    ];
    const { json } = await get(
      server,
      "/v1/reports/revenue?by=country&from=2024-02-01&to=2024-02-29&compare=previous",
    );
    const [mine, earlier] = [
      await reported(server, "country", own),
      await reported(server, "country", before),
    ];
    expect(json.data.length).toBeGreaterThanOrEqual(mine.length);
    for (const row of json.data) {
      const then = earlier.find(({ key }) => key === row.key);
      const now = mine.find(({ key }) => key === row.key);
      expect([row.revenue, row.invoices]).toEqual([now?.revenue ?? 0, now?.invoices ?? 0]);
      expect([row.previous_revenue, row.previous_quantity]).toEqual([
        then?.revenue ?? 0,
        then?.quantity ?? 0,
      ]);
    }
    const { json: summary } = await get(
      server,
      "/v1/reports/summary?from=2024-02-01&to=2024-02-29&compare=year",
    );
    const all = mine.reduce((sum, { revenue }) => sum + revenue, 0);
    expect(summary.revenue).toBeCloseTo(all, 2);
    expect(summary.average_invoice).toBeCloseTo(all / summary.invoices, 2);
    expect(Object.keys(summary)).toContain("previous_average_invoice");
  });

  test("CSV has the same cells, and names that look like formulas are text", async () => {
    await patch(server, "/v1/genres/2", { name: '=1+1, "two"' });
    const { json } = await get(server, "/v1/reports/revenue?by=genre");
    const csv = await get(server, "/v1/reports/revenue?by=genre", { accept: "text/csv" });
    expect(csv.headers.get("content-type")).toMatch(/^text\/csv/);
    const lines = csv.text.split("\r\n");
    expect(lines[0]).toBe("key,name,revenue,quantity,invoices");
    expect(lines).toHaveLength(json.data.length + 2);
    const formula = json.data.findIndex(({ key }: Json) => key === 2);
    expect(lines[formula + 1]).toMatch(/^2,"'=1\+1, ""two""",/);
    const again = await get(server, "/v1/reports/revenue?by=genre", {
      accept: "text/csv",
      "if-none-match": csv.headers.get("etag")!,
    });
    expect(again.status).toBe(304);
  });

  test("invalid parameters are refused", async () => {
    const refused = async (query: string) =>
      expectProblem(await get(server, `/v1/reports/revenue?${query}`), 422, "invalid").errors[0].parameter;
    expect(await refused("by=planet")).toBe("by");
    expect(await refused("from=2024-02-30")).toBe("from");
    expect(await refused("from=2024-02-02&to=2024-02-01")).toBe("to");
    expect(await refused("compare=previous&by=genre")).toBe("compare");
    expect(await refused("compare=year&by=day&from=2024-01-01&to=2024-01-02")).toBe("compare");
    expect(await refused("limit=0")).toBe("limit");
  });
});
