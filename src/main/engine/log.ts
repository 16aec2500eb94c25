import { createRequire } from "node:module";
import { Writable } from "node:stream";
import { destination, type Logger, pino } from "pino";

export type { Logger } from "pino";

/** Milliseconds. A request, read or command that takes this long is logged as slow. */
export const SLOW_MS = 100;

/** Bytes that wait for a reader of standard error that does not read. Lines past it are dropped. */
const MAX_BYTES = 4_194_304;

/**
 * The server's log, on standard error. JSON lines are buffered and written in blocks, off a request's path. `flush`
 * writes the rest.
 *
 * @param writeLine takes the lines of the pretty format, each with its end: a terminal may show a progress bar too.
 */
export function createLog(
  format: "json" | "pretty" | "silent",
  writeLine = (line: string): void => void process.stderr.write(line),
): Logger {
  if (format === "silent") return pino({ level: "silent" });
  const options = { base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` };
  if (format === "pretty") {
    // Loaded on demand: it is larger than the logger.
    const pretty = createRequire(import.meta.url)("pino-pretty") as typeof import("pino-pretty");
    return pino(
      options,
      pretty({ destination: lines(writeLine), translateTime: "HH:MM:ss.l", ignore: "pid,hostname" }),
    );
  }
  const block = destination({ dest: 2, sync: false, minLength: 4_096, maxLength: MAX_BYTES });
  setInterval(() => block.flush(), 1_000).unref();
  return pino(options, block);
}

const lines = (write: (line: string) => void): Writable =>
  new Writable({
    decodeStrings: false,
    write(line: string | Buffer, _encoding, done) {
      write(String(line));
      done();
    },
  });
