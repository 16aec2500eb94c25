import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { logIn, PASSWORD, person, startRequired } from "../people/support.ts";
import {
  copyOf,
  get,
  makeCatalogue,
  startServer,
  type TestServer,
  temporaryFolder,
} from "../support/server.ts";
import { expectAccessible, hasChromium, openBrowser, openTab, skipReason, type Tab } from "./browser.ts";

const PAGES = ["", "/jobs", "/backups", "/migrations", "/settings"];
/** What another process does takes as long as it takes. */
const PATIENT = { timeout: 30_000 };
const PEOPLE = ["/users", "/keys", "/sessions", "/audit"];

/** Opens a page of the section, whose heading is no sign of its content. */
async function show(tab: Tab, path: string): Promise<void> {
  await tab.open(`/console/do${path}`);
  await tab.page.locator("main table, main .facts, main .settings, main .empty").first().waitFor();
}

/** A button, the question that it asks, and what is said when it was done. */
async function agree(page: Page, button: string, said: string | RegExp): Promise<void> {
  await page.getByRole("button", { name: button, exact: true }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: button, exact: true }).click();
  await page.getByRole("status").getByText(said).waitFor();
}

async function press(page: Page, button: string, said: string | RegExp): Promise<void> {
  await page.getByRole("button", { name: button, exact: true }).first().click();
  await page.getByRole("status").getByText(said).first().waitFor();
}

describe.skipIf(!hasChromium)(`acting without accounts${skipReason}`, () => {
  let server: TestServer;
  let browser: Browser;
  beforeAll(async () => {
    const settings = {
      CHINOOK_BACKUP_DIR: join(temporaryFolder(), "b"),
      CHINOOK_BACKUP_KEEP_LAST: "1",
      CHINOOK_BACKUP_KEEP_DAILY: "0",
      CHINOOK_BACKUP_KEEP_WEEKLY: "0",
    };
    server = await startServer(settings, { database: copyOf(await makeCatalogue()) });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
    expect(await server.stop()).toBe(0);
  });

  test("each page is read by everybody, in both themes and on a phone", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      await using tab = await openTab(browser, server.url, {
        colorScheme,
        viewport: { width: 390, height: 844 },
      });
      for (const path of PAGES) {
        await show(tab, path);
        await expectAccessible(tab.page);
        expect(
          await tab.page.evaluate("document.documentElement.scrollWidth - innerWidth"),
          path,
        ).toBeLessThanOrEqual(0);
      }
      expect(tab.troubles).toEqual([]);
    }
  });

  test("cache, text index, vectors and database do what their buttons say", async () => {
    await using tab = await openTab(browser, server.url);
    const { page } = tab;
    await show(tab, "");
    await get(server, "/v1/genres");
    await agree(page, "Empty the cache", "The cache is empty");
    expect((await get(server, "/v1/genres")).headers.get("cache-status")).toContain("fwd=miss");
    await press(page, "Compare with the catalogue", "agree");
    await press(page, "Join its parts", "Joined in");
    await agree(page, "Make it anew", "Made anew in");
    await press(page, "Compute what is missing", "in the background");
    await press(page, "Empty the WAL", /in the file|held the WAL/);
    await press(page, "Refresh the planner's statistics", "Refreshed in");
    expect(tab.troubles).toEqual([]);
  });

  test("a backup is made, shown as it goes, verified, downloaded and pruned", async () => {
    await using tab = await openTab(browser, server.url);
    const { page } = tab;
    await show(tab, "/backups");
    await press(page, "Make a backup", "is being made");
    await page.getByRole("button", { name: "Verify" }).first().waitFor();
    await press(page, "Verify", "read back and checked");
    const downloading = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download" }).first().click();
    const [{ bytes }] = (await get(server, "/admin/backups")).json.data;
    const { size } = await import("node:fs").then(async ({ statSync }) =>
      statSync(await (await downloading).path()),
    );
    expect(size).toBe(bytes);
    const verified = async () => (await get(server, "/admin/jobs?kind=backup.verify&state=done")).json.data;
    await expect.poll(verified, PATIENT).toHaveLength(1);
    await page.getByRole("button", { name: "Make a backup" }).and(page.locator(":enabled")).waitFor();
    await press(page, "Make a backup", "is being made");
    await expect.poll(() => page.getByRole("button", { name: "Verify" }).count(), PATIENT).toBe(2);
    await page.getByRole("button", { name: "Remove old ones" }).click();
    await page.getByRole("dialog").getByText("1 would be removed, 1 stay").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
    await page.getByText("One backup was removed").waitFor();
    await expect.poll(() => page.getByRole("button", { name: "Verify" }).count(), PATIENT).toBe(1);
    await show(tab, "/jobs");
    await page.getByRole("cell", { name: "backup.verify" }).waitFor();
    expect(tab.troubles).toEqual([]);
  });

  test("what the server refuses is said with its hint", async () => {
    await using tab = await openTab(browser, server.url);
    await show(tab, "/backups");
    await tab.page.route("**/admin/backups", (route) =>
      route.continue({ url: `${server.url}/admin/backups?reason=none` }),
    );
    await tab.page.getByRole("button", { name: "Make a backup" }).click();
    await tab.page
      .getByRole("status")
      .getByText(/Invalid/)
      .waitFor();
  });

  test("settings are found by a word and by where they came from", async () => {
    await using tab = await openTab(browser, server.url);
    await show(tab, "/settings");
    const { page } = tab;
    await page.getByLabel("Only those that were set").check();
    await page.getByPlaceholder("Filter by name").fill("keep");
    await page.getByText("CHINOOK_BACKUP_KEEP_LAST", { exact: true }).waitFor();
    expect(await page.locator(".settings > li").count()).toBe(3);
    expect(await page.getByRole("link", { name: "Audit" }).count()).toBe(0);
  });
});

describe.skipIf(!hasChromium)(`acting with accounts${skipReason}`, () => {
  let server: TestServer;
  let browser: Browser;
  beforeAll(async () => {
    server = await startRequired({}, copyOf(await makeCatalogue()));
    await person(server, "ada@example.com", "admin", "Ada");
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
    expect(await server.stop()).toBe(0);
  });

  async function signedIn(path: string): Promise<Tab> {
    const tab = await openTab(browser, server.url);
    await tab.page.goto(`/console/sign-in?from=/console/do${path}`);
    await tab.page.getByLabel("Email").fill("ada@example.com");
    await tab.page.getByLabel("Password").fill(PASSWORD);
    await tab.page.getByRole("button", { name: "Sign in" }).click();
    await tab.page.waitForURL(`**/console/do${path}`);
    await tab.page.locator("main table, main .facts").first().waitFor();
    return tab;
  }

  test("nobody sees anything before signing in, and a listener is told so", async () => {
    await using stranger = await openTab(browser, server.url);
    await stranger.page.goto("/console/watch");
    await stranger.page.getByText("Sign in to see this").waitFor();
    const bob = await person(server, "bob@example.com");
    await using tab = await openTab(browser, server.url, { extraHTTPHeaders: bob.headers });
    await tab.page.goto("/console/do/backups");
    await tab.page.getByText("You may not see this").first().waitFor();
    await tab.page.goto("/console/watch");
    await tab.page.getByText("You may not see this").first().waitFor();
  });

  test("each page about people is read by everybody", async () => {
    await using tab = await signedIn("");
    for (const path of PEOPLE) {
      await show(tab, path);
      await expectAccessible(tab.page);
    }
    await tab.page.setViewportSize({ width: 390, height: 844 });
    for (const path of PEOPLE) {
      await show(tab, path);
      expect(
        await tab.page.evaluate("document.documentElement.scrollWidth - innerWidth"),
        path,
      ).toBeLessThanOrEqual(0);
    }
  });

  test("a user is added, gets another role and a link, is disabled and enabled", async () => {
    await using tab = await signedIn("/users");
    const { page } = tab;
    await page.getByRole("button", { name: "Add a user" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Email").fill("ada@example.com");
    await dialog.getByRole("button", { name: "Add a user" }).click();
    await dialog.getByRole("alert").waitFor();
    await dialog.getByLabel("Email").fill("eve@example.com");
    await dialog.getByLabel("Name").fill("<img src=x onerror=alert(1)>");
    await dialog.getByRole("button", { name: "Add a user" }).click();
    expect(await page.getByRole("textbox", { name: "Link to choose a password" }).inputValue()).toContain(
      server.url,
    );
    await page.getByRole("button", { name: "I have kept it" }).click();
    const row = page.getByRole("row", { name: /<img/ });
    await row.getByRole("combobox").selectOption("editor");
    await page.getByText("is now Editor").waitFor();
    await row.getByRole("button", { name: "Disable" }).click();
    await expectAccessible(page);
    await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
    await row.getByText("disabled", { exact: true }).waitFor();
    await row.getByRole("button", { name: "Enable" }).click();
    await row.getByText("active", { exact: true }).waitFor();
  });

  test("a key is shown once, works, and is revoked", async () => {
    await using tab = await signedIn("/users");
    const { page } = tab;
    await tab.open("/console/do/keys");
    await page.getByRole("button", { name: "Make a key" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("player");
    await dialog.getByLabel("Owner's email").fill("ada@example.com");
    await dialog.getByLabel("operate:read").check();
    await dialog.getByRole("button", { name: "Make a key" }).click();
    const key = await page.getByRole("textbox", { name: "The key" }).inputValue();
    await expectAccessible(page);
    await page.getByRole("button", { name: "I have kept it" }).click();
    const headers = { authorization: `Bearer ${key}` };
    expect((await get(server, "/health", headers)).status).toBe(200);
    expect(await page.content()).not.toContain(key);
    await agree(page, "Revoke", "is revoked");
    expect((await get(server, "/health", headers)).status).toBe(401);
    await show(tab, "/audit?command=keys");
    await page.getByRole("cell", { name: "keys.revoke" }).waitFor();
  });

  test("another session is ended; a session that ends elsewhere ends the stream, too", async () => {
    const other = await logIn(server, "ada@example.com");
    await using tab = await signedIn("/sessions");
    const { page } = tab;
    await page.getByRole("row").nth(1).waitFor();
    while ((await get(server, "/v1/me", other.headers)).status === 200)
      await agree(page, "End it", "has ended");
    await tab.open("/console/watch");
    await page.getByText("Live", { exact: true }).first().waitFor();
    const mine = await logIn(server, "ada@example.com");
    await fetch(`${server.url}/v1/sessions`, { method: "DELETE", headers: mine.headers });
    await page.getByText("Sign in to see this").waitFor();
  });
});
