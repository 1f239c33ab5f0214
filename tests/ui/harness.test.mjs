// What the other tests start: it fails with its reason, and leaves nothing running.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";

import { real } from "./harness.mjs";

// How many programs run. One that has just ended still counts until the event loop comes round.
async function children() {
  const count = () => process.getActiveResourcesInfo().filter((kind) => kind === "ProcessWrap").length;
  for (let round = 0; round < 100 && count(); round += 1) await setImmediate();
  return count();
}

test("a gateway that can't start fails with what it said, and the mock ends too", async () => {
  const begun = performance.now();
  await assert.rejects(real(() => ({ BIND_ADDR: "nowhere" })), /inference-gateway never said it:[^]*BIND_ADDR=nowhere/);
  assert.equal(await children(), 0);
  assert.ok(performance.now() - begun < 10_000);
});

test("a gateway that has started runs until its end", async () => {
  const gateway = await real();
  const running = await children();
  await gateway.end();
  assert.deepEqual([running, await children()], [2, 0]);
});
