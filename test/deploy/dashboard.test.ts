import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, installed, type Prometheus, startPrometheus } from "../support/prometheus.ts";
import {
  chinook,
  copyOf,
  get,
  type Json,
  makeCatalogue,
  patch,
  post,
  startServer,
  type TestServer,
} from "../support/server.ts";

/** The dashboard of deploy/, each expression asked of a real Prometheus that scrapes a server under load. */

const DEPLOY = resolve(import.meta.dirname, "../../deploy");
const dashboard = JSON.parse(readFileSync(resolve(DEPLOY, "grafana-dashboard.json"), "utf8"));

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[];
}
const panels: readonly Panel[] = dashboard.panels;
const EXPRESSIONS = panels.flatMap(({ title, targets }) =>
  (targets ?? []).map(({ expr }) => [title, expr] as const),
);
const RECORDED = [
  ...readFileSync(resolve(DEPLOY, "chinook.rules.yml"), "utf8").matchAll(/^ {6}- record: (\S+)$/gm),
].map(([, name]) => ["rule", name!] as const);

test("panels do not overlap, and each has a description", () => {
  const taken = new Set<string>();
  for (const {
    gridPos: { x, y, w, h },
    title,
    type,
    description,
  } of panels) {
    expect(x + w).toBeLessThanOrEqual(24);
    for (let i = x; i < x + w; i++)
      for (let j = y; j < y + h; j++) {
        expect(taken.has(`${i},${j}`), title).toBe(false);
        taken.add(`${i},${j}`);
      }
    if (type !== "row") expect(description, title).toMatch(/\.$/);
  }
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
});

describe.skipIf(!installed("prometheus"))(
  "every expression has data (skipped where prometheus is not installed)",
  () => {
    let server: TestServer;
    let prometheus: Prometheus;
    let load: Promise<void>;
    let stop = false;

    beforeAll(async () => {
      server = await startServer(
        { CHINOOK_WAL_LIMIT_MB: "94" },
        { database: copyOf(await makeCatalogue(200)) },
      );
      prometheus = await startPrometheus(server, { rules: resolve(DEPLOY, "chinook.rules.yml") });
      expect((await chinook(["backup", "create", "--database", server.database])).code).toBe(0);
      load = loading();
    }, 120_000);
    afterAll(async () => {
      stop = true;
      await load;
      await prometheus[Symbol.asyncDispose]();
      expect(await server.stop()).toBe(0);
    });

    /** Something of everything: hits, misses, searches, charts, writes, refusals, checkpoints. */
    async function loading(): Promise<void> {
      for (let i = 0; !stop; i++) {
        await Promise.all([
          get(server, `/v1/tracks/${1 + (i % 3)}`),
          get(server, `/v1/tracks?limit=${1 + (i % 100)}`),
          get(server, `/v1/search?q=love+${i}`),
          get(server, "/v1/charts/tracks"),
          get(server, "/nowhere"),
          post(server, "/v1/plays", { track_id: 1 }),
          patch(server, "/v1/tracks/1", { name: `Name ${i}` }),
          patch(server, "/v1/tracks/987654321", { name: "Nobody" }),
          post(server, "/v1/plays", " ".repeat(1_048_577)),
        ]);
        if (i % 20 === 0) await post(server, "/admin/checkpoint", undefined);
      }
    }

    /** As Grafana fills them in. */
    const filledIn = (expression: string): string =>
      expression.replaceAll("$__rate_interval", "10s").replaceAll("$instance", ".*");

    test.each([...EXPRESSIONS, ...RECORDED])("%s: %s", async (_, expression) => {
      const result = await eventually(async () => {
        const found: Json[] = await prometheus.query(filledIn(expression));
        return found.some(({ value }) => Number.isFinite(Number(value[1]))) ? found : undefined;
      });
      expect(result.length).toBeGreaterThan(0);
    });

    test("the annotation and the instance variable return data", async () => {
      const { annotations, templating } = dashboard;
      const answer = await prometheus.api(
        `query?query=${encodeURIComponent(filledIn(annotations.list[0].expr).replace("> 0", ">= 0"))}`,
      );
      expect(answer.result.length).toBeGreaterThan(0);
      const [, metric] = /label_values\((\w+), instance\)/.exec(templating.list[1].query.query)!;
      expect((await prometheus.query(metric!)).length).toBeGreaterThan(0);
    });
  },
);
