// The page before a gateway that serves nobody without a key.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { SHOTS, ask, browse, clean, isOver, open, real, shot, state } from "./harness.mjs";

const KEY = "canary-key-0815";
const WANTED = "This gateway asks for an API key. Enter yours, and its models are listed.";

describe("a gateway with keys", { concurrency: false }, () => {
  let browser;
  let gateway;

  before(async () => {
    const digest = `sha256:${createHash("sha256").update(KEY).digest("hex")}`;
    const GATEWAY_CONFIG = path.join(SHOTS, "keys.yaml");
    const withKeys = (base_url) => {
      const config = { upstreams: { mock: { base_url } }, default_upstream: "mock", keys: { inline: [{ name: "tester", digest }] } };
      writeFileSync(GATEWAY_CONFIG, JSON.stringify(config));
      return { GATEWAY_CONFIG };
    };
    gateway = await real(withKeys);
    browser = await browse();
  });
  after(() => Promise.all([browser?.close(), gateway?.end()]));

  const note = (page) => page.locator("#key-note").innerText();
  const models = (page) => page.$$eval("#model option", (options) => options.map(({ value }) => value));
  const enter = async (page, key) => {
    await page.fill("#key", key);
    await page.locator("#key").blur();
  };

  test("is asked for nothing in vain, and the page asks for the key", async () => {
    const page = await open(browser, gateway.url);
    await page.waitForFunction((wanted) => document.querySelector("#status").textContent === wanted, WANTED);
    assert.equal(await note(page), WANTED);
    assert.equal(await page.getAttribute("#key", "aria-invalid"), "true");
    await shot(page, "key-wanted");
    await page.fill("#prompt", "Why is the sky blue?");
    await page.click("#send");
    assert.equal(await page.evaluate(() => document.activeElement.id), "key");
    assert.equal(await page.inputValue("#prompt"), "Why is the sky blue?");
    await enter(page, KEY);
    await page.waitForFunction(() => document.querySelector("#model").value === "mock-reasoner");
    await page.waitForFunction(() => document.querySelector("#health").textContent === "upstream reachable");
    assert.deepEqual(await models(page), ["mock-reasoner", "deliberate", ""]);
    assert.match(await note(page), /^Stays in this tab’s memory/);
    assert.equal(await page.getAttribute("#key", "aria-invalid"), "false");
    assert.equal(await page.locator("#status").innerText(), "Ready.");
    await ask(page, "Why is the sky blue?");
    await isOver(page);
    assert.equal(await state(page, "answer"), "done");
    await clean(page, gateway.url);
  });

  test("says that it does not know a key, with one refusal", async () => {
    const page = await open(browser, gateway.url);
    const refused = [];
    page.on("response", (response) => response.status() === 401 && refused.push(response.url()));
    page.expected = ["status of 401"];
    await enter(page, "wrong");
    await page.waitForFunction(() => document.querySelector("#key-note").textContent.startsWith("This gateway does not know that API key."));
    await enter(page, KEY);
    await page.waitForFunction(() => document.querySelector("#model").value === "mock-reasoner");
    assert.deepEqual(refused, [`${gateway.url}/v1/models`]);
    await clean(page, gateway.url);
  });
});
