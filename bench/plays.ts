import type { Command } from "../src/main/engine/commands/command.ts";
import {
  TOTALS_COMMANDS,
  TOTALS_STATE_READ,
  type TotalsState,
} from "../src/main/features/listening/totals.ts";
import type { Connection } from "../src/shared/database/sqlite.ts";

/**
 * Replaces all plays by plays of the last three hundred days, in order of time. A multiplicative hash spreads them
 * over the tracks without random numbers: the same catalogue gets the same plays.
 */
export function fillPlays(db: Connection, count: number): void {
  db.exec("UPDATE play_totals_closed SET before = ''; DELETE FROM play_totals; DELETE FROM play_totals_due");
  db.exec("DELETE FROM plays");
  db.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < @count),
       track AS MATERIALIZED (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM tracks)
     INSERT INTO plays (track_id, user_id, played_at)
     SELECT track.id, 1 + i % 997, strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-299 days', '+' || (i * 25747200 / @count) || ' seconds')
     FROM n CROSS JOIN track ON track.place = (i * 2654435761 >> 7) % (i % (SELECT count(*) FROM tracks) + 1)`,
  ).run({ count });
  sumPlays(db);
}

/** Background work of a running server, done here once. Otherwise each trial would begin with it. */
function sumPlays(db: Connection): void {
  for (;;) {
    const { sums, closable } = stateOf(db);
    if (sums.length > 0) execute(db, TOTALS_COMMANDS.keep, { sums: JSON.stringify(sums) });
    else if (closable) execute(db, TOTALS_COMMANDS.close, {});
    else return;
  }
}

function stateOf(db: Connection): TotalsState {
  const { sql, params } = TOTALS_STATE_READ.statement({}, new Date());
  return JSON.parse(db.prepare<unknown[], string>(sql).pluck().get(params)!) as TotalsState;
}

function execute<I>(db: Connection, command: Command<I>, input: I): void {
  const context = {
    now: new Date().toISOString(),
    ifMatch: null,
    ifNoneMatch: null,
    uuid: () => crypto.randomUUID(),
  };
  db.transaction(() => {
    for (const { sql, params } of command.statements(input, context)) db.prepare(sql).run(params);
  })();
}
