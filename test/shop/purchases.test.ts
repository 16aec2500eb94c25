import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectProblem, value, walk } from "../http/helpers.ts";
import { bearer, operatorToken, type Person, person } from "../people/support.ts";
import {
  copyOf,
  get,
  type Json,
  makeCatalogue,
  patch,
  post,
  remove,
  startServer,
  type TestServer,
} from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer({}, { database: copyOf(await makeCatalogue(500)) });
}, 120_000);
afterAll(() => server?.stop());

const buy = (lines: Json, more: object = {}) =>
  post(server, "/v1/purchases", { customer_id: 1, lines, ...more });

describe("a purchase", () => {
  test("is one invoice at current prices, summed in cents", async () => {
    await patch(server, "/v1/tracks/1", { unit_price: 0.1 });
    await patch(server, "/v1/tracks/2", { unit_price: 0.2 });
    const { status, json, headers } = await buy([{ track_id: 1 }, { track_id: 2 }]);
    expect(status).toBe(201);
    expect(json.total).toBe(0.3);
    expect(json.lines.map(({ unit_price }: Json) => unit_price)).toEqual([0.1, 0.2]);
    await patch(server, "/v1/tracks/1", { unit_price: 9 });
    const invoice = await get(server, headers.get("location")!);
    const { lines, ...alone } = json;
    expect(invoice.json).toEqual(alone);
    expect(await walk(server, `/v1/invoices/${json.id}/lines`)).toEqual(lines);
  });

  test("goes to the customer's address unless another is given", async () => {
    const { json: customer } = await get(server, "/v1/customers/1");
    const own = (await buy([{ track_id: 1 }])).json;
    expect([own.billing_address, own.billing_country]).toEqual([customer.address, customer.country]);
    const other = (await buy([{ track_id: 1 }], { billing: { city: "Oslo" } })).json;
    expect([other.billing_address, other.billing_city]).toEqual([null, "Oslo"]);
  });

  test("is applied once per Idempotency-Key", async () => {
    const before = value(server, "SELECT count(*) FROM invoices");
    const headers = { "idempotency-key": "once" };
    const body = { customer_id: 1, lines: [{ track_id: 3 }] };
    const answers = await Promise.all([1, 2, 3].map(() => post(server, "/v1/purchases", body, headers)));
    const made = answers.filter(({ status }) => status === 201);
    expect(new Set(made.map(({ text }) => text)).size).toBe(1);
    expect((await post(server, "/v1/purchases", body, headers)).headers.get("idempotency-replayed")).toBe(
      "true",
    );
    expect(value(server, "SELECT count(*) FROM invoices")).toBe(before + 1);
  });

  test("of unknown tracks or customers is refused and writes nothing", async () => {
    const before = value(server, "SELECT count(*) FROM invoices");
    const unknown = expectProblem(
      await buy([{ track_id: 1 }, { track_id: 999_999 }]),
      422,
      "reference_unknown",
    );
    expect(unknown.errors).toEqual([{ pointer: "/lines/1/track_id", detail: expect.any(String) }]);
    const nobody = await buy([{ track_id: 1 }], { customer_id: 999_999 });
    expect(expectProblem(nobody, 422, "reference_unknown").errors[0].pointer).toBe("/customer_id");
    for (const lines of [[], [{ track_id: 1, quantity: 0 }], [{ track_id: 1, quantity: 1.5 }], [{}]])
      expectProblem(await buy(lines), 422, "invalid");
    expectProblem(await post(server, "/v1/purchases", { lines: [{ track_id: 1 }] }), 422, "invalid");
    expect(value(server, "SELECT count(*) FROM invoices")).toBe(before);
  });

  test("prevents deletion of its tracks, and shows their new names", async () => {
    const { json } = await buy([{ track_id: 4 }]);
    expectProblem(await remove(server, "/v1/tracks/4"), 409, "in_use");
    await get(server, `/v1/invoices/${json.id}/lines`);
    await patch(server, "/v1/tracks/4", { name: "Another name" });
    expect((await get(server, `/v1/invoices/${json.id}/lines`)).json.data[0].track_name).toBe("Another name");
  });
});

describe("a refund", () => {
  test("in parts or complete refunds at most what was bought", async () => {
    const { json } = await buy([{ track_id: 5, quantity: 3 }, { track_id: 6 }]);
    const [three, one] = json.lines;
    const back = (body: Json) => post(server, `/v1/invoices/${json.id}/refunds`, body);
    const part = await back({ lines: [{ line_id: three.id, quantity: 2 }] });
    expect(part.status, part.text).toBe(201);
    expect(part.json).toMatchObject({ refund_of: json.id, total: -2 * three.unit_price, customer_id: 1 });
    expect(part.json.lines).toMatchObject([{ quantity: 2, refund_of: three.id }]);
    const more = expectProblem(await back({ lines: [{ line_id: three.id, quantity: 2 }] }), 422, "invalid");
    expect(more.errors).toEqual([{ pointer: "/lines/0/quantity", detail: "only 1 left" }]);
    const rest = await back({});
    expect(rest.json.lines.map(({ refund_of, quantity }: Json) => [refund_of, quantity])).toEqual([
      [three.id, 1],
      [one.id, 1],
    ]);
    expectProblem(await back({}), 409, "already_exists");
    expectProblem(await post(server, `/v1/invoices/${rest.json.id}/refunds`, {}), 422, "invalid");
    expectProblem(await post(server, "/v1/invoices/999999/refunds", {}), 404, "not_found");
    const sum = value(
      server,
      "SELECT sum(total_cents) FROM invoices WHERE id = ? OR refund_of = ?",
      json.id,
      json.id,
    );
    expect(sum).toBe(0);
  });

  test("requested twice at once is made once", async () => {
    const { json } = await buy([{ track_id: 7, quantity: 5 }]);
    const all = await Promise.all(
      [1, 2, 3, 4].map(() => post(server, `/v1/invoices/${json.id}/refunds`, {})),
    );
    expect(all.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409]);
  });
});

describe("customers and employees", () => {
  test("are created, changed with If-Match, and deleted if nothing refers to them", async () => {
    const made = await post(server, "/v1/customers", {
      first_name: "Ada",
      last_name: "L",
      email: "ada@example.com",
      country: "Norway",
    });
    expect(made.status, made.text).toBe(201);
    const path = made.headers.get("location")!;
    const etag = (await get(server, path)).headers.get("etag")!;
    expect((await patch(server, path, { city: "Oslo" }, { "if-match": etag })).status).toBe(200);
    expectProblem(
      await patch(server, path, { city: "Bergen" }, { "if-match": etag }),
      412,
      "precondition_failed",
    );
    expect((await get(server, "/v1/customers?country=Norway&limit=100")).text).toContain('"Oslo"');
    expectProblem(await remove(server, "/v1/customers/1"), 409, "in_use");
    expect((await remove(server, path)).status).toBe(204);
    expectProblem(await get(server, path), 404, "not_found");
  });

  test("cannot report to each other in a cycle", async () => {
    const circle = expectProblem(await patch(server, "/v1/employees/1", { reports_to: 3 }), 422, "invalid");
    expect(circle.errors[0].pointer).toBe("/reports_to");
    expectProblem(await patch(server, "/v1/employees/1", { reports_to: 99 }), 422, "reference_unknown");
  });

  test("are listed in pages by every sort", async () => {
    for (const path of ["customers", "employees", "invoices"]) {
      const all = await walk(server, `/v1/${path}`, 7);
      expect(all).toHaveLength(value(server, `SELECT count(*) FROM ${path}`));
      for (const sort of path === "invoices" ? ["-invoice_date", "total"] : ["-last_name"])
        expect(
          new Set(await walk(server, `/v1/${path}?sort=${sort}`, 7).then((rows) => rows.map(({ id }) => id)))
            .size,
        ).toBe(all.length);
    }
  });
});

describe("a customer", () => {
  let required: TestServer;
  let ada: Person;
  let bob: Person;
  let staff: Record<string, string>;
  beforeAll(async () => {
    required = await startServer(
      { CHINOOK_AUTH: "required", CHINOOK_RATE_WRITE: "0", CHINOOK_RATE_LOGIN: "0" },
      { database: copyOf(await makeCatalogue(500)) },
    );
    staff = bearer(await operatorToken(required));
    ada = await person(required, "ada@example.com");
    bob = await person(required, "bob@example.com");
    expect((await patch(required, `/v1/users/${ada.id}`, { customer_id: 2 }, staff)).status).toBe(200);
  }, 60_000);
  afterAll(() => required?.stop());

  test("sees only their own data", async () => {
    const own = await get(required, "/v1/invoices?limit=100", ada.headers);
    expect(own.json.data.length).toBeGreaterThan(0);
    expect(new Set(own.json.data.map(({ customer_id }: Json) => customer_id))).toEqual(new Set([2]));
    const [mine] = own.json.data;
    expect((await get(required, `/v1/invoices/${mine.id}`, ada.headers)).status).toBe(200);
    expect((await get(required, `/v1/invoices/${mine.id}/lines`, ada.headers)).status).toBe(200);
    expect((await get(required, "/v1/customers/2", ada.headers)).status).toBe(200);
    expectProblem(await get(required, "/v1/customers/1", ada.headers), 404, "not_found");
    const all = await get(required, "/v1/invoices?limit=100", staff);
    const other = all.json.data.find(({ customer_id }: Json) => customer_id !== 2);
    expectProblem(await get(required, `/v1/invoices/${other.id}`, ada.headers), 404, "not_found");
    expectProblem(await get(required, `/v1/invoices/${other.id}/lines`, ada.headers), 404, "not_found");
    expectProblem(await get(required, "/v1/invoices?customer_id=1", ada.headers), 403, "forbidden");
    for (const path of ["/v1/customers", "/v1/employees", "/v1/reports/revenue"])
      expectProblem(await get(required, path, ada.headers), 403, "forbidden");
    expectProblem(await get(required, "/v1/invoices", bob.headers), 403, "forbidden");
  });

  test("buys only for themselves, at the current time", async () => {
    const lines = [{ track_id: 1 }];
    const mine = await post(required, "/v1/purchases", { lines }, ada.headers);
    expect(mine.status, mine.text).toBe(201);
    expect(mine.json.customer_id).toBe(2);
    expect((await get(required, "/v1/invoices?sort=-id&limit=1", ada.headers)).json.data[0].id).toBe(
      mine.json.id,
    );
    const other = { customer_id: 1, lines };
    expectProblem(await post(required, "/v1/purchases", other, ada.headers), 403, "forbidden");
    const dated = { lines, invoice_date: "2020-01-01T00:00:00Z" };
    expectProblem(await post(required, "/v1/purchases", dated, ada.headers), 403, "forbidden");
    expectProblem(await post(required, "/v1/purchases", { lines }, bob.headers), 403, "forbidden");
    expectProblem(
      await post(required, `/v1/invoices/${mine.json.id}/refunds`, {}, ada.headers),
      403,
      "forbidden",
    );
  });

  test("loses access at once when the user is unlinked", async () => {
    await patch(required, `/v1/users/${ada.id}`, { customer_id: null }, staff);
    expectProblem(await get(required, "/v1/invoices", ada.headers), 403, "forbidden");
  });
});
