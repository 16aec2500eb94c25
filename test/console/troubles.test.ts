import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PASSWORD, person, startRequired } from "../people/support.ts";
import { copyOf, makeCatalogue, post, startServer, type TestServer } from "../support/server.ts";
import { expectAccessible, hasChromium, openBrowser, openTab, skipReason } from "./browser.ts";

describe.skipIf(!hasChromium)(`the console where not all is well${skipReason}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  test("a server that ends and starts again is told, and what is shown is read anew", async () => {
    const database = copyOf(await makeCatalogue());
    const first = await startServer({}, { database });
    await using tab = await openTab(browser, first.url);
    const { page } = tab;
    await tab.open("/console/artists/1");
    await first.kill();
    await page.getByRole("link", { name: "Browse" }).click();
    await page.getByText("The server does not answer. Trying again…").waitFor();
    await using second = await startServer({ CHINOOK_PORT: new URL(first.url).port }, { database });
    await post(second, "/v1/genres", { name: "Something new" });
    await page.getByText("Connected again.").waitFor();
    await page
      .getByRole("link", { name: /Genres/ })
      .last()
      .click();
    await page.getByText("Something new").waitFor();
    await tab.context.setOffline(true);
    await page.getByRole("link", { name: "Albums" }).first().click();
    await page.getByText("The server does not answer. Trying again…").waitFor();
    await tab.context.setOffline(false);
    await page.getByRole("heading", { level: 1, name: "Albums" }).waitFor();
    await page.locator("tbody tr").first().waitFor();
  });

  test("an empty database is said to be empty, and can be filled from the page", async () => {
    await using server = await startServer();
    await using tab = await openTab(browser, server.url);
    const { page } = tab;
    await tab.open("/console");
    await page.getByText("The catalogue is empty.").waitFor();
    await expectAccessible(page);
    await tab.open("/console/browse/artists");
    await page.getByText("No rows.").waitFor();
    await page.getByRole("button", { name: "New" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("The First");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { level: 1, name: "The First" }).waitFor();
    expect(tab.troubles).toEqual([]);
  });

  describe("with accounts", () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startRequired({ CHINOOK_ANONYMOUS: "read" }, copyOf(await makeCatalogue()));
      await person(server, "ada@example.com", "listener", "Ada");
      await person(server, "root@example.com", "admin", "Root");
    });
    afterAll(async () => {
      expect(await server.stop()).toBe(0);
    });

    const signIn = async (page: import("playwright-core").Page, email: string, password: string) => {
      await page.getByLabel("Email").fill(email);
      await page.getByLabel("Password").fill(password);
      await page.locator("form.sign-in").getByRole("button", { name: "Sign in" }).click();
    };

    test("a stranger reads, signs in, keeps a favourite and signs out", async () => {
      await using tab = await openTab(browser, server.url);
      const { page } = tab;
      await tab.open("/console/tracks/1");
      await page.getByRole("heading", { name: "Similar tracks" }).waitFor();
      expect(await page.getByRole("button", { name: "Favourite" }).count()).toBe(0);
      await page.getByRole("link", { name: "Sign in" }).click();
      await expectAccessible(page);
      await signIn(page, "ada@example.com", "wrong wrong wrong");
      await page.getByRole("alert").waitFor();
      await signIn(page, "ada@example.com", PASSWORD);
      await page.getByText("Ada", { exact: true }).waitFor();
      await tab.open("/console/tracks/1");
      await page.getByRole("button", { name: "Favourite", pressed: false }).click();
      await page.getByRole("button", { name: "Favourite", pressed: true }).waitFor();
      expect(await page.getByRole("button", { name: "Edit" }).count()).toBe(0);
      expect(await page.getByRole("link", { name: "Watch" }).count()).toBe(0);
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByRole("link", { name: "Sign in" }).waitFor();
      await page.reload();
      await page.getByRole("link", { name: "Sign in" }).waitFor();
    });

    test("an address that somebody made up leads no further than the console", async () => {
      await using tab = await openTab(browser, server.url);
      await tab.open("/console/sign-in?from=//evil.example/console");
      await signIn(tab.page, "root@example.com", PASSWORD);
      await tab.page.waitForURL("**/console");
      await tab.page.getByRole("link", { name: "Watch" }).waitFor();
    });
  });

  test("where strangers may not read, they are asked to sign in and come back to where they were", async () => {
    await using server = await startRequired({ CHINOOK_ANONYMOUS: "none" }, copyOf(await makeCatalogue()));
    await person(server, "ada@example.com", "listener", "Ada");
    await using tab = await openTab(browser, server.url);
    const { page } = tab;
    await page.goto("/console/albums/1");
    await page.getByRole("main").getByRole("link", { name: "Sign in" }).first().click();
    await page.getByLabel("Email").fill("ada@example.com");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/console/albums/1");
    await page.locator(".track").first().waitFor();
  });
});
