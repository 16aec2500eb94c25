import { extname } from "node:path";

/** The URL of a module of this project as it runs: `.ts` in a checkout, `.js` in the published package. */
export const moduleUrl = (path: string, base: string): URL => new URL(path + extname(base), base);
