import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyOf, get, makeCatalogue, startServer, type TestServer } from "../support/server.ts";
import { expectAccessible, hasChromium, openBrowser, openTab, skipReason } from "./browser.ts";

describe.skipIf(!hasChromium)(`watching${skipReason}`, () => {
  let server: TestServer;
  let browser: Browser;
  beforeAll(async () => {
    server = await startServer({}, { database: copyOf(await makeCatalogue()) });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
    expect(await server.stop()).toBe(0);
  });

  const part = (page: Page, name: string) => page.getByRole("img", { name: new RegExp(`^${name}:`) });

  test("the drawing shows what happens", async () => {
    await using tab = await openTab(browser, server.url);
    await tab.open("/console/watch");
    const { page } = tab;
    await part(page, "Writer").waitFor();
    await page.getByText("Live", { exact: true }).first().waitFor();
    const asking = new AbortController();
    const asked = ask(asking.signal);
    await page.locator(".flow[data-flows] .dots").first().waitFor({ state: "attached" });
    await page.getByRole("img", { name: /^Clients: [1-9]/ }).waitFor();
    await page.getByRole("cell", { name: "tracks.get" }).waitFor();
    await expectAccessible(page);
    asking.abort();
    await asked;
    expect(tab.troubles).toEqual([]);
  });

  /** Different tracks, so that readers have something to do. */
  async function ask(signal: AbortSignal): Promise<void> {
    for (let id = 1; !signal.aborted; id = (id % 500) + 1) await get(server, `/v1/tracks/${id}`);
  }

  test("without motion, nothing moves", async () => {
    await using tab = await openTab(browser, server.url, { reducedMotion: "reduce" });
    await tab.open("/console/watch");
    await part(tab.page, "Writer").waitFor();
    expect(await tab.page.evaluate("document.getAnimations().length")).toBe(0);
  });

  test("each page is read by everybody, in both themes and on a phone", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      await using tab = await openTab(browser, server.url, {
        colorScheme,
        viewport: { width: 390, height: 844 },
      });
      for (const path of ["", "/history", "/queries", "/health"]) {
        await tab.open(`/console/watch${path}`);
        await tab.page.locator(".charts, .statements, .checks, .empty").first().waitFor();
        await expectAccessible(tab.page);
        const over = await tab.page.evaluate("document.documentElement.scrollWidth - innerWidth");
        expect(over, path).toBeLessThanOrEqual(0);
      }
      expect(tab.troubles).toEqual([]);
    }
  });

  test("a statement shows its plan, and the adviser answers", async () => {
    await using tab = await openTab(browser, server.url);
    await tab.open("/console/watch/queries?sort=count");
    const { page } = tab;
    await page.getByText("tracks.get", { exact: true }).first().click();
    await page.getByRole("heading", { name: "Plan" }).first().waitFor();
    await page.getByRole("button", { name: "Look for an index" }).first().click();
    await page
      .getByText(/No index helps|to build/)
      .first()
      .waitFor();
    expect(tab.troubles).toEqual([]);
  });

  test("an end of the server is told, and the next start", async () => {
    const settings = { CHINOOK_PORT: new URL(server.url).port };
    await using tab = await openTab(browser, server.url);
    await tab.open("/console/watch");
    await part(tab.page, "Writer").waitFor();
    expect(await server.stop()).toBe(0);
    await tab.page.getByText("The server does not answer").waitFor();
    await tab.page.getByText("Connection lost").waitFor();
    server = await startServer(settings, { database: server.database });
    await tab.page.getByText("Connected again").waitFor();
    await tab.page.getByText("Restarted while you watched").waitFor();
    await tab.page.getByText("Live", { exact: true }).first().waitFor();
  });
});
