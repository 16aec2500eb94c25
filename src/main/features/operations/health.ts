import type { Engine } from "../../engine/engine.ts";
import type { ServerStatus } from "../feature.ts";

/** The state of the server, as the health routes tell it. */
export interface Health {
  readonly status: ServerStatus | "failed";
  /** `loading`: another one is being loaded beside the one that is served. */
  readonly catalogue: "ready" | "loading";
  readonly writer: boolean;
  readonly readers: boolean;
  readonly schema_version: number;
  readonly uptime_seconds: number;
  readonly database_bytes: number;
  readonly wal_bytes: number;
  readonly queues: { readonly point: number; readonly scan: number; readonly write: number };
  readonly cache_bytes: number;
  readonly resident_bytes: number;
}

export function healthOf(
  engine: Engine,
  status: ServerStatus,
  catalogue: Health["catalogue"],
  databaseBytes: number,
): Health {
  const { cache, reads, storage } = engine;
  return {
    status: status === "ok" && !engine.alive ? "failed" : status,
    catalogue,
    writer: storage.alive,
    readers: reads.alive,
    schema_version: storage.schemaVersion,
    uptime_seconds: Math.round(process.uptime()),
    database_bytes: databaseBytes,
    wal_bytes: storage.wal.bytes,
    queues: { ...reads.queueLengths, write: engine.writes.queueLength },
    cache_bytes: cache.bytes.hot + cache.bytes.database,
    resident_bytes: process.memoryUsage.rss(),
  };
}
