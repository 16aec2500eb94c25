import { expect, test } from "vitest";
import { SCOPES } from "../../src/main/features/console/app/do/scopes.ts";
import { PERMISSIONS } from "../../src/main/http/access.ts";

test("the console offers every permission as a scope of a new key", () => {
  expect(SCOPES.toSorted()).toEqual(PERMISSIONS.toSorted());
});
