import type { Plan } from "./draft.ts";
import type { Tastes } from "./popularity.ts";
import { Deck, Random } from "./random.ts";
import type { Row } from "./shelves.ts";
import { STREAM } from "./streams.ts";
import { DAY_MS, timestamp } from "./values.ts";

const DAYS = 90;
const RECENT = 1.3;
const ACTIVE_SHIFT = 0.15;

/** Plays by hour of the day (UTC): fewest before dawn, most in the evening. */
const HOURS = new Deck(
  Array.from({ length: 24 }, (_, hour) => hour),
  [14, 9, 6, 4, 4, 6, 12, 22, 30, 32, 33, 35, 38, 36, 35, 36, 40, 46, 52, 58, 60, 55, 42, 26],
);

/** Plays of the last ninety days in order of time. Later days have more. */
export function* plays(plan: Plan, tastes: Tastes): Generator<Row> {
  const random = new Random(plan.seed, STREAM.plays);
  const listeners = shuffled(random, plan.sizes.customers);
  let id = 0;
  for (let day = 0; day < DAYS; day++) {
    const start = plan.now - (DAYS - day) * DAY_MS;
    for (const time of timesOfDay(random, playsBy(plan, day + 1) - playsBy(plan, day))) {
      const user = listeners[random.zipf(listeners.length, 1 + listeners.length * ACTIVE_SHIFT)]!;
      yield [++id, tastes.track(random, user), user, timestamp(start + time)];
    }
  }
}

/** Plays before this day. The differences grow towards the last day. */
function playsBy(plan: Plan, day: number): number {
  return Math.round(plan.sizes.plays * (1 - (1 - day / DAYS) ** (1 / RECENT)));
}

function timesOfDay(random: Random, count: number): Float64Array {
  const times = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    times[index] = Math.floor((HOURS.draw(random) + random.float()) * 3_600_000);
  }
  return times.sort();
}

/** The customers in another order, so that the keenest listeners are not the oldest customers. */
function shuffled(random: Random, count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index + 1);
  for (let last = count - 1; last > 0; last--) {
    const other = random.next() % (last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
