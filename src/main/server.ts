import type { Server as HttpServer } from "node:http";
import type { Settings } from "../shared/settings.ts";
import type { Tuning } from "../shared/tuning.ts";
import { writeLine } from "./cli/output.ts";
import { Engine } from "./engine/engine.ts";
import { createLog, type Logger } from "./engine/log.ts";
import { type GaugeSources, registerGauges } from "./engine/metrics.ts";
import { once } from "./engine/once.ts";
import type { WriteSide } from "./engine/write-side.ts";
import { backups } from "./features/backups/feature.ts";
import type { Feature, FeatureContext, OpenFeature, Resource, ServerStatus } from "./features/feature.ts";
import { FEATURES } from "./features/index.ts";
import { authorizeEveryone, permitEveryone } from "./http/access.ts";
import { createApp } from "./http/app.ts";
import { batchRoute } from "./http/batch/route.ts";
import { clients } from "./http/client-address.ts";
import { Idempotency } from "./http/command-route.ts";
import { corsFor } from "./http/cors.ts";
import { docsRoutes } from "./http/docs-routes.ts";
import { assertFree, drain, listen, urlOf } from "./http/listen.ts";
import { browserGuard } from "./http/origin.ts";
import type { Route } from "./http/route.ts";
import { openTracing } from "./http/tracing.ts";

export interface Server {
  readonly url: string;
  /** Stops accepting, finishes accepted requests, closes readers and writer. Idempotent. */
  close(): Promise<void>;
}

/**
 * Checks that the port is free, then opens engine (writer, readers), features and socket, and closes them in reverse
 * order. If opening fails half-way, the opened parts are closed.
 *
 * @param fill runs once the database is open and before any read: creates the demo catalogue.
 * @throws AppError if the database is locked or unusable, or the port is in use.
 */
export async function startServer(
  settings: Settings,
  fill: (writes: WriteSide) => Promise<void> = async () => {},
  tuning?: Tuning,
): Promise<Server> {
  await using opened = new AsyncDisposableStack();
  await assertFree(settings);
  const log = createLog(settings.log, writeLine);
  const state: { status: ServerStatus; url: string } = { status: "starting", url: "" };
  const prepared = await prepare(settings, opened);
  const engine = opened.adopt(
    await Engine.open({ settings, log, tuning, fill, ...injected(settings, log) }),
    (engine) => engine.close(),
  );
  const writes = {
    commands: engine.commands,
    idempotency: new Idempotency(engine.answers),
    audited: settings.auth === "required",
  };
  const ending = new AbortController();
  const context = {
    ...{ engine, settings, writes, status: () => state.status, url: () => state.url },
    ending: ending.signal,
    clients: clients(settings.trustedProxies, settings.tlsCert !== ""),
  };
  const features = await openFeatures(context, prepared, opened);
  const http = opened.adopt(await openHttp(context, features), drain);
  const url = urlOf(settings.host, http);
  state.url = url;
  await engine.storage.announce(url);
  state.status = "ok";
  for (const { start } of features) start?.();
  log.info({ url, database: settings.database }, "listening");
  const closers = opened.move();
  return {
    url,
    close: once(async () => {
      state.status = "draining";
      ending.abort();
      log.info("draining");
      await closers.disposeAsync();
      log.info("closed");
      log.flush();
    }),
  };
}

/** The engine's services for features. */
const injected = (settings: Settings, log: Logger) => ({
  beforeMigration: () => backups.beforeMigration(settings, log),
  upkeep: FEATURES.flatMap(({ upkeep }) => upkeep ?? []),
});

type Context = Omit<FeatureContext, "use">;

/** A feature that can't work with these settings stops the start before the database is opened. */
async function prepare(
  settings: Settings,
  opened: AsyncDisposableStack,
): Promise<ReadonlyMap<Feature, Resource>> {
  const prepared = new Map<Feature, Resource>();
  for (const feature of FEATURES) prepared.set(feature, opened.use(await feature.prepare?.(settings)));
  return prepared;
}

async function openFeatures(
  context: Context,
  prepared: ReadonlyMap<Feature, Resource>,
  opened: AsyncDisposableStack,
): Promise<readonly OpenFeature[]> {
  const open = new Map<string, OpenFeature>();
  const use = <O extends OpenFeature>({ name }: { readonly name: string }): O => {
    const found = open.get(name);
    if (found === undefined)
      throw new Error(`the feature ${name} must stand earlier in src/main/features/index.ts`);
    return found as O;
  };
  for (const feature of FEATURES) {
    const value = await feature.open({ ...context, use }, prepared.get(feature));
    opened.defer(() => value.close?.());
    if (value.onCommit !== undefined) context.engine.onCommit(value.onCommit);
    open.set(feature.name, value);
  }
  return [...open.values()];
}

async function openHttp(context: Context, features: readonly OpenFeature[]): Promise<HttpServer> {
  const { settings, status, engine, clients } = context;
  const { metrics, log } = engine;
  registerGauges(
    metrics,
    Object.assign(engine.gauges, ...features.map(({ gauges }) => gauges)) as GaugeSources,
  );
  const onRejected = (reason: string) => metrics.rejectedRequests.inc({ reason });
  const app = createApp(routesOf(features, context), {
    guard: browserGuard(settings.allowedHosts, settings.corsOrigins),
    cors: corsFor(settings.corsOrigins),
    authorize: features.find(({ authorize }) => authorize !== undefined)?.authorize ?? authorizeEveryone,
    permitted: features.find(({ permitted }) => permitted !== undefined)?.permitted ?? permitEveryone,
    onOperated: features.find(({ onOperated }) => onOperated !== undefined)?.onOperated,
    addressOf: clients.addressOf,
    log,
    logRequests: settings.logRequests,
    compress: settings.compression,
    draining: () => status() === "draining",
    ending: context.ending,
    onAnswer: (method, route, status, ms) => metrics.httpDuration.observe(ms / 1_000, method, route, status),
    onRejected,
    positions: engine.storage.positions,
    trace: await openTracing(),
  });
  return listen(app, settings, onRejected);
}

function routesOf(features: readonly OpenFeature[], { writes, engine }: Context): readonly Route[] {
  const own = features.flatMap(({ routes }) => routes);
  const routes = [...own, batchRoute(own, writes, engine.log)];
  return [...routes, ...docsRoutes(routes)];
}
