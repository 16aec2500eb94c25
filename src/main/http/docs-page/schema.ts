import { type Document, resolve, type Schema } from "./document.ts";

/** Schemas as text, as table rows and as examples. */

/** A field of a body. Its name includes its parents': `data[].id`. */
export interface Field {
  readonly name: string;
  readonly required: boolean;
  readonly schema: Schema;
}

const MAX_DEPTH = 4;

/** The fields of an object or of a list's items, parents first. */
export function fieldsOf(document: Document, schema: Schema, prefix = "", depth = 0): Field[] {
  const whole = resolve(document, schema);
  if (depth > MAX_DEPTH) return [];
  if (whole.items !== undefined) return fieldsOf(document, whole.items, `${prefix}[]`, depth + 1);
  return Object.entries(whole.properties ?? {}).flatMap(([key, property]) => {
    const name = prefix === "" ? key : `${prefix}.${key}`;
    const field = { name, required: whole.required?.includes(key) ?? false, schema: property };
    return [field, ...fieldsOf(document, withoutNull(property), name, depth + 1)];
  });
}

/** The alternative shapes of a body; usually one. */
export const shapesOf = (document: Document, schema: Schema): readonly Schema[] => {
  const branches = alternatives(resolve(document, schema)).filter((branch) => branch.type !== "null");
  return branches.length > 1 ? branches : [schema];
};

const alternatives = (schema: Schema): readonly Schema[] => schema.anyOf ?? schema.oneOf ?? [];

const withoutNull = (schema: Schema): Schema => {
  const rest = alternatives(schema).filter((branch) => branch.type !== "null");
  return rest.length === 1 ? rest[0]! : schema;
};

/** `integer or null`, `list of text`, and so on. */
export function typeOf(document: Document, schema: Schema): string {
  const whole = resolve(document, schema);
  if (whole.const !== undefined) return JSON.stringify(whole.const);
  if (whole.enum !== undefined) return whole.enum.map((value) => String(value)).join(" · ");
  const branches = alternatives(whole);
  if (branches.length > 0)
    return [...new Set(branches.map((branch) => typeOf(document, branch)))].join(" or ");
  if (whole.items !== undefined) return `list of ${typeOf(document, whole.items)}`;
  const types = typeof whole.type === "string" ? [whole.type] : (whole.type ?? ["any"]);
  return types.map((type) => FORMATS[whole.format ?? ""] ?? type).join(" or ");
}

const FORMATS: Readonly<Record<string, string>> = { "date-time": "time", date: "date", uuid: "UUID" };

/** A value's constraints as text; empty without any. */
export function limitsOf(schema: Schema): string {
  const inner = withoutNull(schema);
  const parts = [
    range(inner.minimum, inner.maximum, ""),
    range(inner.minLength, inner.maxLength, " characters"),
    range(inner.minItems, inner.maxItems, " items"),
    schema.default === undefined ? "" : `default ${schema.default}`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function range(low: number | undefined, high: number | undefined, unit: string): string {
  const number = (value: number) => value.toLocaleString("en");
  const bounded = (value: number | undefined) =>
    value === undefined || Math.abs(value) >= Number.MAX_SAFE_INTEGER ? undefined : value;
  const [from, to] = [bounded(low), bounded(high)];
  if (from !== undefined && to !== undefined) return `${number(from)} to ${number(to)}${unit}`;
  if (from !== undefined) return `from ${number(from)}${unit}`;
  return to === undefined ? "" : `up to ${number(to)}${unit}`;
}

/** An example value; `known` has examples by field name, for schemas without their own. */
export function sampleOf(
  document: Document,
  schema: Schema,
  known: ReadonlyMap<string, unknown>,
  name = "",
): unknown {
  const whole = withoutNull(resolve(document, schema));
  const given = whole.example ?? whole.examples?.[0] ?? whole.const ?? known.get(name) ?? whole.enum?.[0];
  if (given !== undefined) return given;
  if (whole.properties !== undefined) return objectOf(document, whole, known);
  if (whole.items !== undefined) {
    const item = sampleOf(document, whole.items, known);
    return Array.from({ length: Math.max(1, whole.minItems ?? 1) }, () => item);
  }
  const [branch] = alternatives(whole);
  if (branch !== undefined) return sampleOf(document, branch, known, name);
  return NAMED[name] ?? plainSample(whole);
}

const objectOf = (document: Document, { properties }: Schema, known: ReadonlyMap<string, unknown>) =>
  Object.fromEntries(
    Object.entries(properties!).map(([key, property]) => [key, sampleOf(document, property, known, key)]),
  );

function plainSample({ type, format, minimum }: Schema): unknown {
  if (format !== undefined && format in SAMPLES) return SAMPLES[format];
  const first = typeof type === "string" ? type : type?.find((name) => name !== "null");
  if (first === "integer" || first === "number") return Math.max(1, minimum ?? 1);
  if (first === "boolean") return true;
  return first === "object" ? {} : "…";
}

/** Example values for fields by name. */
const NAMED: Readonly<Record<string, unknown>> = {
  slug: "harbour-lights",
  composer: "Ada Prescott",
  next: "5B22486172626F7572204C6967687473222C315D",
  email: "ada@example.com",
  bytes: 7_512_304,
  cursor: "5B22486172626F7572204C6967687473222C315D",
};

const SAMPLES: Readonly<Record<string, string>> = {
  uuid: "086cbf8a-3ea4-8514-b76e-10f73ca1e5b7",
  date: "1997-05-21",
  "date-time": "2026-01-31T12:00:00.000Z",
};
