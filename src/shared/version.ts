import { readFileSync } from "node:fs";

/** The package's root: two folders up, in a checkout and in the published package. */
export const ROOT = new URL("../../", import.meta.url);

export const { version } = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8")) as {
  version: string;
};
