import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

/** A real Chromium for the console's tests: one for each file. */

const CHROMIUM = "/usr/bin/chromium";

export const hasChromium = existsSync(CHROMIUM);
/** For the name of what is skipped. */
export const skipReason = hasChromium ? "" : ` (skipped: there is no ${CHROMIUM})`;

/** `--no-sandbox`: a container's root has no other way. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });

/** A page of a console, and what went wrong in it. */
export interface Tab extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of scripts, refusals of the policy and failed loads so far. */
  readonly troubles: readonly string[];
  /** Opens a path and waits until its heading is there. */
  open(path: string): Promise<void>;
}

/** A tab with a session of its own. Nothing moves in it, so that colours are those of the theme and not on the way to it. */
export async function openTab(
  browser: Browser,
  url: string,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<Tab> {
  const context = await browser.newContext({ baseURL: url, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on("pageerror", (error) => troubles.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") troubles.push(message.text());
  });
  return {
    page,
    context,
    troubles,
    async open(path) {
      await page.goto(path);
      await page.locator("main h1").first().waitFor();
    },
    [Symbol.asyncDispose]: () => context.close(),
  };
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/**
 * axe finds nothing to say of the page as it is now.
 *
 * @param rules `colours` looks at contrast alone: in a second theme nothing else differs.
 */
export async function expectAccessible(page: Page, rules: "all" | "colours" = "all"): Promise<void> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate<{ violations: Violation[] }>(
    rules === "all" ? "axe.run()" : "axe.run({ runOnly: ['color-contrast'] })",
  );
  const said = violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`),
  );
  expect(said).toEqual([]);
}
