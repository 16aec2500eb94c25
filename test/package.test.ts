import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, delimiter, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "./support/server.ts";

/** The package as it is published: packed, installed elsewhere and run, with no checkout around it. */

const ROOT = resolve(import.meta.dirname, "..");
const BIN = join(ROOT, "bin/chinook.cjs");
const PATIENCE_MS = 240_000;

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Of the test run and of the npm that started it; how the machine reaches its registry is not. */
const FOREIGN =
  /^(CHINOOK_|VITEST|NODE_(ENV|OPTIONS|COMPILE_CACHE)|npm_(package|lifecycle|config_local_prefix))/;

/** The Node.js of the checkout comes first, settings of the machine do not come at all. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !FOREIGN.test(name));
  const PATH = [join(ROOT, "node_modules/.bin"), process.env.PATH].join(delimiter);
  return { ...Object.fromEntries(kept), PATH };
}

function run(command: string, args: readonly string[], cwd: string, env = environment()): Promise<Finished> {
  return new Promise((done) => {
    execFile(command, args, { cwd, env, timeout: PATIENCE_MS }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      done({ code, stdout, stderr });
    });
  });
}

const look = [
  "view",
  "sqlite-vec",
  "version",
  "--prefer-online",
  "--fetch-retries=0",
  "--fetch-timeout=10000",
];
const reachable = (await run("npm", look, ROOT)).code === 0;
const reason = reachable ? "" : " (skipped: the npm registry is not reachable)";

const isNoLibrary = (file: string): boolean => basename(file) !== "node_modules";

/** Packed from a copy, because packing builds `dist` and the checkout is not the test's to change. */
function copyOfSources(): string {
  const folder = temporaryFolder();
  const { files } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { files: string[] };
  const wanted = [
    "package.json",
    "README.md",
    "LICENSE",
    "src",
    "client",
    ...globSync("tsconfig*.json", { cwd: ROOT }),
    ...files,
  ];
  for (const name of wanted.filter((name) => name !== "dist" && existsSync(join(ROOT, name)))) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true, filter: isNoLibrary });
  }
  for (const name of ["node_modules", "client/node_modules"])
    symlinkSync(join(ROOT, name), join(folder, name));
  return folder;
}

describe.skipIf(!reachable)(`the installed package${reason}`, () => {
  let project: string;
  let packed: string[];

  beforeAll(async () => {
    const sources = copyOfSources();
    const pack = await run("npm", ["pack", "--json", "--pack-destination", sources], sources);
    expect(pack.code, pack.stderr).toBe(0);
    const tarball = readdirSync(sources).find((name) => name.endsWith(".tgz"))!;
    packed = (await run("tar", ["-tzf", tarball], sources)).stdout.trim().split("\n");
    project = join(temporaryFolder(), "project");
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), '{"name":"project","private":true}');
    const flags = ["--no-audit", "--no-fund", "--prefer-offline"];
    const installed = await run("npm", ["install", ...flags, join(sources, tarball)], project);
    expect(installed.code, installed.stderr).toBe(0);
  }, PATIENCE_MS);

  const chinook = (...args: string[]) => run(join(project, "node_modules/.bin/chinook"), args, project);

  test("contains only what it needs at run time", () => {
    const folders = new Set(packed.map((name) => name.split("/")[1]));
    expect([...folders].toSorted()).toEqual([
      "LICENSE",
      "README.md",
      "bench",
      "bin",
      "deploy",
      "dist",
      "docs",
      "migrations",
      "package.json",
      "src",
    ]);
    expect(
      packed.filter((name) => /^package\/(src|bench)\//.test(name) && !name.endsWith("DESIGN.md")),
    ).toEqual([]);
  });

  test("contains every file its README links to", () => {
    const readme = readFileSync(join(ROOT, "README.md"), "utf8");
    const links = [...readme.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map(([, path]) => `package/${path}`);
    expect(links.length).toBeGreaterThan(20);
    for (const link of links) expect(packed).toContain(link);
  });

  test("chinook --version prints the package's version", async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    expect(await chinook("--version")).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  test("chinook setup creates a database with the demo catalogue, and chinook serve serves it", async () => {
    const setup = await chinook("setup", "--json");
    expect(setup, setup.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(setup.stdout).steps).toContainEqual({
      step: "database",
      state: "done",
      detail: expect.stringContaining("filled with the demo catalogue"),
    });
    const server = spawn(join(project, "node_modules/.bin/chinook"), ["serve", "--port", "0"], {
      cwd: project,
      env: environment(),
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      const url = await announcedUrl(server);
      const track = (await (await fetch(`${url}/v1/tracks/1`)).json()) as { id: number };
      expect(track.id).toBe(1);
      expect((await fetch(`${url}/docs`)).status).toBe(200);
      const page = await (await fetch(`${url}/console`)).text();
      const files = [...page.matchAll(/"(\/console\/assets\/[^"]+)"/g)].map(([, file]) => file!);
      expect(files.some((file) => file.endsWith("app/main.js"))).toBe(true);
      for (const file of files) expect((await fetch(url + file)).status, file).toBe(200);
    } finally {
      server.kill("SIGTERM");
    }
    expect((await once(server, "exit"))[0]).toBe(0);
  });

  test("chinook-server/client can be imported and has types", async () => {
    const program =
      'import { createClient } from "chinook-server/client"; console.log(typeof createClient().GET)';
    const node = join(ROOT, "node_modules/.bin/node");
    const { code, stdout, stderr } = await run(node, ["--input-type=module", "-e", program], project);
    expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: "function\n" });
    expect(packed).toContain("package/dist/client/schema.d.ts");
  });

  test("chinook backup works; without the S3 library it names what to install", async () => {
    const backup = await chinook("backup", "create", "--json");
    expect(backup, backup.stderr).toMatchObject({ code: 0 });
    expect(existsSync(join(project, "data/backups", JSON.parse(backup.stdout).id))).toBe(true);
    for (const args of [
      ["backup", "list", "--from", "bucket"],
      ["serve", "--port", "0"],
    ]) {
      const { code, stderr } = await chinook(...args, "--backup-s3-bucket", "a-bucket");
      expect(code).toBe(1);
      expect(stderr).toContain("npm install @aws-sdk/client-s3 @aws-sdk/lib-storage");
    }
  });
});

async function announcedUrl(server: ChildProcess): Promise<string> {
  const [line] = await once(createInterface({ input: server.stdout! }), "line");
  return /http:\/\/\S+/.exec(line)![0];
}

/** A Node.js of the machine that is too old for this, if it has one. */
async function oldNode(): Promise<string | undefined> {
  const folders = (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => !folder.includes("node_modules"));
  for (const node of folders.map((folder) => join(folder, "node")).filter((file) => existsSync(file))) {
    const { stdout } = await run(node, ["--version"], ROOT);
    if (Number(/^v(\d+)\./.exec(stdout)?.[1] ?? 24) < 24) return node;
  }
  return undefined;
}

const old = await oldNode();

test.skipIf(old === undefined)(
  `an old Node.js fails with a message that names the required version${old === undefined ? " (skipped: there is none here)" : ""}`,
  async () => {
    const { code, stdout, stderr } = await run(old!, [BIN, "serve"], ROOT);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^chinook: expected Node\.js 24 or newer, got v\d+/);
  },
);
