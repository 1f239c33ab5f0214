// The page before a gateway that shows less of the reasoning than a summary, and before one that shows more.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { ask, browse, clean, isOver, open, real, shot, state } from "./harness.mjs";

describe("a gateway that shows no reasoning", { concurrency: false }, () => {
  let browser;
  let gateway;

  before(async () => {
    gateway = await real(() => ({ REASONING_VISIBILITY: "none" }));
    browser = await browse();
  });
  after(() => Promise.all([browser?.close(), gateway?.end()]));

  test("is waited for no summary of it, and is in order", async () => {
    const page = await open(browser, gateway.url);
    await ask(page, "Why is the sky blue?");
    await isOver(page);
    assert.equal(await state(page, "prompt"), "done");
    assert.equal(await state(page, "reasoning"), "off");
    assert.equal(await state(page, "answer"), "done");
    assert.equal(await page.locator("#order").innerText(), "in order");
    await clean(page, gateway.url);
  });
});

describe("a gateway that shows raw reasoning", { concurrency: false }, () => {
  let browser;
  let gateway;

  before(async () => {
    gateway = await real(() => ({ REASONING_VISIBILITY: "raw" }));
    browser = await browse();
  });
  after(() => Promise.all([browser?.close(), gateway?.end()]));

  for (const [what, boxes] of [
    ["with both summaries", []],
    ["without a summary of it", ["reasoning_summary"]],
    ["without any summary", ["prompt_summary", "reasoning_summary"]],
  ]) {
    test(`is in order ${what}, and shows it`, async () => {
      const page = await open(browser, gateway.url);
      await page.selectOption("#visibility", "raw");
      for (const name of boxes) await page.uncheck(`[name=${name}]`);
      await ask(page, "Why is the sky blue?");
      await page.waitForSelector("#pane-reasoning .raw");
      assert.equal(await state(page, "reasoning"), "thinking");
      await isOver(page);
      await page.waitForFunction(() => document.querySelector("#inspector tbody").textContent.includes("output.done"));
      assert.equal(await page.locator("#order").innerText(), "in order");
      assert.equal(await page.locator("#inspector .disorder").count(), 0);
      assert.ok(await page.locator("#inspector .expand", { hasText: /^reasoning\.delta$/ }).count() > 10);
      assert.ok((await page.locator("#pane-reasoning .raw").innerText()).length > 100);
      assert.equal(await page.locator("#pane-reasoning .hint").count(), 0);
      assert.deepEqual([await state(page, "reasoning"), await state(page, "answer")], ["done", "done"]);
      if (what === "without a summary of it") await shot(page, "raw-without-summary");
      await clean(page, gateway.url);
    });
  }
});
