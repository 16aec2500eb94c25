import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { COMMANDS } from "../../src/main/features/index.ts";

/** docs/cluster.md leaves no command out: `npx vitest run test/cluster/commands.test.ts` runs each of them on rqlite. */
test("every command is in the table of docs/cluster.md, and no other", () => {
  const page = readFileSync(resolve(import.meta.dirname, "../../docs/cluster.md"), "utf8");
  const rows = page.split("\n").filter((line) => /^\| .* \| (yes|no):? /.test(line));
  const named = rows.flatMap((row) =>
    [...row.split("|")[1]!.matchAll(/`([\w.-]+)`/g)].map(([, name]) => name),
  );
  expect(named.toSorted()).toEqual(COMMANDS.map(({ name }) => name).toSorted());
});
