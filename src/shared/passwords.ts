/** argon2id with OWASP's recommended parameters. `memory` in KiB. */
export const HASH = { memory: 19_456, passes: 2, parallelism: 1, saltBytes: 16, tagBytes: 32 } as const;

export interface PasswordJob {
  readonly password: string;
  /** The PHC string to compare with. Without it, the password is hashed. */
  readonly against?: string;
}

export interface Cost {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

const base64 = (bytes: Buffer): string => bytes.toString("base64").replace(/=+$/, "");

/** The PHC string format: the parameters are stored with the hash, so that they can be raised later. */
export const phcOf = ({ memory, passes, parallelism }: Cost, salt: Buffer, tag: Buffer): string =>
  `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(tag)}`;

const PHC = /^\$argon2id\$v=19\$m=(\d{1,9}),t=(\d{1,4}),p=(\d{1,3})\$([\w+/]{11,86})\$([\w+/]{16,86})$/;

/** Undefined for a text that {@link phcOf} did not make. */
export function parsePhc(text: string): (Cost & { readonly salt: Buffer; readonly tag: Buffer }) | undefined {
  const [, memory, passes, parallelism, salt, tag] = PHC.exec(text) ?? [];
  if (tag === undefined) return undefined;
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt!, "base64"),
    tag: Buffer.from(tag, "base64"),
  };
}

/** Whether the hash uses weaker parameters than the current ones. */
export function isOutdated(phc: string): boolean {
  const parsed = parsePhc(phc);
  return parsed === undefined || parsed.memory < HASH.memory || parsed.passes < HASH.passes;
}
