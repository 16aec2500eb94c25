import { flushCompileCache } from "node:module";
import { extname } from "node:path";
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

/** MiB of a thread's JavaScript heap: SQLite's own memory is outside it, so a thread needs little. */
export const THREAD_LIMITS = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 8 } as const;
