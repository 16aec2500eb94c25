import { hash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

/** Everything that a browser loads for the console, as text. */
export interface Bundle {
  /** Changes with any file: the first segment of each file's URL. */
  readonly version: string;
  /** Paths below the version, such as `app/main.ts` and `vendor/preact.js`. */
  readonly files: ReadonlyMap<string, string>;
  /** The modules that `app/main` imports, directly or not: a browser is told to load them at once. */
  readonly modules: readonly string[];
}

/** `.ts` in a checkout, `.js` in the published package. */
export const EXTENSION = extname(import.meta.url);
export const BASE = "/console/assets";

const APP = join(import.meta.dirname, "app");

/** The libraries: how modules import them, and the file of the package. */
const VENDOR: Readonly<Record<string, string>> = {
  preact: "preact",
  "preact/hooks": "preact/hooks",
  htm: "htm",
  uplot: "uplot/dist/uPlot.iife.min.js",
};

/** uPlot is minified only as a script that declares a variable. */
const AS_MODULE: Readonly<Record<string, string>> = { uplot: "\nexport default uPlot;\n" };

/** Reads the files and turns TypeScript into JavaScript, in a thread of its own. */
export async function loadBundle(): Promise<Bundle> {
  const typed = await withoutTypes(ownModules());
  const own = new Map([...typed].map(([name, text]) => [name, withoutNotes(text)] as const));
  const sources = new Map([...own, ...vendorModules(), ["app.css", styles()] as const]);
  const version = hash("sha1", JSON.stringify([...sources]), "base64url").slice(0, 10);
  const files = new Map([...sources].map(([name, text]) => [name, withVendorUrls(text, version)]));
  return { version, files, modules: importedBy(`app/main${EXTENSION}`, own) };
}

const read = (file: string): string => readFileSync(file, "utf8");
const listed = (pattern: string): string[] => globSync(pattern, { cwd: APP }).toSorted();

function ownModules(): Map<string, string> {
  const names = listed(`**/*${EXTENSION}`);
  return new Map(names.map((name) => [`app/${name.replaceAll("\\", "/")}`, read(join(APP, name))]));
}

function vendorModules(): Map<string, string> {
  const text = (name: string, file: string) =>
    read(fileURLToPath(import.meta.resolve(file))).replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "") +
    (AS_MODULE[name] ?? "");
  return new Map(Object.entries(VENDOR).map(([name, file]) => [`vendor/${name}.js`, text(name, file)]));
}

/** All style sheets as one. They declare layers, so their order does not matter. */
function styles(): string {
  const chart = read(fileURLToPath(import.meta.resolve("uplot/dist/uPlot.min.css")));
  const own = listed("**/*.css").map((name) => read(join(APP, name)));
  return [LAYERS, `@layer vendor {${chart}}`, ...own].join("\n");
}

const LAYERS = "@layer vendor, tokens, base, shell, components, pages;";

/** Leaves out doc comments, indentation and the blanks in the place of types. Lines keep their numbers. */
const withoutNotes = (text: string): string =>
  text
    .replace(/^[ \t]*\/\*\*[\s\S]*?\*\/$/gm, (note) => note.replace(/[^\n]+/g, ""))
    .replace(/^[ \t]+|[ \t]+$/gm, "");

const IMPORT = /(\bfrom\s*|\bimport\s*)(["'])([\w./-]+)\2/g;

/** Browsers resolve no bare names, and a strict policy allows no inline import map. */
const withVendorUrls = (text: string, version: string): string =>
  text.replace(IMPORT, (whole, keyword, quote, name) =>
    Object.hasOwn(VENDOR, name) ? `${keyword}${quote}${BASE}/${version}/vendor/${name}.js${quote}` : whole,
  );

function importedBy(entry: string, modules: ReadonlyMap<string, string>): string[] {
  const found = new Set<string>();
  const follow = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    for (const [, , , to] of modules.get(name)?.matchAll(IMPORT) ?? [])
      follow(to!.startsWith(".") ? new URL(to!, `x:/${name}`).pathname.slice(1) : `vendor/${to}.js`);
  };
  follow(entry);
  return [...found];
}

/** A thread, since it takes a quarter of a second and 36 MB, and both are needed once. */
async function withoutTypes(sources: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, string>> {
  if (EXTENSION !== ".ts") return sources;
  const worker = new Worker(STRIP, { eval: true, workerData: sources });
  const { promise, resolve, reject } = Promise.withResolvers<ReadonlyMap<string, string>>();
  worker.once("message", resolve).once("error", reject);
  return promise;
}

/** Node.js 24 calls the function experimental, in a warning that says nothing to whoever runs the server. */
const STRIP = `
  const { parentPort, workerData } = require("node:worker_threads");
  process.emitWarning = () => {};
  const { stripTypeScriptTypes } = require("node:module");
  const strip = ([name, text]) => [name, stripTypeScriptTypes(text)];
  parentPort.postMessage(new Map([...workerData].map(strip)));
`;
