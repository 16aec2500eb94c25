import { expect, test } from "vitest";
import { remembered } from "../../src/main/engine/remembered.ts";

test("a remembered value is computed again only after its lifetime", async () => {
  let [time, asked] = [0, 0];
  const ask = remembered(
    100,
    async () => ++asked,
    () => time,
  );
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
  time = 99;
  expect(await ask()).toBe(1);
  time = 100;
  expect(await ask()).toBe(2);
});
