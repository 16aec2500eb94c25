import { hash } from "node:crypto";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { Counter, Gauge } from "prom-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SETTINGS_CHOSEN_BY, TUNING_CHOSEN_BY } from "../../bench/defaults.ts";
import { commandLine } from "../../src/main/cli.ts";
import { Histogram } from "../../src/main/engine/histogram.ts";
import { createMetrics, type GaugeSources, registerGauges } from "../../src/main/engine/metrics.ts";
import { ERRORS } from "../../src/shared/errors.ts";
import { flagOf, SETTINGS, type SettingName, textOf as settingText } from "../../src/shared/settings.ts";
import { chinook, get, request, startServer, type TestServer } from "../support/server.ts";

/** Everything is documented, and everything documented exists. */

const ROOT = resolve(import.meta.dirname, "../..");
/** A file without the padding of its tables. */
const textOf = (file: string): string => readFileSync(resolve(ROOT, file), "utf8").replaceAll(/ +\|/g, " |");
const settingsPage = textOf("docs/settings.md");
const commandsPage = textOf("docs/commands.md");

describe("settings", () => {
  const rows = settingsPage.split("\n").filter((line) => line.startsWith("| `CHINOOK_"));

  test.each(Object.keys(SETTINGS) as SettingName[])("%s has a row in docs/settings.md", (name) => {
    const { env, expects } = SETTINGS[name];
    const row = rows.find((line) => line.startsWith(`| \`${env}\` |`));
    expect(row, `a row for ${env}`).toBeDefined();
    expect(row).toContain(`\`${flagOf(name)}\``);
    expect(row).toContain(expects);
  });

  test("docs/settings.md has no row for a removed setting", () => {
    const known = Object.values(SETTINGS).map(({ env }) => env);
    expect(rows.map((row) => /`(CHINOOK_\w+)`/.exec(row)?.[1]).toSorted()).toEqual(known.toSorted());
  });
});

describe("defaults", () => {
  const quoted = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(", ");

  test.each(Object.keys(SETTINGS) as SettingName[])(
    "docs/settings.md says how the default of %s was chosen",
    (name) => {
      const row = settingsPage.split("\n").find((line) => line.startsWith(`| \`${SETTINGS[name].env}\` |`));
      const scenarios: Partial<Record<SettingName, readonly string[]>> = SETTINGS_CHOSEN_BY;
      expect(row?.split(" | ").at(-1)).toBe(`${quoted(scenarios[name] ?? []) || "–"} |`);
    },
  );

  const design = textOf("bench/DESIGN.md");
  const settings = Object.entries(SETTINGS_CHOSEN_BY).map(
    ([name, scenarios]) => [SETTINGS[name as SettingName].env, scenarios] as const,
  );
  test.each([...settings, ...Object.entries(TUNING_CHOSEN_BY)])(
    "bench/DESIGN.md says why %s",
    (name, scenarios) => {
      const row = design.split("\n").find((line) => line.startsWith(`| \`${name}\` |`));
      expect(row).toContain(`| ${quoted(scenarios)} |`);
    },
  );
});

/** Every command, as it is typed, with its definition. */
const COMMANDS = commandsUnder(commandLine());

function commandsUnder(parent: Command, path = ""): (readonly [typed: string, command: Command])[] {
  return parent.commands.flatMap((command) => {
    const typed = `${path}${command.name()}`;
    return command.commands.length === 0 ? [[typed, command] as const] : commandsUnder(command, `${typed} `);
  });
}

test("every command is in docs/commands.md", () => {
  const commands = COMMANDS.map(([typed]) => typed);
  expect(commands.length).toBeGreaterThan(5);
  const documented = [...commandsPage.matchAll(/^\| `chinook ([^`]+)` \|/gm)].flatMap(([, usage]) =>
    expand(usage!),
  );
  expect(documented.toSorted()).toEqual(commands.toSorted());
});

describe("help", () => {
  test("of serve has every setting with its default, the same as docs/settings.md", async () => {
    const { stdout } = await chinook(["serve", "--help"]);
    const options = stdout
      .slice(stdout.indexOf("Options:"))
      .split(/\n {2}(?=-)/)
      .map((text) => text.replaceAll(/\s+/g, " "));
    for (const name of Object.keys(SETTINGS) as SettingName[]) {
      const { env, expects, initial } = SETTINGS[name];
      const option = options.find((text) => text.startsWith(`${flagOf(name)} `));
      expect(option, env).toContain(`(${env})`);
      expect(option).toContain(expects);
      const row = settingsPage.split("\n").find((line) => line.startsWith(`| \`${env}\` |`))!;
      const documented = /^`([^`]+)`$/.exec(row.split(" | ")[2]!)?.[1];
      if (documented !== undefined) expect(option, env).toContain(`default ${documented}`);
      else expect(option, env).toContain(`default ${settingText(name, initial()) || "none"}`);
    }
  });

  const pages = globSync("docs/*.md", { cwd: ROOT }).map(textOf).join("\n");
  const settings = new Set((Object.keys(SETTINGS) as SettingName[]).map(flagOf));

  test.each(COMMANDS)("of %s has no undocumented option", (_, command) => {
    const flags = command.options.map(({ long }) => long!).filter((flag) => !settings.has(flag));
    for (const flag of flags) expect(pages).toContain(flag);
  });
});

/** `cache stats|clear` is two commands; what follows a command's name are its arguments. */
function expand(usage: string): string[] {
  const [name, choice = ""] = usage.split(" ");
  return /^[a-z][a-z-]*(\\?\|[a-z-]+)*$/.test(choice)
    ? choice.split(/\\?\|/).map((sub) => `${name} ${sub}`)
    : [name!];
}

describe("pages the server serves", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(async () => {
    expect(await server.stop()).toBe(0);
  });

  const METHODS = ["get", "post", "put", "patch", "delete"];

  test("/docs shows every operation and every parameter of /openapi.json", async () => {
    const { json: document } = await get(server, "/openapi.json");
    const { text: page, status } = await get(server, "/docs");
    expect(status).toBe(200);
    const paths = Object.entries<Record<string, Operation>>(document.paths);
    expect(paths.length).toBeGreaterThan(20);
    for (const [path, item] of paths) {
      expect(METHODS).toEqual(expect.arrayContaining(Object.keys(item)));
      for (const [method, operation] of Object.entries(item)) {
        const article = articleOf(page, operation.operationId);
        expect(article, `${method} ${path}`).toContain(`<span class="method ${method}">`);
        expect(article.replaceAll(/<\/?i>/g, "")).toContain(`<code class="path">${path}</code>`);
        for (const { name } of operation.parameters ?? []) expect(article).toContain(`<code>${name}</code>`);
        for (const code of Object.keys(operation.responses)) expect(article).toContain(`">${code}</b>`);
      }
    }
  });

  test("every parameter shows its type", async () => {
    const { json: document } = await get(server, "/openapi.json");
    for (const [path, item] of Object.entries<Record<string, Operation>>(document.paths)) {
      for (const { name, schema } of Object.values(item).flatMap(({ parameters }) => parameters ?? [])) {
        expect(JSON_TYPES, `${name} of ${path}`).toContain(schema.type);
      }
    }
  });

  test("every reference within /openapi.json resolves, and operation ids are unique", async () => {
    const { text, json: document } = await get(server, "/openapi.json");
    expect(document.openapi).toMatch(/^3\.1\./);
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      expect(document.components.schemas).toHaveProperty([name!]);
    }
    const items = Object.values<Record<string, Operation>>(document.paths);
    const ids = items.flatMap((item) => Object.values(item).map(({ operationId }) => operationId));
    expect(ids).toEqual([...new Set(ids)]);
  });

  test("/docs/errors has an anchor for every code, and every problem's type points to one", async () => {
    const { text: page } = await get(server, "/docs/errors");
    for (const code of Object.keys(ERRORS)) expect(page).toContain(`id="${code}"`);
    const { json: problem } = await get(server, "/v1/nothing");
    const [path, anchor] = problem.type.split("#");
    expect(path).toBe("/docs/errors");
    expect(page).toContain(`id="${anchor}"`);
  });

  test.each(["/docs", "/docs/errors"])("%s runs only its own script and loads nothing", async (path) => {
    const { text: page, headers } = await get(server, path);
    const policy = headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
    for (const [, kind, content] of page.matchAll(/<(script|style)>([\s\S]*?)<\/\1>/g))
      expect(policy).toContain(`${kind}-src 'sha256-${hash("sha256", content!, "base64")}'`);
    expect(page).not.toMatch(/<script\s|\son\w+=|<link rel="stylesheet"|@import|url\(/);
    expect(page).not.toContain("[object Object]");
    expect(page.replace(/<script>[\s\S]*<\/script>/, "")).not.toContain("undefined");
    expect(page).not.toContain("origin.invalid");
  });

  test("a revalidated page keeps its Content-Security-Policy", async () => {
    const { headers } = await get(server, "/docs");
    const again = await get(server, "/docs", { "if-none-match": headers.get("etag")! });
    expect(again.status).toBe(304);
    expect(again.headers.get("content-security-policy")).toBe(headers.get("content-security-policy"));
  });

  test("examples are valid requests", async () => {
    const { text: page } = await get(server, "/docs");
    const urls = [...page.matchAll(/data-method="GET" data-url="([^"]+)"/g)].map(([, url]) =>
      url!.replaceAll("&amp;", "&"),
    );
    expect(urls.length).toBeGreaterThan(20);
    for (const url of urls) {
      const { status, json } = await get(server, url);
      // A health report is 503 on a machine too busy to pass its checks.
      expect(
        url === "/health" ? [200, 503] : [200, 404, 401],
        `${url}: ${JSON.stringify(json?.errors)}`,
      ).toContain(status);
    }
  });

  test("an error is HTML for a browser and a problem document for other clients", async () => {
    const path = "/v1/tracks?limit=<b>";
    const page = await get(server, path, { accept: "text/html,application/xhtml+xml,*/*;q=0.8" });
    expect([page.status, page.headers.get("content-type")]).toEqual([422, "text/html; charset=utf-8"]);
    expect(page.text).toContain('href="/docs/errors#invalid"');
    expect(page.text).toContain(page.headers.get("x-request-id"));
    expect(page.text).not.toContain("<b>");
    for (const accept of ["*/*", "application/json", "text/html, application/problem+json"])
      expect((await get(server, path, { accept })).json.code).toBe("invalid");
    const icon = await get(server, "/favicon.ico");
    expect([icon.status, icon.headers.get("content-type")]).toEqual([200, "image/svg+xml"]);
  });

  test("links within the pages resolve", async () => {
    const pages = { "/docs": await get(server, "/docs"), "/docs/errors": await get(server, "/docs/errors") };
    const seen = new Map<string, ReturnType<typeof get>>();
    const pageAt = (path: string) => {
      const page = seen.get(path) ?? get(server, path);
      seen.set(path, page);
      return page;
    };
    for (const [from, { text }] of Object.entries(pages)) {
      for (const [, href] of text.matchAll(/<a href="([^"]+)"/g)) {
        const [path = "", anchor] = href!.split("#");
        const target = path === "" ? pages[from as keyof typeof pages] : await pageAt(path);
        expect(target.status, href!).toBe(200);
        if (anchor !== undefined) expect(target.text, href!).toContain(`id="${anchor}"`);
      }
    }
  });

  test("/ lists entry points, and redirects a browser to the console", async () => {
    const { json: index } = await get(server, "/");
    const paths = Object.values<string>(index).filter((value) => value.startsWith("/"));
    expect(paths).toEqual(expect.arrayContaining(["/docs", "/openapi.json", "/health", "/metrics"]));
    for (const path of paths) expect((await get(server, path)).status, path).toBe(200);
    const browser = await fetch(server.url, { headers: { accept: "text/html" }, redirect: "manual" });
    expect([browser.status, browser.headers.get("location")]).toEqual([303, "/console"]);
    expect((await request(server, "HEAD", "/docs")).status).toBe(200);
  });
});

const JSON_TYPES = ["string", "integer", "number", "boolean"];

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly schema: { readonly type?: string } }[];
  readonly responses: Readonly<Record<string, unknown>>;
}

function articleOf(page: string, id: string): string {
  const start = page.indexOf(`<article id="${id}">`);
  return start === -1 ? "" : page.slice(start, page.indexOf("</article>", start));
}

describe("metrics", () => {
  const metrics = createMetrics();
  registerGauges(metrics, {} as GaugeSources);
  const own = metrics.registry
    .getMetricsAsArray()
    .filter(({ name }) => !/^chinook_(process|nodejs)_/.test(name))
    .map((metric) => ({ name: metric.name, type: typeOf(metric), labels: labelsOf(metric) }));
  const rows = [...textOf("docs/metrics.md").matchAll(/^\| `(chinook_\w+)` \| (\w+) \| (.+?) \|/gm)].map(
    ([, name, type, labels]) => ({
      name: name!,
      type: type!,
      labels: [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label!),
    }),
  );

  test("docs/metrics.md lists every metric with its type and labels and no other", () => {
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
    expect(rows.toSorted(byName)).toEqual(own.toSorted(byName));
  });
});

const TYPES = { counter: Counter, gauge: Gauge, histogram: Histogram };

const typeOf = (metric: object): string | undefined =>
  Object.entries(TYPES).find(([, type]) => metric instanceof type)?.[0];

/** prom-client keeps them on the metric and leaves them out of its types. */
const labelsOf = (metric: object): readonly string[] =>
  (metric as { labelNames?: string[] }).labelNames ?? [];

describe("markdown", () => {
  const files = globSync(["*.md", "docs/**/*.md", "src/**/*.md"], { cwd: ROOT });

  test.each(files)("%s has no dead relative link", (file) => {
    for (const [, target] of textOf(file).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target!)) continue;
      const [path = "", anchor] = target!.split("#");
      const linked = path === "" ? resolve(ROOT, file) : resolve(ROOT, dirname(file), path);
      expect(existsSync(linked), `${file} links to ${target}`).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(readFileSync(linked, "utf8")), target!).toContain(anchor);
    }
  });

  test.each([
    "src/writer",
    "src/workers",
    "src/main/engine/reads",
    "src/main/engine/commands",
    "src/main/engine/cache",
    "src/main/http",
  ])("%s has a DESIGN.md", (folder) => expect(existsSync(resolve(ROOT, folder, "DESIGN.md"))).toBe(true));
});

/** As GitHub makes them of headings. */
const anchorsOf = (markdown: string): string[] =>
  [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
