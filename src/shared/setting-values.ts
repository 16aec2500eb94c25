import { resolve } from "node:path";
import { z } from "zod";

/** Schemas of settings: from the text of a flag or an environment variable to a value. */

export const UNITS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

export const text = z.string().refine((given) => given !== "" && !given.includes("\0"));
export const matching = (form: RegExp) => z.string().regex(form);

/** A number in decimal digits. */
export const whole = (min: number, max: number) =>
  matching(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.int().min(min).max(max));

export const onOff = z.enum(["1", "0"]).transform((given) => given === "1");

/** Such as `6h`, in seconds; 0 means never. */
export const interval = (min: number, max: number) =>
  z.union([
    z.literal("0").transform(() => 0),
    matching(/^\d{1,9}[smhd]$/)
      .transform((given) => Number.parseInt(given, 10) * UNITS[given.at(-1) as keyof typeof UNITS])
      .pipe(z.int().min(min).max(max)),
  ]);

export const path = text.transform((given) => resolve(given));
export const httpUrl = z.url({ protocol: /^https?$/ });
export const smtpUrl = z.url({ protocol: /^smtps?$/ });
/** `rqlite://[user:password@]host:port,…`, user and password percent-encoded. */
export const rqliteNodes = matching(
  /^rqlite:\/\/([^\s@/,:]+:[^\s@/,:]*@)?[\w.-]+:\d{1,5}(,[\w.-]+:\d{1,5})*\/?$/,
);
export const address = z.union([z.ipv4(), z.ipv6()]);
/** An IP address, or one with a prefix length. */
export const addressBlock = z.union([address, z.cidrv4(), z.cidrv6()]);
/** `NAME=https://CLIENT:SECRET@ISSUER`, client and secret percent-encoded. */
export const oidcProvider = matching(/^[a-z][a-z\d-]{0,31}=/).refine((given) => {
  const { protocol, hostname, username, search, hash } = URL.parse(given.slice(given.indexOf("=") + 1)) ?? {};
  const local = protocol === "http:" && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(hostname ?? "");
  return (protocol === "https:" || local) && username !== "" && search === "" && hash === "";
});
export const distinctNames = (given: readonly string[]): boolean =>
  new Set(given.map((each) => each.split("=", 1)[0])).size === given.length;
/** As a browser sends it in `Origin`. */
export const origin = httpUrl.refine((given) => URL.parse(given)?.origin === given);
/** As a browser sends it in `Host`: lower case, no port, no final dot. */
export const hostName = z
  .string()
  .toLowerCase()
  .transform((given) => given.replace(/\.$/, ""))
  .pipe(matching(/^[a-z\d_]([\w.-]{0,251}[a-z\d_])?$/));

export const emptyOr = <S extends z.ZodType<string, string>>(schema: S) => z.union([z.literal(""), schema]);

/** Comma-separated. Empty text is an empty list. */
export const listOf = <T>(item: z.ZodType<T, string>) =>
  z
    .string()
    .transform((given) => (given === "" ? [] : given.split(",").map((part) => part.trim())))
    .pipe(z.array(item))
    .readonly();
