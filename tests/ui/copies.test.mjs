// What the page hands to the clipboard: what each pane shows, and the request as a command that works.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";

import { ask, block, clean, isOver, open, plays, slowly, state, theatre } from "./harness.mjs";

const summary = (of, text) => block(`summary.${of}`, { text, source: "model" });
const line = (data) => block("summary.reasoning.delta", data);
const raw = (text) => block("reasoning.delta", { text });
const P = summary("prompt", "**What** was asked.");
const D = block("output.delta", { text: "# The answer\n\n- *one*\n" });
const F = block("output.done", { finish_reason: "stop" });
const LINES = [line({ text: "It reads", index: 0 }), line({ text: " the question.", index: 0 }), line({ text: "It doubts.", index: 1 })];

describe("the clipboard", { concurrency: false }, () => {
  let house;

  before(async () => {
    house = await theatre();
  });
  after(() => house?.end());

  const clipboard = (page) => page.evaluate(() => navigator.clipboard.readText());
  const button = (pane) => `#pane-${pane} footer button`;
  const label = (page, selector, text) =>
    page.waitForFunction(([selector, text]) => document.querySelector(selector).textContent === text, [selector, text], { timeout: 5000 });

  async function copy(page, pane) {
    await page.click(button(pane));
    await label(page, button(pane), "Copied");
    return clipboard(page);
  }

  test("gets what each pane was sent", () =>
    house.scene(plays(P, summary("reasoning", "How it `thought`."), D, F), async (page) => {
      await isOver(page);
      assert.equal(await copy(page, "prompt"), "**What** was asked.");
      assert.equal(await copy(page, "reasoning"), "How it `thought`.");
      assert.equal(await copy(page, "answer"), "# The answer\n\n- *one*\n");
    }));

  test("gets live lines before the summary is there, and what is unfolded of them after", () => {
    const play = slowly(P, ...LINES);
    return house.scene(play, async (page) => {
      await page.waitForFunction(() => document.querySelectorAll("#pane-reasoning .lines li").length === 2);
      assert.equal(await copy(page, "reasoning"), "It reads the question.\nIt doubts.");
      play.more(summary("reasoning", "How it thought."), D, F);
      play.end();
      await isOver(page);
      assert.equal(await copy(page, "reasoning"), "How it thought.");
      await page.click("#pane-reasoning .folded summary");
      assert.equal(await copy(page, "reasoning"), "How it thought.\n\nWhile it thought (2)\nIt reads the question.\nIt doubts.");
    }, { set: (page) => page.check("[name=live]") });
  });

  test("gets what stood there when it was stopped", () =>
    house.scene(slowly(P, ...LINES), async (page) => {
      await page.waitForFunction(() => document.querySelectorAll("#pane-reasoning .lines li").length === 2);
      await page.keyboard.press("Escape");
      await isOver(page);
      assert.equal(await state(page, "reasoning"), "stopped");
      assert.equal(await copy(page, "reasoning"), "It reads the question.\nIt doubts.");
      assert.ok(await page.locator(button("answer")).isDisabled());
    }, { set: (page) => page.check("[name=live]") }));

  test("gets raw reasoning, below the summary", () => {
    const play = slowly(P, raw("Hm, "), raw("so."));
    return house.scene(play, async (page) => {
      await page.waitForFunction(() => document.querySelector("#pane-reasoning .raw")?.textContent === "Hm, so.");
      assert.equal(await copy(page, "reasoning"), "Raw reasoning\nHm, so.");
      play.more(summary("reasoning", "How it thought."), D, F);
      play.end();
      await isOver(page);
      assert.equal(await copy(page, "reasoning"), "How it thought.\n\nRaw reasoning\nHm, so.");
    });
  });

  test("gets nothing of a pane that is empty", () =>
    house.scene(plays(block("summary.prompt", { text: "", source: "fallback" }), block("summary.reasoning", { text: "", source: "none" }), F), async (page) => {
      await isOver(page);
      for (const pane of ["prompt", "reasoning", "answer"]) assert.ok(await page.locator(button(pane)).isDisabled(), pane);
    }));

  test("is said to have it for a moment, however often one clicks", () =>
    house.scene(plays(P, summary("reasoning", "How it thought."), D, F), async (page) => {
      await isOver(page);
      await page.clock.install();
      for (const [selector, text] of [[button("answer"), "Copy"], ["#curl", "Copy as curl"]]) {
        for (const _ of [1, 2]) {
          await page.click(selector);
          await label(page, selector, "Copied");
        }
        await page.clock.runFor(60_000);
        assert.equal(await page.locator(selector).innerText(), text);
      }
    }));

  test("gets a command that asks the same", async () => {
    const page = await open(house.browser, house.gateway.url);
    await ask(page, "Why isn't the sky `violet`? $HOME \\ \"quoted\"");
    await isOver(page);
    await page.click("#curl");
    await label(page, "#curl", "Copied");
    const command = (await clipboard(page)).replace(/^curl /, "curl --silent --show-error --max-time 20 --write-out '%{http_code}' ");
    const { stdout } = await promisify(execFile)("sh", ["-c", command]);
    assert.match(stdout, /200$/);
    const blocks = stdout.matchAll(/^event: (.+)\ndata: (.+)$/gm);
    const told = [...blocks].map(([, name, data]) => [name, JSON.parse(data).text]);
    const [file] = await Promise.all([page.waitForEvent("download"), page.click("#download")]);
    const lines = (await readFile(await file.path(), "utf8")).trimEnd().split("\n").map((line) => JSON.parse(line));
    const shown = lines.map(({ event, data }) => [event, data.text]);
    assert.ok(told.length > 5, stdout);
    assert.deepEqual(joined(told), joined(shown));
    await clean(page, house.gateway.url);
  });
});

// How the answer is cut into deltas is chance: those that follow one another are one.
function joined(events) {
  const parts = [];
  for (const [name, text = ""] of events) {
    if (parts.at(-1)?.[0] === name) parts.at(-1)[1] += text;
    else parts.push([name, text]);
  }
  return parts;
}
