import { flushCompileCache } from "node:module";
import { extname } from "node:path";
import { Worker, type WorkerOptions } from "node:worker_threads";
// Imported only to be compiled; see below.
import "../../workers/reader.ts";
import "../../writer/thread.ts";

/**
 * The URL of a thread's module: `.ts` in a checkout, `.js` in the published package.
 *
 * The main thread has compiled the threads' modules by then and flushes the results to disk. The threads load them
 * from there, and none needs the compiler (some 15 MB each for type stripping).
 */
export function threadUrl(path: string, base: string): URL {
  flushCompileCache();
  return new URL(path + extname(base), base);
}

/**
 * Starts a thread that calls the module's default export, as a pool does. The module is not the thread's main
 * script: a main script starts its work when imported, so a server inside a thread would start as one.
 */
export function startThread({ href }: URL, options: WorkerOptions): Worker {
  return new Worker(`import(${JSON.stringify(href)}).then(({ default: run }) => run())`, {
    ...options,
    eval: true,
  });
}

/** MiB of a thread's JavaScript heap. SQLite's memory is outside it, so a thread needs little. */
export const THREAD_LIMITS = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 8 } as const;
