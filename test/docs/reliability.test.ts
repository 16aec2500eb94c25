import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const page = readFileSync(new URL("docs/reliability.md", root), "utf8");
const scripts = JSON.parse(readFileSync(new URL("package.json", root), "utf8")).scripts;

test("every test and script named in docs/reliability.md exists", () => {
  const files = new Set([...page.matchAll(/`(test\/[\w/.-]+)`/g)].map(([, file]) => file!));
  expect(files.size).toBeGreaterThan(5);
  for (const file of files) expect(existsSync(new URL(file, root)), file).toBe(true);
  for (const [, script] of page.matchAll(/`npm run (\w+)/g)) expect(scripts, script).toHaveProperty(script!);
});
