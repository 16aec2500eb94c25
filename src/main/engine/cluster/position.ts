/**
 * How far a database has come: the batches that were committed, and which database it is (`join` of another one begins
 * a new epoch).
 */
export interface Position {
  readonly epoch: number;
  readonly seq: number;
}

export const NOWHERE: Position = { epoch: 0, seq: 0 };

/** `3.1742` */
export const textOf = ({ epoch, seq }: Position): string => `${epoch}.${seq}`;

/** Undefined if it is no position. */
export function positionIn(text: string): Position | undefined {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(text);
  return match === null ? undefined : { epoch: Number(match[1]), seq: Number(match[2]) };
}

/** Whether `a` is at least as far as `b`. */
export const reaches = (a: Position, b: Position): boolean =>
  a.epoch === b.epoch ? a.seq >= b.seq : a.epoch > b.epoch;

export const furthest = (a: Position, b: Position): Position => (reaches(a, b) ? a : b);
