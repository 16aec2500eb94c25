import { parseArgs } from "node:util";
import { Random } from "../src/main/datasets/generator/random.ts";

/**
 * A simulation of a million tenants over a few hundred clusters: how evenly they lie, and what moves when clusters are
 * added. No server runs.
 *
 * node bench/routing.ts [--tenants 1000000] [--groups 300] [--seed 1]
 *
 * Assumptions: a tenant is a catalogue of its own, and lives in one group (a cluster of three nodes). Sizes follow a
 * power law (the k-th largest writes 1/k^0.8 of the largest). A group carries GROUP_WRITES writes a second. All tenants
 * together write WRITES a second. A directory of 16 bytes a tenant stands in every router's memory. Groups are chosen by
 * rendezvous hashing; the second way draws two groups and takes the one with less load.
 */

const WRITES = 100_000;
const GROUP_WRITES = 1_700;
const EXPONENT = 0.8;

/** FNV-1a of two numbers, mixed: cheap, and even enough. */
function mix(a: number, b: number): number {
  let hash = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function rendezvous(tenant: number, groups: number): number {
  let [best, most] = [0, -1];
  for (let group = 0; group < groups; group++) {
    const weight = mix(tenant, group);
    if (weight > most) [best, most] = [group, weight];
  }
  return best;
}

function loads(count: number): Float64Array {
  const shares = Float64Array.from({ length: count }, (_, k) => (k + 1) ** -EXPONENT);
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => (share / sum) * WRITES);
}

interface Spread {
  readonly mean: number;
  readonly most: number;
  readonly p99: number;
  /** Groups past what one carries. */
  readonly over: number;
}

function spreadOf(perGroup: Float64Array): Spread {
  const sorted = perGroup.toSorted();
  return {
    mean: Math.round(sorted.reduce((sum, load) => sum + load, 0) / sorted.length),
    most: Math.round(sorted.at(-1)!),
    p99: Math.round(sorted[Math.floor(sorted.length * 0.99)]!),
    over: sorted.filter((load) => load > GROUP_WRITES).length,
  };
}

function sumOf(groupOf: ArrayLike<number>, load: Float64Array, groups: number): Float64Array {
  const sums = new Float64Array(groups);
  for (let tenant = 0; tenant < load.length; tenant++) sums[groupOf[tenant]!]! += load[tenant]!;
  return sums;
}

function twoChoices(load: Float64Array, groups: number, random: Random): Uint16Array {
  const sums = new Float64Array(groups);
  const chosen = new Uint16Array(load.length);
  for (let tenant = 0; tenant < load.length; tenant++) {
    const [a, b] = [random.between(0, groups - 1), random.between(0, groups - 1)];
    const group = sums[a]! <= sums[b]! ? a : b;
    chosen[tenant] = group;
    sums[group]! += load[tenant]!;
  }
  return chosen;
}

const { values } = parseArgs({
  options: {
    tenants: { type: "string", default: "1000000" },
    groups: { type: "string", default: "300" },
    seed: { type: "string", default: "1" },
  },
});
const [tenants, groups] = [Number(values.tenants), Number(values.groups)];
const load = loads(tenants);
const hashed = Uint16Array.from({ length: tenants }, (_, tenant) => rendezvous(tenant, groups));
const grown = Uint16Array.from(hashed, (group, tenant) => {
  const weight = mix(tenant, group);
  for (let added = groups; added < groups * 1.1; added++) if (mix(tenant, added) > weight) return added;
  return group;
});
const moved = grown.reduce((count, group, tenant) => count + (group === hashed[tenant] ? 0 : 1), 0);
const chosen = twoChoices(load, groups, new Random(Number(values.seed), 0));
const shown = { largest_tenant: Math.round(load[0]!), moved_share_for_a_tenth_more_groups: moved / tenants };
process.stdout.write(
  `${JSON.stringify(
    {
      tenants,
      groups,
      writes_per_second: WRITES,
      ...shown,
      rendezvous: spreadOf(sumOf(hashed, load, groups)),
      two_choices: spreadOf(sumOf(chosen, load, groups)),
      directory_mb: Math.round((tenants * 16) / 1e6),
    },
    null,
    2,
  )}\n`,
);
