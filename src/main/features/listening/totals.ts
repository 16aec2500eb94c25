import { z } from "zod";
import { type Command, command, statement } from "../../engine/commands/command.ts";
import { inTime, type Read, read } from "../../engine/reads/read.ts";

const HOUR_MS = 3_600_000;

/** Milliseconds for which an hour stays open after its end: plays that say "now" arrive a little later. */
const GRACE_MS = 60_000;

/** Lengths of the prefix of an RFC 3339 time that names a slot: a month, ten days, a day, ten hours, an hour. */
const [MONTH, TEN_DAYS, DAY, TEN_HOURS, HOUR] = [7, 9, 10, 12, 13] as const;
const SLOTS_ABOVE = [TEN_HOURS, DAY, TEN_DAYS, MONTH] as const;

/** SQL for the slot in `column` with the separator before the first digit of its parts. */
const stemOf = (column: string): string =>
  `${column} || CASE length(${column}) WHEN ${MONTH} THEN '-' WHEN ${DAY} THEN 'T' ELSE '' END`;

/** Hours closed, and slots summed, by one step: some milliseconds each. */
const CLOSED_AT_ONCE = 256;
const SUMMED_AT_ONCE = 16;

const CLOSED = "(SELECT before FROM play_totals_closed WHERE id = 1)";

/** Whether the slot in `column` has no totals yet: it is not closed, or due. */
const isOpen = (column: string): string =>
  `(${column} >= substr(${CLOSED}, 1, length(${column})) OR ${column} IN (SELECT slot FROM play_totals_due))`;

/** The range of times with the slot in `column` as a prefix. */
const within = (time: string, column: string): string =>
  `${time} >= ${column} AND ${time} < ${column} || '~'`;

/**
 * Checks the deadline at every 1,024th play: often enough to stop in time, rarely enough to cost nothing
 * measurable. By the play's id, not its track's: plays of few tracks might never check.
 */
const IN_TIME = inTime("id");

/**
 * Exact plays by track in a window: totals of its slots, and individual plays at its edges, within an hour, and in
 * hours without totals (yet). Parameters are those of {@link windowOf}.
 */
export const PLAYED = `
  piece(slot) AS (
    SELECT value FROM json_each(@slots)
    UNION ALL
    SELECT ${stemOf("slot")} || digit.value FROM piece CROSS JOIN json_each('[0,1,2,3,4,5,6,7,8,9]') digit
    WHERE length(slot) < ${HOUR} AND ${isOpen("slot")}),
  part(part) AS (
    SELECT totals FROM piece CROSS JOIN play_totals s ON s.slot = piece.slot
    UNION ALL
    SELECT track_id FROM piece CROSS JOIN plays ON ${within("played_at", "piece.slot")}
    WHERE length(piece.slot) = ${HOUR} AND ${isOpen("piece.slot")} AND ${IN_TIME}
    UNION ALL
    SELECT track_id FROM plays WHERE played_at >= likely(@since) AND played_at < likely(@head) AND ${IN_TIME}
    UNION ALL
    SELECT track_id FROM plays WHERE played_at >= likely(@tail) AND played_at <= likely(@until) AND ${IN_TIME}),
  played AS (
    SELECT CAST(key AS INTEGER) AS track_id, value AS plays
    FROM json_each((SELECT tally_plays(part) FROM part)))`;

/**
 * Divides a window from `since` to `until` (both inclusive) into the slots that it contains, largest first, and its
 * edges: from `since` to before `head`, and from `tail` to `until`.
 */
export function windowOf(since: Date, until: Date): Record<string, string> {
  const [head, tail] = [Math.ceil(since.getTime() / HOUR_MS), Math.floor(until.getTime() / HOUR_MS)];
  const time = (hour: number): string => new Date(hour * HOUR_MS).toISOString();
  const edges = { since: since.toISOString(), until: until.toISOString() };
  if (head >= tail) return { ...edges, head: edges.since, tail: edges.since, slots: "[]" };
  return { ...edges, head: time(head), tail: time(tail), slots: JSON.stringify(slotsBetween(head, tail)) };
}

/** @param from, to hours since 1970; `to` is exclusive. */
function slotsBetween(from: number, to: number): string[] {
  const slots: string[] = [];
  for (let hour = from; hour < to; ) {
    const [length, end] = slotsFrom(new Date(hour * HOUR_MS)).find(([, end]) => end <= to * HOUR_MS)!;
    slots.push(new Date(hour * HOUR_MS).toISOString().slice(0, length));
    hour = end / HOUR_MS;
  }
  return slots;
}

/** The slots that begin with this hour, largest first, and their end in milliseconds since 1970. */
function slotsFrom(start: Date): readonly (readonly [length: number, end: number])[] {
  const [year, month, day] = [start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate()];
  const hour = start.getUTCHours();
  const [month1, day1] = [Date.UTC(year, month + 1), Date.UTC(year, month, day + 1)];
  const tens = (n: number) => n - (n % 10) + 10;
  const ends: (readonly [number, number])[] = [[HOUR, start.getTime() + HOUR_MS]];
  if (hour % 10 === 0) ends.unshift([TEN_HOURS, Math.min(Date.UTC(year, month, day, tens(hour)), day1)]);
  if (hour === 0) ends.unshift([DAY, day1]);
  if (hour === 0 && (day % 10 === 0 || day === 1))
    ends.unshift([TEN_DAYS, Math.min(Date.UTC(year, month, tens(day)), month1)]);
  if (hour === 0 && day === 1) ends.unshift([MONTH, month1]);
  return ends;
}

const SUMS = `
  SELECT d.slot, d.changes, CASE length(d.slot)
    WHEN ${HOUR} THEN (SELECT pack_plays(track_id) FROM plays WHERE ${within("played_at", "d.slot")} AND ${IN_TIME})
    ELSE (SELECT pack_plays(totals) FROM play_totals s WHERE ${within("s.slot", "d.slot")}
      AND length(s.slot) = length(${stemOf("d.slot")}) + 1) END AS totals
  FROM play_totals_due d
  WHERE d.slot < substr(${CLOSED}, 1, length(d.slot))
    AND NOT EXISTS (SELECT 1 FROM play_totals_due below WHERE below.slot > d.slot AND below.slot < d.slot || '~')
  ORDER BY d.slot LIMIT ${SUMMED_AT_ONCE}`;

/**
 * Closes the next few past hours with plays, and makes their slots due. While there are no plays at all, nothing is
 * closed: otherwise a catalogue loaded later would be a million late plays.
 */
const close: Command<Record<string, never>> = command({
  name: "plays.close_hours",
  background: true,
  input: z.strictObject({}),
  statements: (_, { now }) => {
    const hour = hourClosedAt(new Date(now));
    return [
      statement(
        `WITH RECURSIVE hours(hour) AS (
           SELECT substr(min(played_at), 1, ${HOUR}) FROM plays WHERE played_at >= ${CLOSED} AND played_at < likely(@hour)
           UNION ALL
           SELECT (SELECT substr(min(played_at), 1, ${HOUR}) FROM plays
             WHERE played_at >= hours.hour || '~' AND played_at < likely(@hour)) FROM hours
           WHERE hours.hour IS NOT NULL LIMIT ${CLOSED_AT_ONCE})
         INSERT INTO play_totals_due (slot) SELECT hour FROM hours WHERE hour IS NOT NULL
         ON CONFLICT DO UPDATE SET changes = changes + 1`,
        { hour },
      ),
      ...SLOTS_ABOVE.map((length) =>
        statement(
          `INSERT INTO play_totals_due (slot)
           SELECT DISTINCT substr(slot, 1, ${length}) FROM play_totals_due
           WHERE slot >= ${CLOSED} AND length(slot) = ${HOUR}
           ON CONFLICT DO UPDATE SET changes = changes + 1`,
          {},
        ),
      ),
      // If there may be more: up to the last hour, which is handled again next time.
      statement(
        `UPDATE play_totals_closed SET before = max(before, (
           SELECT iif(count(*) < ${CLOSED_AT_ONCE}, @hour, max(slot)) FROM play_totals_due
           WHERE slot >= ${CLOSED} AND length(slot) = ${HOUR}))
         WHERE id = 1 AND EXISTS (SELECT 1 FROM plays)`,
        { hour },
      ),
    ];
  },
  tags: () => [],
});

/** The work to do: see {@link TOTALS_STATE_READ}. */
export interface TotalsState {
  /** Closed slots without totals. */
  readonly due: number;
  /** Whether there are past hours to close. */
  readonly closable: 0 | 1;
  /** Sums of the next due slots. Hours come before the days and months that contain them. */
  readonly sums: readonly (readonly [slot: string, changes: number, totals: string])[];
}

/** Hours without plays need not be closed, except once a day, so that the gap after the last play stays short. */
const CLOSABLE = `
  EXISTS (SELECT 1 FROM plays WHERE played_at >= ${CLOSED} AND played_at < likely(@hour))
  OR ${CLOSED} BETWEEN '0' AND substr(@hour, 1, ${DAY})`;

const hourClosedAt = (now: Date): string => new Date(now.getTime() - GRACE_MS).toISOString().slice(0, HOUR);

export const TOTALS_STATE_READ: Read<Record<string, never>> = read({
  name: "plays.totals_state",
  background: true,
  lane: "scan",
  params: z.strictObject({}),
  statement: (_, now) => ({
    sql: `
      SELECT json_object(
        'due', (SELECT count(*) FROM play_totals_due WHERE slot < substr(${CLOSED}, 1, length(slot))),
        'closable', ${CLOSABLE},
        'sums', json((SELECT json_group_array(json_array(slot, changes, hex(totals))) FROM (${SUMS})))), NULL, NULL`,
    params: { hour: hourClosedAt(now) },
  }),
  cache: { table: "none", lifetime: 0, tags: () => [], joins: [], freshness: "coherent" },
});

/** Stores sums (JSON text), except of slots that changed since they were read: those are still due. */
const keep: Command<{ readonly sums: string }> = command({
  name: "plays.keep_totals",
  background: true,
  input: z.strictObject({ sums: z.string() }),
  statements: ({ sums }) => [
    statement(
      `INSERT INTO play_totals (slot, totals)
       SELECT d.slot, unhex(sum.value ->> 2) FROM json_each(@sums) sum
       CROSS JOIN play_totals_due d ON d.slot = sum.value ->> 0 WHERE d.changes = sum.value ->> 1`,
      { sums },
    ),
    statement(
      `DELETE FROM play_totals_due
       WHERE slot IN (SELECT value ->> 0 FROM json_each(@sums)) AND slot IN (SELECT slot FROM play_totals)`,
      { sums },
    ),
  ],
  tags: () => [],
});

export const TOTALS_COMMANDS = { close, keep };
