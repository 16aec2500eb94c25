import { statSync } from "node:fs";
import { COMPUTED_KINDS } from "../../../shared/embedders/embedder.ts";
import { version } from "../../../shared/version.ts";
import type { Engine } from "../../engine/engine.ts";
import { backups } from "../backups/feature.ts";
import { bulk } from "../bulk/feature.ts";
import { discover } from "../discover/feature.ts";
import { type FeatureContext, feature } from "../feature.ts";
import { people } from "../people/feature.ts";
import { search } from "../search/feature.ts";
import { type Alert, Alerts } from "./alerts/alerts.ts";
import { mailOf } from "./alerts/mail.ts";
import { Webhook } from "./alerts/webhook.ts";
import { STATUSES } from "./check.ts";
import { healthCommand } from "./command-line.ts";
import { measureSync } from "./disk-sync.ts";
import type { VectorFacts } from "./facts.ts";
import { gatherer } from "./gather.ts";
import { Health } from "./health.ts";
import { Integrity } from "./integrity/integrity.ts";
import { descriptorLimit, folderFacts, nearest, REMOTE, VOLATILE } from "./machine.ts";
import { type HealthReport, healthRoutes } from "./routes.ts";
import { Sampler } from "./sampler.ts";

const value = feature({
  name: "health",
  reads: [],
  commands: [],
  async open(context) {
    const { engine, settings, use } = context;
    const { database, integrityEvery } = settings;
    const integrity = new Integrity({ database, everyMs: integrityEvery * 1_000, log: engine.log });
    await descriptorLimit();
    const sampler = new Sampler(engine);
    await sampler.take();
    const gather = gathererOf(context, sampler, integrity);
    const health = new Health({ gather, sampler, log: engine.log });
    const alerting = alertsOf(context);
    health.onReport((report) => alerting.alerts.observe(report));
    const { loading } = use(bulk);
    const figures = () => figuresOf(context, loading.underWay ? "loading" : "ready");
    return {
      /** For other features: the current report, the last periodic one, and a listener for each. */
      health,
      routes: healthRoutes(() => health.report(), figures),
      gauges: { healthChecks: () => levelsOf(health) },
      start: () => integrity.start(),
      close: async () => {
        integrity.close();
        health.close();
        await alerting.close();
      },
    };
  },
  commandLine: healthCommand,
});

function gathererOf(
  { engine, settings, status, use }: FeatureContext,
  sampler: Sampler,
  integrity: Integrity,
) {
  const backup = use(backups);
  const { source } = use(bulk);
  const { textCoverage } = use(search);
  const { vectorStats } = use(discover);
  return gatherer({
    ...{ engine, settings, status, sampler, integrity, textCoverage },
    backupFolder: backup.folder,
    vectors: async () => vectorFacts(await vectorStats()),
    verifyVectors: discover.verifyVectors,
    lastBackup: async (from) => {
      const [newest] = await backup.list(from);
      return newest === undefined ? null : Date.parse(newest.created_at);
    },
    nothingToLose: async () => {
      const { empty, changed } = await source();
      return empty || !changed;
    },
  });
}

type VectorStats = Awaited<ReturnType<Awaited<ReturnType<typeof discover.open>>["vectorStats"]>>;

/** Clients supply audio vectors, so missing ones are no fault. */
const vectorFacts = ({ coverage, kinds }: VectorStats): Omit<VectorFacts, "unchangedMs"> => ({
  coverage: Math.min(...COMPUTED_KINDS.map((kind) => coverage[kind])),
  failed: COMPUTED_KINDS.reduce((sum, kind) => sum + kinds[kind].failed, 0),
});

/** 0 ok, 1 warn, 2 fail; from the last periodic report. */
const levelsOf = ({ last }: Health): Record<string, number> =>
  Object.fromEntries((last?.checks ?? []).map(({ name, status }) => [name, STATUSES.indexOf(status)]));

function alertsOf({ engine, settings, url, use }: FeatureContext) {
  const { alertUrl, alertSecret, alertMail, alertAfter } = settings;
  const { log, metrics } = engine;
  const { mailer } = use(people);
  const count = (channel: string) => (result: string) => metrics.alerts.inc({ channel, result });
  const webhook =
    alertUrl === ""
      ? undefined
      : new Webhook({ url: alertUrl, secret: alertSecret, log, onEnd: count("webhook") });
  const send = (alert: Alert) => {
    log.warn(alert, "alert");
    const server = settings.publicUrl === "" ? url() : settings.publicUrl;
    webhook?.send({ ...alert, server });
    if (alertMail === "") return;
    const { subject, text } = mailOf(alert, server);
    const told = count("mail");
    mailer.send(alertMail, subject, text).then(
      () => told("sent"),
      (error) => {
        told("failed");
        log.error({ err: error }, "alert not mailed");
      },
    );
  };
  return { alerts: new Alerts(alertAfter * 1_000, send), close: async () => webhook?.close() };
}

const bytesOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

function figuresOf(
  { engine, settings, status }: FeatureContext,
  catalogue: HealthReport["catalogue"],
): Omit<HealthReport, "status" | "checks"> {
  const { cache, reads, storage, writes }: Engine = engine;
  return {
    server: status(),
    catalogue,
    writer: storage.alive,
    readers: reads.alive,
    version,
    schema_version: storage.schemaVersion,
    uptime_seconds: Math.round(process.uptime()),
    database_bytes: bytesOf(settings.database),
    wal_bytes: storage.wal.bytes,
    queues: { ...reads.queueLengths, write: writes.queueLength },
    cache_bytes: cache.bytes.hot + cache.bytes.database,
    resident_bytes: process.memoryUsage.rss(),
  };
}

/** Health checks, and alerts for those that are not ok. */
export const health = Object.freeze({
  ...value,
  machine: { descriptorLimit, folderFacts, measureSync, nearest, REMOTE, VOLATILE },
});
