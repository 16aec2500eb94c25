import { flushCompileCache } from "node:module";
import { extname } from "node:path";
import { Worker, type WorkerOptions } from "node:worker_threads";
// Imported for nothing but their compilation; see below.
import "../../workers/reader.ts";
import "../../writer/thread.ts";

/**
 * The URL of a thread's module as it runs: `.ts` in a checkout, `.js` in the published package.
 *
 * The main thread has compiled the threads' modules by then, and puts the results on disk: the threads find them
 * there, and none of them needs the compiler (some 15 MB each for the stripping of types) for itself.
 */
export function threadUrl(path: string, base: string): URL {
  flushCompileCache();
  return new URL(path + extname(base), base);
}

/**
 * A thread that calls the module's default export, as a pool's does. The module is not the thread's main script, which
 * starts by being imported: then a server inside a thread would be taken for one.
 */
export function startThread({ href }: URL, options: WorkerOptions): Worker {
  return new Worker(`import(${JSON.stringify(href)}).then(({ default: run }) => run())`, {
    ...options,
    eval: true,
  });
}

/** MiB of a thread's JavaScript heap: SQLite's own memory is outside it, so a thread needs little. */
export const THREAD_LIMITS = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 8 } as const;
