// How it looks, and for whom: contrast and names by axe, sizes, the first paint, screenshots.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { ask, browse, faults, isOver, open, real, shot } from "./harness.mjs";

const WIDE = { width: 1440, height: 1000 };
const NARROW = { width: 360, height: 780 };
const LOOKS = [
  ["light", { colorScheme: "light", viewport: WIDE }, "slow-summary"],
  ["dark", { colorScheme: "dark", viewport: WIDE }, "slow-summary"],
  ["narrow", { colorScheme: "light", viewport: NARROW, hasTouch: true }, "slow-summary"],
  ["narrow-dark-error", { colorScheme: "dark", viewport: NARROW }, "broken"],
];

describe("the look", { concurrency: false }, () => {
  let browser;
  let gateway;

  before(async () => {
    gateway = await real();
    browser = await browse();
  });
  after(() => Promise.all([browser?.close(), gateway?.end()]));

  for (const [name, options, model] of LOOKS) {
    test(`${name}: axe finds nothing, nothing is cut off`, async () => {
      const page = await open(browser, gateway.url, options);
      assert.deepEqual(await faults(page), [], "before the first question");
      await shot(page, `${name}-empty`);
      await page.click("text=Sampling and system prompt");
      await ask(page, "Why is the sky blue?", model);
      await page.waitForSelector("#pane-prompt .prose");
      await page.waitForFunction(() => document.querySelector("#pane-prompt").dataset.state === "done");
      assert.deepEqual(await faults(page), [], "while it thinks");
      await isOver(page);
      await page.waitForFunction(() => document.querySelector("#order").textContent === "in order");
      await page.locator("#inspector .expand").last().click();
      assert.deepEqual(await faults(page), [], "after the answer");
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${wide} px too wide`);
      // What has no room is scrolled to, and never left out.
      const heads = page.locator("#inspector th");
      assert.deepEqual(await heads.allInnerTexts(), ["#", "t / ms", "Δ / ms", "Event", "Bytes", "Data"]);
      for (const shown of [page.locator("#health"), ...(await heads.all()), ...(await page.locator("#inspector tbody tr:last-child td").all())]) {
        assert.ok(await shown.isVisible(), `${await shown.innerText()} is not shown`);
      }
      await shot(page, name);
      const ended = await page.finish();
      assert.deepEqual([ended.wrong, ended.violations], [[], []]);
    });
  }

  for (const colorScheme of ["light", "dark"]) {
    test(`${colorScheme}: axe finds nothing with live lines, a stop, and earlier turns`, async () => {
      const page = await open(browser, gateway.url, { colorScheme, viewport: WIDE });
      await page.check("[name=live]");
      await ask(page, "Why is the sky blue?", "thinker");
      await page.waitForSelector("#pane-reasoning .lines li");
      assert.deepEqual(await faults(page), [], "live");
      await isOver(page);
      await ask(page, "Go on for ever", "endless");
      await page.waitForSelector("#pane-answer .prose");
      await page.click("#stop");
      await isOver(page);
      assert.deepEqual(await faults(page), [], "stopped, after another turn");
      await ask(page, "And then?", "broken");
      await isOver(page);
      assert.deepEqual(await faults(page), [], "failed");
      await ask(page, "Why is the sky blue?", "mock-reasoner");
      await isOver(page);
      assert.deepEqual(await faults(page), [], "after a failed turn");
      await page.$$eval("#turns details", (turns) => turns.forEach((turn) => (turn.open = true)));
      assert.equal(await page.locator("#turns .problem h3").count(), 1);
      assert.deepEqual(await faults(page), [], "earlier turns opened");
      await shot(page, `turns-${colorScheme}`);
      await page.click("#fresh");
      await ask(page, "Why is the sky blue?", "mock-reasoner");
      await isOver(page);
      await ask(page, "And at dusk?", "mock-reasoner");
      await isOver(page);
      await page.click("#turns summary");
      assert.deepEqual(await faults(page), [], "earlier turns after a new beginning");
      const ended = await page.finish();
      assert.deepEqual([ended.wrong, ended.violations], [[], []]);
    });
  }

  test("fits every width", async () => {
    const page = await open(browser, gateway.url);
    await ask(page, "Why is the sky blue?");
    await isOver(page);
    for (const width of [320, 360, 480, 640, 768, 900, 1024, 1200, 1440, 2560]) {
      await page.setViewportSize({ width, height: 900 });
      const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(excess <= 0, `${excess} px too wide at ${width}`);
    }
    await page.finish();
  });

  test("stands still for those who asked for it", async () => {
    const page = await open(browser, gateway.url, { reducedMotion: "reduce" });
    await ask(page, "Go on for ever", "endless");
    await page.waitForSelector('#pane-answer .chip[data-state="writing"]');
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
    await page.click("#stop");
    await isOver(page);
    await page.finish();
  });

  test("is small, and there at once", async () => {
    const page = await open(browser, gateway.url);
    // Nothing is cached, but the browser runs, and has loaded the page once.
    await (await page.context().newCDPSession(page)).send("Network.setCacheDisabled", { cacheDisabled: true });
    const paints = [];
    while (paints.length < 9) {
      await page.reload();
      await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length);
      paints.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime));
    }
    const sizes = await page.evaluate(async () => {
      const names = performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => name.includes("/assets/"));
      const texts = await Promise.all([location.href, ...new Set(names)].map((url) => fetch(url).then((file) => file.arrayBuffer())));
      return { files: texts.length, bytes: texts.reduce((sum, { byteLength }) => sum + byteLength, 0) };
    });
    const median = paints.toSorted((a, b) => a - b)[4];
    console.log(`first contentful paint ${paints.map(Math.round)} ms; ${sizes.files} files, ${sizes.bytes} bytes`);
    assert.ok(median <= 200, `${median} ms of ${paints}`);
    assert.ok(sizes.files >= 12 && sizes.bytes <= 60_000, JSON.stringify(sizes));
    await page.finish();
  });
});
