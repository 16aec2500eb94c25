import { CITIES, type City } from "../words/cities.ts";
import type { Plan } from "./draft.ts";
import { coined, town } from "./lexicon.ts";
import { type Person, person } from "./people.ts";
import type { Popularity, Tastes } from "./popularity.ts";
import { Deck, Random } from "./random.ts";
import type { Row } from "./shelves.ts";
import type { EMPLOYEES } from "./sizes.ts";
import { STREAM } from "./streams.ts";
import { DAY_MS, timestamp } from "./values.ts";

const cities = Deck.zipf(CITIES, 10);
const INVOICE_DAYS = 5 * 365;
const SUPPORT_REPS = [3, 4, 5] as const;

/** Title and manager of each employee; managers come first. */
const STAFF = [
  ["General Manager", null],
  ["Sales Manager", 1],
  ["Sales Support Agent", 2],
  ["Sales Support Agent", 2],
  ["Sales Support Agent", 2],
  ["IT Manager", 1],
  ["IT Staff", 6],
  ["IT Staff", 6],
] as const satisfies { length: typeof EMPLOYEES } & readonly (readonly [string, number | null])[];

/** Tracks per purchase: usually a handful, sometimes an album; 5.4 on average. */
const BASKETS = new Deck(
  Array.from({ length: 14 }, (_, index) => index + 1),
  [12, 20, 8, 13, 6, 10, 3, 2, 9, 2, 2, 2, 1, 9],
);

/** Employees, customers and invoices. All people are invented; the domains are reserved for examples. */
export class Shop {
  readonly #plan: Plan;
  readonly #popularity: Popularity;
  readonly #tastes: Tastes;

  constructor(plan: Plan, popularity: Popularity, tastes: Tastes) {
    this.#plan = plan;
    this.#popularity = popularity;
    this.#tastes = tastes;
  }

  *employees(): Generator<Row> {
    const random = new Random(this.#plan.seed, STREAM.people);
    const home = CITIES[random.next() % 6]!;
    for (const [index, [title, manager]] of STAFF.entries()) {
      const who = person(random, "english");
      const born = this.#daysAgo(random, 24 * 365, 60 * 365);
      const hired = this.#daysAgo(random, 2 * 365, 12 * 365);
      const contact = [
        ...address(random, home),
        phone(random, home),
        null,
        email(who, index + 1, "example.org"),
      ];
      yield [index + 1, who.family, who.given, title, manager, born, hired, ...contact];
    }
  }

  #daysAgo(random: Random, low: number, high: number): string {
    return timestamp((Math.floor(this.#plan.now / DAY_MS) - random.between(low, high)) * DAY_MS);
  }

  *customers(): Generator<Row> {
    for (let id = 1; id <= this.#plan.sizes.customers; id++) {
      const { random, city } = this.#customer(id);
      const who = person(random, city.tongue);
      const company = random.chance(0.17)
        ? `${coined(random)} ${random.pick(["Ltd", "GmbH", "S.A.", "Inc."])}`
        : null;
      const lines = this.#addressOf(id);
      const numbers = [phone(random, city), random.chance(0.2) ? phone(random, city) : null];
      const domain = random.pick(["example.com", "example.org"]);
      yield [
        id,
        who.given,
        who.family,
        company,
        ...lines,
        ...numbers,
        email(who, id, domain),
        random.pick(SUPPORT_REPS),
      ];
    }
  }

  /** A customer's own stream: invoices repeat the address, and it must be the same. */
  #customer(id: number): { random: Random; city: City } {
    const random = new Random(this.#plan.seed, STREAM.people, id);
    return { random, city: cities.draw(random) };
  }

  #addressOf(id: number): readonly (string | null)[] {
    const { city } = this.#customer(id);
    return address(new Random(this.#plan.seed, STREAM.people, -id), city);
  }

  /** Invoices by date. Every customer has one in each seventh of the five years, or two close together. */
  *invoices(): Generator<Row> {
    const { customers, invoices } = this.#plan.sizes;
    const random = new Random(this.#plan.seed, STREAM.invoices);
    const start = this.#plan.now - INVOICE_DAYS * DAY_MS;
    for (let id = 1; id <= invoices; id++) {
      const time = start + ((id - random.float()) / invoices) * INVOICE_DAYS * DAY_MS;
      const customer = this.#buyer(id, customers);
      const total = this.#lines(id, customer).reduce((sum, track) => sum + this.#popularity.cents(track), 0);
      yield [id, customer, timestamp(Math.floor(time / 1000) * 1000), ...this.#addressOf(customer), total];
    }
  }

  /** The customers in turn. Each round begins with another one. */
  #buyer(invoice: number, customers: number): number {
    const round = Math.floor((invoice - 1) / customers);
    return ((((invoice - 1) % customers) * this.#stride(customers) + round * 17) % customers) + 1;
  }

  #stride(customers: number): number {
    return customers % 7919 === 0 ? 1 : 7919;
  }

  *invoiceLines(): Generator<Row> {
    const { customers, invoices } = this.#plan.sizes;
    let id = 0;
    for (let invoice = 1; invoice <= invoices; invoice++) {
      for (const track of this.#lines(invoice, this.#buyer(invoice, customers))) {
        yield [++id, invoice, track, this.#popularity.cents(track), 1];
      }
    }
  }

  /** The tracks of one invoice, all different. Computed once for the total and once for the lines. */
  #lines(invoice: number, customer: number): number[] {
    const random = new Random(this.#plan.seed, STREAM.invoice, invoice);
    const count = BASKETS.draw(random);
    const tracks = new Set<number>();
    for (let tries = 0; tracks.size < count && tries < count * 4; tries++) {
      tracks.add(this.#tastes.track(random, customer));
    }
    return [...tracks];
  }
}

/** Address, city, state, country, postal code. */
function address(random: Random, { city, state, country }: City): readonly (string | null)[] {
  const street = `${random.between(1, 980)} ${town(random)} ${random.pick(["Lane", "Street", "Road", "Square", "Row"])}`;
  return [street, city, state, country, String(random.between(10_000, 99_999))];
}

/** 555-01xx is reserved for fictitious numbers. */
const phone = (random: Random, { dialling }: City): string =>
  `${dialling} ${random.between(200, 989)} 555-01${random.between(10, 99)}`;

function email({ given, family }: Person, id: number, domain: string): string {
  const local = `${given}.${family}`
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[łøđßæ]/g, "x");
  return `${local.replace(/[^a-z.]/g, "")}${id}@${domain}`;
}
