// What the page shows while a turn runs and where it does not come to its end: who is at work, the three
// bars, every event as a tick.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { ask, block, clean, drawn, isOver, open, slowly, state, theatre } from "./harness.mjs";

const P = block("summary.prompt", { text: "What was asked.", source: "model" });
const R = block("summary.reasoning", { text: "How it thought.", source: "model" });
const D = block("output.delta", { text: "The answer. " });
const RAW = block("reasoning.delta", { text: "Hm. " });
const TIMINGS = { prompt_summary: 1, first_reasoning: 1, reasoning_end: 2, reasoning_summary: 3, first_answer_upstream: 2, total: 4 };
const F = block("output.done", { finish_reason: "stop", timings: TIMINGS });

describe("the page at work", { concurrency: false }, () => {
  let house;

  before(async () => {
    house = await theatre();
  });
  after(() => house?.end());

  // Waits until a row of the timeline has these bars, named by their kinds.
  const bars = (page, part, kinds) =>
    page.waitForFunction(([part, kinds]) =>
      [...document.querySelectorAll(`[data-part="${part}"] .bar`)].map((bar) => bar.className.slice(4)).join() === kinds, [part, kinds]);
  const label = (page, part, kind) => page.locator(`[data-part="${part}"] .bar.${kind}`).getAttribute("title");

  for (const [what, boxes, busy] of [
    ["of the reasoning", ["prompt_summary"], "reasoning"],
    ["at all", ["prompt_summary", "reasoning_summary"], "answer"],
  ]) {
    test(`says who thinks where no summary ${what} is asked for`, () => {
      const play = slowly();
      const set = async (page) => {
        for (const name of boxes) await page.uncheck(`[name=${name}]`);
      };
      return house.scene(play, async (page) => {
        await page.waitForSelector(`#pane-${busy} .chip[data-state="thinking"]`);
        assert.match(await page.locator("#status").innerText(), /The model is thinking\.$/);
        await bars(page, "b", "wait,b");
        assert.equal(play.asked.summaries.prompt, false);
        play.more(...(busy === "reasoning" ? [R] : []), D, F);
        play.end();
        await isOver(page);
        assert.equal(await state(page, "answer"), "done");
      }, { set });
    });
  }

  test("draws all three calls and each event while they run", () => {
    const play = slowly();
    return house.scene(play, async (page) => {
      await bars(page, "b", "wait,b");
      await bars(page, "c", "wait");
      assert.match(await label(page, "b", "b"), /^thinking, or held back: /);
      assert.match(await label(page, "c", "wait"), /^listening, then summarising: /);
      play.more(P, RAW, RAW);
      await drawn(page, "live");
      assert.match(await label(page, "b", "b"), /^thinking: /);
      // It pauses for longer than thoughts do: the order holds back what comes of it.
      await bars(page, "b", "wait,b,held");
      await bars(page, "c", "wait,c");
      assert.match(await label(page, "b", "held"), /^held \d+ ms|s: /);
      play.more(R, D);
      await bars(page, "b", "wait,b,held,answer");
      for (const kind of ["summary", "live", "delta"]) await drawn(page, kind);
      play.more(F);
      play.end();
      await isOver(page);
      await drawn(page, "done");
      await page.waitForSelector(".told:not([hidden])");
    });
  });

  test("keeps what it has drawn when it is stopped", async () => {
    const play = slowly(P, block("summary.reasoning.delta", { text: "It reads.", index: 0 }));
    await house.scene(play, async (page) => {
      await bars(page, "c", "wait,c");
      await page.keyboard.press("Escape");
      await isOver(page);
      await bars(page, "a", "a");
      await bars(page, "b", "wait,b");
      await bars(page, "c", "wait,c");
      await drawn(page, "live");
    }, { set: (page) => page.check("[name=live]") });
  });

  test("draws an answer that comes whole by the gateway's own times", async () => {
    const page = await open(house.browser, house.gateway.url);
    await page.click("text=Sampling and system prompt");
    await page.uncheck("[name=stream]");
    await ask(page, "Why is the sky blue?", "slow-summary");
    await isOver(page);
    await bars(page, "a", "a");
    await bars(page, "b", "wait,b,answer");
    await bars(page, "c", "c");
    assert.match(await page.locator("#figures").innerText(), /Thought for[^]*Total[^]*Finish\s+stop/);
    await clean(page, house.gateway.url);
  });
});
