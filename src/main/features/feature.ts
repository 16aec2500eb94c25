import type { Command } from "commander";
import type { Settings } from "../../shared/settings.ts";
import type { AnyCommand } from "../engine/commands/command.ts";
import type { Engine } from "../engine/engine.ts";
import type { Upkeep } from "../engine/housekeeping.ts";
import type { GaugeSources } from "../engine/metrics.ts";
import type { AnyRead } from "../engine/reads/read.ts";
import type { Authorize, Permitted } from "../http/access.ts";
import type { Clients } from "../http/client-address.ts";
import type { Writes } from "../http/command-route.ts";
import type { Call, Route } from "../http/route.ts";

/**
 * A feature is one folder and one exported value. The server, the tests and the command line derive everything
 * from the list of features; the engine knows none of them.
 *
 * `Opened` is what other features may use of this one while the server runs.
 */
export interface Feature<Opened extends OpenFeature = OpenFeature, Prepared extends Resource = Resource> {
  readonly name: string;
  readonly reads: readonly AnyRead[];
  readonly commands: readonly AnyCommand[];
  /** What needs no database: when it fails, the start ends before the file is touched. */
  readonly prepare?: (settings: Settings) => Promise<Prepared>;
  /** Opens what the feature keeps running. Features are opened in the order of their list. */
  open(context: FeatureContext, prepared: Prepared): Opened | Promise<Opened>;
  /** What is done in the database once an hour, between other commands. */
  readonly upkeep?: readonly Upkeep[];
  /** Adds the feature's commands to `chinook`. */
  readonly commandLine?: (program: Command) => void;
}

/** Closed by the server, after everything else. */
export type Resource = AsyncDisposable | undefined;

export type ServerStatus = "starting" | "ok" | "draining";

export interface FeatureContext {
  readonly engine: Engine;
  /** The command bus and the idempotency of requests: what a route that writes needs. */
  readonly writes: Writes;
  readonly status: () => ServerStatus;
  /** Aborts when the server is about to end. */
  readonly ending: AbortSignal;
  readonly settings: Settings;
  readonly clients: Clients;
  /** Where the server listens; the address is known once it does. */
  readonly url: () => string;
  /** Another feature, which stands before this one in the list. @throws Error when it does not. */
  readonly use: <O extends OpenFeature>(feature: Pick<Feature<O>, "name" | "open">) => O;
}

/** A feature while the server runs. */
export interface OpenFeature {
  readonly routes: readonly Route[];
  /** Judges every request: of one feature at the most. */
  readonly authorize?: Authorize;
  /** Judges again whoever an answer still goes to: of the same feature. */
  readonly permitted?: Permitted;
  /** Told of what an operator's request did, once it is done: of one feature at the most. */
  readonly onOperated?: (call: Call) => void;
  /** The values of the gauges that are this feature's. */
  readonly gauges?: Partial<GaugeSources>;
  /** Told of the tags of each commit, after the cache was invalidated and before the answer. It must be brief. */
  readonly onCommit?: (tags: readonly string[]) => void;
  /** The server listens: work in the background may begin. */
  readonly start?: () => void;
  readonly close?: () => Promise<void> | void;
}

export const feature = <O extends OpenFeature, P extends Resource = undefined>(
  definition: Feature<O, P>,
): Feature<O, P> => Object.freeze(definition);
