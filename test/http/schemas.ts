import * as fc from "fast-check";
import type { Json } from "../support/server.ts";

/** JSON Schema, as much of it as the API's description uses: checked, and turned into values. */

export type Schema = Json;

export class Schemas {
  readonly #components: Readonly<Record<string, Schema>>;

  constructor(document: Json) {
    this.#components = document.components?.schemas ?? {};
  }

  resolve(schema: Schema): Schema {
    const name = /^#\/components\/schemas\/(.+)$/.exec(schema.$ref ?? "")?.[1];
    return name === undefined ? schema : this.#components[name];
  }

  /** What of a value is not as described, each with its place; nothing when all is. */
  check(described: Schema, value: Json, at = ""): string[] {
    const schema = this.resolve(described);
    const branches = schema.anyOf ?? schema.oneOf;
    if (branches !== undefined) {
      const fits = branches.some((branch: Schema) => this.check(branch, value).length === 0);
      return fits ? [] : [`${at}: fits none of ${branches.length}`];
    }
    if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${at}: ${value} is not in enum`];
    if (schema.const !== undefined && schema.const !== value) return [`${at}: ${value} is not const`];
    const types = schema.type === undefined ? undefined : [schema.type].flat();
    if (types !== undefined && !types.some((type) => isOf(type, value))) return [`${at}: is not ${types}`];
    return [...this.#limits(schema, value, at), ...this.#inside(schema, value, at)];
  }

  #limits(schema: Schema, value: Json, at: string): string[] {
    const size = typeof value === "number" ? value : value?.length;
    const least = schema.minimum ?? schema.minLength ?? schema.minItems;
    const most = schema.maximum ?? schema.maxLength ?? schema.maxItems;
    if (size === undefined) return [];
    return size < least || size > most ? [`${at}: ${size} is not from ${least} to ${most}`] : [];
  }

  #inside(schema: Schema, value: Json, at: string): string[] {
    if (Array.isArray(value))
      return schema.items ? value.flatMap((item, i) => this.check(schema.items, item, `${at}/${i}`)) : [];
    if (typeof value !== "object" || value === null) return [];
    const properties = schema.properties ?? {};
    const missing = (schema.required ?? []).filter((name: string) => !(name in value));
    const extra = schema.additionalProperties === false ? Object.keys(value) : [];
    return [
      ...missing.map((name: string) => `${at}/${name}: is missing`),
      ...extra.filter((name) => !(name in properties)).map((name) => `${at}/${name}: is not described`),
      ...Object.keys(value).flatMap((name) =>
        name in properties ? this.check(properties[name], value[name], `${at}/${name}`) : [],
      ),
    ];
  }

  /** Values that fit a schema, or nearly: at every level something else may stand instead. */
  nearly(described: Schema): fc.Arbitrary<unknown> {
    const schema = this.resolve(described);
    return fc.oneof({ weight: 25, arbitrary: this.#fitting(schema) }, { weight: 1, arbitrary: rubbish });
  }

  #fitting(schema: Schema): fc.Arbitrary<unknown> {
    const branches = schema.anyOf ?? schema.oneOf;
    if (branches !== undefined) return fc.oneof(...branches.map((branch: Schema) => this.nearly(branch)));
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
    if (schema.const !== undefined) return fc.constant(schema.const);
    const [type] = [schema.type].flat();
    if (type === "object") return this.#object(schema);
    if (type === "array") return fc.array(this.nearly(schema.items ?? {}), { maxLength: 5 });
    return SCALARS[type]?.(schema) ?? rubbish;
  }

  #object({ properties = {}, required = [] }: Schema): fc.Arbitrary<unknown> {
    const fields = Object.entries(properties).map(([name, schema]) => [name, this.nearly(schema)]);
    const often = fc.record(Object.fromEntries(fields), { requiredKeys: required });
    const sometimes = fc.record(Object.fromEntries(fields), { requiredKeys: [] });
    const more = fc
      .tuple(often, fc.dictionary(anyText, rubbish, { maxKeys: 2 }))
      .map(([a, b]) => ({ ...b, ...a }));
    return fc.oneof({ weight: 8, arbitrary: often }, sometimes, more);
  }
}

function isOf(type: string, value: unknown): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}

/** Text of any UTF-16 code units: NUL, control characters and unpaired surrogates among them. */
export const anyText = fc.oneof(
  fc.string(),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 })
    .map((units) => String.fromCharCode(...units)),
  fc.constantFrom("", "\0", "\ud800", "__proto__", "constructor", "'; DROP TABLE tracks --", "%", "NaN"),
);

const numbers = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -1, 2 ** 53, -(2 ** 63), 2 ** 64, 1e308, 5e-324, 0.1 + 0.2),
);

/** Any JSON at all. */
export const rubbish: fc.Arbitrary<unknown> = fc.oneof(
  anyText,
  numbers,
  fc.constantFrom(null, true, false),
  fc.jsonValue({ maxDepth: 3 }),
  fc.dictionary(anyText, fc.oneof(anyText, numbers), { maxKeys: 4 }),
);

const times = fc
  .date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
  .map((date) => date.toISOString());

const FORMATS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  uuid: fc.uuid(),
  date: times.map((time) => time.slice(0, 10)),
  "date-time": times,
};

const SCALARS: Readonly<Record<string, (schema: Schema) => fc.Arbitrary<unknown>>> = {
  string: ({ format, maxLength }) =>
    FORMATS[format] ?? fc.string({ maxLength: Math.min(maxLength ?? 20, 20) }),
  // Small ones most of the time: they are the ids of something.
  integer: ({ minimum = 0, maximum = 1_000_000 }) =>
    fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: minimum, max: Math.min(maximum, minimum + 4) }) },
      { weight: 4, arbitrary: fc.integer({ min: minimum, max: Math.min(maximum, minimum + 400) }) },
      { weight: 1, arbitrary: fc.maxSafeInteger() },
    ),
  number: () =>
    fc.oneof(
      fc.integer({ min: 0, max: 1_000 }).map((cents) => cents / 100),
      numbers,
    ),
  boolean: () => fc.boolean(),
  null: () => fc.constant(null),
};
