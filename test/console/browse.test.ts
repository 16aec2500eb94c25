import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyOf, makeCatalogue, startServer, type TestServer } from "../support/server.ts";
import { expectAccessible, hasChromium, openBrowser, openTab, skipReason, type Tab } from "./browser.ts";

describe.skipIf(!hasChromium)(`Browse${skipReason}`, () => {
  let server: TestServer;
  let browser: Browser;
  let tab: Tab;
  let page: Page;

  beforeAll(async () => {
    server = await startServer({}, { database: copyOf(await makeCatalogue()) });
    browser = await openBrowser();
    tab = await openTab(browser, server.url);
    page = tab.page;
  });
  afterAll(async () => {
    await browser.close();
    expect(await server.stop()).toBe(0);
  });

  /** The texts of a column, counted from 0. */
  const column = (index: number) => page.locator(`tbody td:nth-child(${index + 1})`).allTextContents();

  /** The file that a button gives. */
  async function downloaded(button: string): Promise<string> {
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: button, exact: true }).click(),
    ]);
    return readFile(await file.path(), "utf8");
  }

  test("sorts, filters and counts tracks, and the address says how", async () => {
    await tab.open("/console/browse/tracks");
    await page.getByRole("button", { name: "Duration" }).click();
    await page.waitForURL("**/tracks?sort=milliseconds");
    const facet = page.getByRole("group", { name: "Genre" }).getByRole("button").first();
    const [, many] = /(\d+)$/.exec((await facet.textContent())!.trim())!;
    await facet.click();
    await page.getByText(`of ${many}`).waitFor();
    expect(new Set(await column(4)).size).toBe(1);
    expect(page.url()).toContain("genre_id=");
  });

  test("goes forth and back through a long list", async () => {
    await tab.open("/console/browse/tracks");
    await page.getByText("1–50 of 500").waitFor();
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("51–100 of 500").waitFor();
    expect((await column(0))[0]).toBe("51");
    await page.getByRole("button", { name: "Previous" }).click();
    await page.getByText("1–50 of 500").waitFor();
  });

  test("gives the columns that are shown as CSV and JSON, for all rows of the filter", async () => {
    await tab.open("/console/browse/genres");
    await page.locator("summary", { hasText: "Columns" }).click();
    await page.getByRole("checkbox", { name: "Changed" }).uncheck();
    const lines = (await downloaded("CSV")).trimEnd().split("\r\n");
    expect(lines[0]).toBe("id,name");
    const rows = JSON.parse(await downloaded("JSON"));
    expect(rows).toHaveLength(lines.length - 1);
    expect(Object.keys(rows[0])).toEqual(["id", "name"]);
    await page.reload();
    await page.locator("tbody tr").first().waitFor();
    expect(await page.locator("th").count()).toBe(2);
  });

  test("links in place of ids lead from an invoice to its customer and its tracks", async () => {
    await tab.open("/console/browse/invoices/1");
    await page.getByRole("region", { name: "Lines" }).getByRole("link").first().waitFor();
    await page.locator("dd a").first().click();
    await page.waitForURL("**/console/browse/customers/*");
    await page.getByRole("heading", { level: 1, name: "Customers #" }).waitFor();
  });

  test("runs SQL that reads, with its plan beside the rows, and keeps queries by name", async () => {
    await tab.open("/console/sql");
    await page.getByRole("textbox", { name: "SQL statement" }).fill("SELECT name FROM tracks ORDER BY bytes");
    await page.getByRole("combobox", { name: "Rows at most" }).selectOption("100");
    await page.keyboard.press("Control+Enter");
    await page.getByText("100 rows in").waitFor();
    await page.getByText("There are more").waitFor();
    await page.getByText("SCAN tracks").waitFor();
    await expectAccessible(page);
    await page.getByPlaceholder("Name of this query").fill("By size");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.reload();
    await page.getByRole("button", { name: "By size", exact: true }).waitFor();
  });

  test("says what SQL is refused", async () => {
    await tab.open("/console/sql");
    const statement = page.getByRole("textbox", { name: "SQL statement" });
    await statement.fill("DELETE FROM tracks");
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByRole("alert").waitFor();
  });

  test.each(["browse", "browse/tracks", "browse/albums", "browse/invoices/1", "browse/media-types/1", "sql"])(
    "/console/%s has nothing that axe finds, in both themes, and fits a phone",
    async (path) => {
      await page.emulateMedia({ colorScheme: "light" });
      await tab.open(`/console/${path}`);
      await page.waitForLoadState("networkidle");
      await expectAccessible(page);
      await page.emulateMedia({ colorScheme: "dark" });
      await expectAccessible(page, "colours");
      await page.setViewportSize({ width: 390, height: 844 });
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
      await page.setViewportSize({ width: 1_280, height: 800 });
    },
  );

  test("nothing of all this was refused or failed in the browser", () => {
    // The browser tells of the SQL that was refused, too.
    expect(tab.troubles.filter((text) => !/status of 4/.test(text))).toEqual([]);
  });
});
