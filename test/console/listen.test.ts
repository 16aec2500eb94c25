import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  copyOf,
  type Json,
  makeCatalogue,
  patch,
  post,
  startServer,
  type TestServer,
} from "../support/server.ts";
import { expectAccessible, hasChromium, openBrowser, openTab, skipReason, type Tab } from "./browser.ts";

const HOSTILE = `<img src=x onerror="document.title='owned'"> & "quotes"`;
const RTL = "أغنية الليل";
const CJK = "夜の港";

describe.skipIf(!hasChromium)(`Listen${skipReason}`, () => {
  let server: TestServer;
  let browser: Browser;
  let hostile: Json;
  let tab: Tab;
  let page: Page;

  beforeAll(async () => {
    server = await startServer({}, { database: copyOf(await makeCatalogue()) });
    browser = await openBrowser();
    hostile = await entity("artists", { name: HOSTILE });
    const album = await entity("albums", { title: RTL, artist_id: hostile.id });
    for (const name of [HOSTILE, CJK, "Wonderful Harbour"])
      await entity("tracks", {
        name,
        album_id: album.id,
        media_type_id: 1,
        milliseconds: 61_500,
        unit_price: 1,
      });
    tab = await openTab(browser, server.url);
    page = tab.page;
  });
  afterAll(async () => {
    await browser.close();
    expect(await server.stop()).toBe(0);
  });

  async function entity(kind: string, body: Json): Promise<Json> {
    const { status, json, text } = await post(server, `/v1/${kind}`, body);
    expect(status, text).toBe(201);
    return json;
  }

  const heading = (name: string) => page.getByRole("heading", { level: 1, name }).waitFor();

  test("finds a track by a misspelt name, records a play and shows what is similar", async () => {
    await tab.open("/console");
    await page.keyboard.press("/");
    await page.keyboard.type("wonderfull harbor");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "Wonderful Harbour", exact: true }).click();
    await heading("Wonderful Harbour");
    await page.getByRole("button", { name: "Record a play", exact: true }).click();
    await page.getByText("Played “Wonderful Harbour”.").waitFor();
    await page.getByRole("heading", { name: "Similar tracks" }).waitFor();
    expect(tab.troubles).toEqual([]);
  });

  test("suggests names while one types, for the arrow keys", async () => {
    await tab.open("/console");
    const field = page.getByRole("combobox");
    await field.fill("夜");
    await page.getByRole("option", { name: CJK }).waitFor();
    await field.press("ArrowDown");
    expect(await page.getByRole("option", { name: CJK }).getAttribute("aria-selected")).toBe("true");
    await field.press("Enter");
    await heading(CJK);
  });

  test("shows names as they are: hostile, right to left, Chinese", async () => {
    await tab.open(`/console/artists/${hostile.id}`);
    expect(await page.locator("h1").textContent()).toBe(HOSTILE);
    expect(await page.locator("h1").evaluate((node) => node.dir)).toBe("auto");
    await page.getByRole("link", { name: RTL }).first().waitFor();
    await tab.open(`/console/search?q=${encodeURIComponent("img onerror")}`);
    await page.locator(".track mark").first().waitFor();
    expect(await page.locator("main img").count()).toBe(0);
    expect(await page.title()).toContain("Search");
  });

  test("shows both versions when somebody changed something meanwhile", async () => {
    const track = await entity("tracks", {
      name: "First",
      media_type_id: 1,
      milliseconds: 1_000,
      unit_price: 1,
    });
    await tab.open(`/console/tracks/${track.id}`);
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("Mine");
    await page.getByRole("textbox", { name: "Composer" }).fill("My composer");
    await patch(server, `/v1/tracks/${track.id}`, { name: "Theirs", unit_price: 2 });
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Somebody changed this meanwhile" }).waitFor();
    await expectAccessible(page);
    const name = page.getByRole("group", { name: "Name" });
    await name.getByRole("radio", { name: /Theirs/ }).check();
    await page.getByRole("button", { name: "Save what is chosen" }).click();
    await heading("Theirs");
    await page.getByText("My composer").waitFor();
  });

  test("keeps a playlist's order", async () => {
    const list = await entity("playlists", { name: "Mix" });
    for (const track_id of [1, 2, 3]) await post(server, `/v1/playlists/${list.id}/tracks`, { track_id });
    await tab.open(`/console/playlists/${list.id}`);
    const names = page.locator(".track-name");
    const second = await names.nth(1).textContent();
    await page.getByRole("button", { name: `Move ${second} up` }).click();
    await page.locator(".track").first().getByText(second!, { exact: true }).waitFor();
    await page.getByRole("button", { name: `Remove ${second} from the playlist` }).click();
    await expect.poll(() => page.locator(".track").count()).toBe(2);
    const shown = await names.allTextContents();
    await page.getByText("2 tracks").waitFor();
    await page.reload();
    await names.nth(1).waitFor();
    expect(await names.allTextContents()).toEqual(shown);
  });

  test("keeps favourites and ratings, takes comments and tags", async () => {
    await tab.open("/console/tracks/1");
    await page.getByRole("button", { name: "Favourite" }).click();
    await page.getByRole("button", { name: "4 stars" }).click();
    await page.getByPlaceholder("Say something").fill(HOSTILE);
    await page.getByRole("button", { name: "Send" }).click();
    await page.locator(".comment-text").getByText(HOSTILE).waitFor();
    await page.getByPlaceholder("New tag").fill("late night");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("link", { name: "late night" }).waitFor();
    await tab.open("/console/library");
    await page.getByText("Track, ★★★★").waitFor();
  });

  test.each([
    "",
    "/search?q=love",
    "/artists/1",
    "/albums/1",
    "/tracks/1",
    "/genres/1",
    "/playlists",
    "/playlists/1",
    "/library",
  ])("/console%s has nothing that axe finds, in both themes, and fits a phone", async (path) => {
    await page.emulateMedia({ colorScheme: "light" });
    await tab.open(`/console${path}`);
    await page.waitForLoadState("networkidle");
    await expectAccessible(page);
    await page.emulateMedia({ colorScheme: "dark" });
    await expectAccessible(page, "colours");
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
    await page.setViewportSize({ width: 1_280, height: 800 });
  });

  test("nothing of all this was refused or failed in the browser", () => {
    // The refused save of the conflict is told by the browser, too.
    expect(tab.troubles.filter((text) => !text.includes("412"))).toEqual([]);
  });
});
