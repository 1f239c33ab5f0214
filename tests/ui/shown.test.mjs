// The page before a gateway that shows less than the page asks for.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { ask, browse, clean, isOver, open, real, state } from "./harness.mjs";

describe("a gateway that shows no reasoning", { concurrency: false }, () => {
  let browser;
  let gateway;

  before(async () => {
    [browser, gateway] = await Promise.all([browse(), real(() => ({ REASONING_VISIBILITY: "none" }))]);
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
