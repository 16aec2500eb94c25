import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadBundle } from "../../src/main/features/console/bundle.ts";
import { get, startServer, type TestServer } from "../support/server.ts";
import { expectAccessible, hasChromium, openBrowser, openTab, skipReason } from "./browser.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

describe("the console's files", () => {
  const accept = { accept: "text/html" };

  test("a browser is led from / to the console, whose pages are one document", async () => {
    const { url, text, headers } = await fetched("/", accept);
    expect(url).toBe(`${server.url}/console`);
    expect(headers.get("content-security-policy")).toContain("script-src 'self';");
    expect((await get(server, "/console/sign-in?from=/console")).text).toBe(text);
    expect((await get(server, "/console/no/such/page")).json.code).toBe("route_unknown");
  });

  test("are named by their version, tagged, kept for good and compressed", async () => {
    const { text } = await get(server, "/console");
    const files = [...text.matchAll(/"(\/console\/assets\/[^"]+)"/g)].map(([, file]) => file!);
    expect(files.length).toBeGreaterThan(10);
    for (const file of new Set(files)) {
      const { status, headers } = await get(server, file, { "accept-encoding": "gzip" });
      expect([status, headers.get("cache-control")], file).toEqual([
        200,
        "public, max-age=31536000, immutable",
      ]);
      const again = await get(server, file, { "if-none-match": headers.get("etag")! });
      expect(again.status, file).toBe(304);
    }
    const style = await fetch(server.url + files.find((file) => file.endsWith(".css"))!, {
      headers: { "accept-encoding": "br" },
    });
    expect(style.headers.get("content-encoding")).toBe("br");
    expect((await get(server, "/console/assets/0/app/main.ts")).status).toBe(404);
    expect((await get(server, "/console/assets/../feature.ts")).status).toBe(404);
  });

  test("are less than 150 kB in all, compressed", async () => {
    const { files } = await loadBundle();
    const sizes = [...files.values()].map((text) => Math.min(text.length, gzipSync(text).length));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(150_000);
  });

  const fetched = async (path: string, headers: Record<string, string>) => {
    const response = await fetch(server.url + path, { headers });
    return { url: response.url, headers: response.headers, text: await response.text() };
  };
});

describe.skipIf(!hasChromium)(`the console in a browser${skipReason}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  test("shows its pages under the policy, without a word from the browser", async () => {
    await using tab = await openTab(browser, server.url);
    await tab.open("/console");
    await expectAccessible(tab.page);
    expect(tab.troubles).toEqual([]);
  });

  test("follows links without loading the document again, back and forth", async () => {
    await using tab = await openTab(browser, server.url);
    await tab.open("/console");
    await tab.page.evaluate("window.kept = true");
    await tab.page.evaluate(
      "history.pushState(null, '', '/console/no/such'); dispatchEvent(new Event('popstate'))",
    );
    await tab.page.getByRole("link", { name: "Go to Listen" }).click();
    await tab.page.waitForURL("**/console");
    await tab.page.goBack();
    await tab.page.getByText("There is no such page").waitFor();
    expect(await tab.page.evaluate("window.kept")).toBe(true);
  });

  test("keeps the theme that was chosen", async () => {
    await using tab = await openTab(browser, server.url, { colorScheme: "light" });
    await tab.open("/console");
    const ground = () =>
      tab.page.evaluate<string>("getComputedStyle(document.documentElement).backgroundColor");
    const light = await ground();
    for (const name of ["Theme: as the system", "Theme: light"])
      await tab.page.getByRole("button", { name }).click();
    await tab.page.reload();
    await tab.page.getByRole("button", { name: "Theme: dark" }).waitFor();
    expect(await ground()).not.toBe(light);
  });
});
