import type { z } from "zod";
import type { Command } from "../../../engine/commands/command.ts";

/** A line of an export, as it is read back. */
export type Line = Record<string, unknown>;

/** What is exported and imported: each kind, and what ties kinds together. */
export interface Portable {
  /** Under `/v1/export` and `/v1/import`. */
  readonly path: string;
  /** Its name in generated clients. */
  readonly type: string;
  /** Its rows, `t` first. */
  readonly from: string;
  /** Fields of a line, in order: an SQL expression each. */
  readonly fields: Readonly<Record<string, string>>;
  /** Columns that identify a row, in whose order it is exported. */
  readonly key: readonly string[];
  /** A condition on what everybody may see. */
  readonly shown?: string;
  /** A line of an import. Fields that follow from others may stand in it; they are not looked at. */
  readonly line: z.ZodObject;
  /** Writes one line, or nothing. It answers an {@link Effect}. */
  readonly command: Command<Line>;
}

/** What became of a line that was not refused. */
export type Effect = "created" | "changed" | "unchanged";
