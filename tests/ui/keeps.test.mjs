// What the page keeps of what came: turns that were left unfinished, and events by the thousand.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";

import { ask, block, drawn, isOver, plays, problem, slowly, strokes, text, theatre } from "./harness.mjs";

const P = block("summary.prompt", { text: "What was asked.", source: "model" });
const R = block("summary.reasoning", { text: "How it thought.", source: "model" });
const D = block("output.delta", { text: "Half an answer." });
const X = block("error", { message: "upstream broke", stage: "upstream_stream", code: "upstream_reset", fatal: true });
const F = block("output.done", { finish_reason: "stop" });
const FAILED = block("output.done", { finish_reason: "error" });

describe("the page keeps", { concurrency: false }, () => {
  let house;

  before(async () => {
    house = await theatre();
  });
  after(() => house?.end());

  const earlier = (page) => page.locator("#turns > details").allInnerTexts();
  const status = (page) => page.locator("#status").innerText();

  for (const [what, play, mark, came] of [
    ["a stopped", slowly(P, R, D), /stopped after/, ["What was asked.", "How it thought.", "Half an answer."]],
    ["a half-failed", plays(P, R, D, X, FAILED), /failed after/, ["What was asked.", "Half an answer.", "Upstream broke"]],
    ["a stopped and thinking", slowly(P, block("reasoning.delta", { text: "Raw doubts." })), /stopped after/, ["What was asked.", "Raw doubts."]],
  ]) {
    test(`${what} question with what came of it, and asks it again`, () =>
      house.scene(play, async (page) => {
        await page.waitForFunction((last) => document.querySelector(".panes").textContent.includes(last), came.at(-1) === "Upstream broke" ? "Half an answer." : came.at(-1));
        if (play.more) await page.keyboard.press("Escape");
        await isOver(page);
        if (play.more) assert.match(await status(page), /Not part of the conversation/);
        const bodies = [];
        page.on("request", (request) => request.method() === "POST" && bodies.push(JSON.parse(request.postData())));
        house.stage.play = plays(P, R, block("output.delta", { text: "Whole." }), F);
        await ask(page, "And then?");
        await isOver(page);
        const [kept] = await earlier(page);
        assert.match(kept, mark);
        for (const part of ["Why?", ...came, "Not part of the conversation"]) assert.ok(kept.includes(part), `${part}: ${kept}`);
        // What is not part of the conversation is not sent.
        assert.deepEqual(bodies[0].messages, [{ role: "user", content: "And then?" }]);
        await page.click("#turns button");
        await isOver(page);
        assert.deepEqual(bodies[1].messages.map(({ content }) => content), ["And then?", "Whole.", "Why?"]);
        assert.equal(await page.locator("#question").innerText(), "Why?");
        assert.equal((await earlier(page)).length, 2);
        assert.ok((await earlier(page))[0].includes("Half an answer.") === came.includes("Half an answer."));
      }));
  }

  test("what a retry left behind, but not what it replaces", () =>
    house.scene(slowly(P, R, D), async (page) => {
      await page.waitForSelector("#pane-answer .prose");
      await page.click("#stop");
      await isOver(page);
      house.stage.play = plays(P, R, block("output.delta", { text: "Whole." }), F);
      for (const _ of [1, 2]) {
        await page.click("#retry");
        await isOver(page);
        assert.equal(await text(page, "answer"), "Whole.");
        assert.equal((await earlier(page)).length, 1);
      }
      assert.match((await earlier(page))[0], /Half an answer\./);
    }));

  for (const [what, again] of [["Retry", "#retry"], ["Ask again", "#turns button"]]) {
    test(`to what can be sent: ${what} sends nothing that Send refuses`, () =>
      house.scene(slowly(P, R, D), async (page) => {
        await page.waitForSelector("#pane-answer .prose");
        await page.click("#stop");
        await isOver(page);
        house.stage.play = plays(P, R, block("output.delta", { text: "Whole." }), F);
        if (what === "Ask again") {
          await ask(page, "And then?");
          await isOver(page);
        }
        const before = await earlier(page);
        let sent = 0;
        page.on("request", (request) => (sent += request.method() === "POST"));
        const isRefused = async (at) => {
          for (const button of [again, "#send"]) {
            await page.fill("#prompt", "Another");
            await page.click(button);
            assert.equal(await page.evaluate(() => document.activeElement.id), at, button);
            assert.ok(await page.locator("#send").isVisible(), button);
          }
          assert.equal(await page.inputValue("#prompt"), "Another");
          assert.deepEqual([sent, await earlier(page)], [0, before]);
        };
        await page.fill("#other", "");
        await isRefused("other");
        assert.equal(await status(page), "Name a model first.");
        await page.fill("#other", "any");
        await page.click("text=Sampling and system prompt");
        await page.fill("#temperature", "9");
        await page.click("text=Sampling and system prompt");
        await isRefused("temperature");
        await page.fill("#temperature", "1");
        await page.click(again);
        await isOver(page);
        assert.equal(sent, 1);
        assert.equal(await text(page, "answer"), "Whole.");
      }));
  }

  test("a question that came to nothing, unless it is asked again", () =>
    house.scene((response) => response.writeHead(502, { "content-type": "application/json" }).end("{}"), async (page) => {
      await isOver(page);
      assert.match(await problem(page), /answered 502/);
      await ask(page, "Why?");
      await isOver(page);
      assert.deepEqual(await earlier(page), []);
      house.stage.play = plays(P, R, D, F);
      await ask(page, "Something else");
      await isOver(page);
      assert.match((await earlier(page))[0], /Why\?[^]*failed after[^]*answered 502/);
      assert.equal(await page.locator("#turns .problem h3").innerText(), "The gateway answered 502");
    }, { expected: ["status of 502"] }));

  test("every event for the download, and a row that is unfolded", () => {
    const many = (count) => Array.from({ length: count }, (_, number) => block("output.delta", { text: `word${number} ` }));
    const play = slowly(P, R);
    return house.scene(play, async (page) => {
      await page.waitForSelector("#inspector .expand");
      await page.locator("#inspector .expand").first().click();
      play.more(...many(21_000), F);
      play.end();
      await isOver(page);
      await page.waitForFunction(() => document.querySelector("#inspector .count").textContent.startsWith("21003 events"));
      assert.equal(await page.locator("#inspector .count").innerText(), "21003 events · 401 shown: the newest, and what is unfolded");
      assert.match(await page.locator("#inspector tbody tr").first().innerText(), /^1\s[^]*"text": "What was asked\."/);
      await drawn(page, "done");
      await page.fill("#inspector input", "word20999");
      assert.equal(await page.locator("#inspector .count").innerText(), "21003 events · 1 match");
      const [file] = await Promise.all([page.waitForEvent("download"), page.click("#download")]);
      const lines = (await readFile(await file.path(), "utf8")).trimEnd().split("\n").map((line) => JSON.parse(line));
      assert.deepEqual(lines.map(({ n }) => n), Array.from({ length: 21_003 }, (_, at) => at + 1));
      assert.equal(lines[21_001].data.text, "word20999 ");
      assert.deepEqual(await strokes(page), lines.map(({ t_ms }) => t_ms));
    });
  });

  test("no more than it has said, and says so", () => {
    const big = (mark) => block("other.event", { mark, text: "x".repeat(7 * 2 ** 20) });
    return house.scene(plays(P, R, ...["a", "b", "c", "d", "e"].map(big), D, F), async (page) => {
      await isOver(page);
      await page.waitForFunction(() => document.querySelector("#inspector .count").textContent.includes("beyond"));
      assert.equal(await page.locator("#inspector .count").innerText(),
        "9 events · 3 beyond the 32 MiB that are kept: neither here nor in the download");
      await drawn(page, "done");
      const [file] = await Promise.all([page.waitForEvent("download"), page.click("#download")]);
      const lines = (await readFile(await file.path(), "utf8")).trimEnd().split("\n");
      assert.equal(lines.length, 6);
      assert.equal(JSON.parse(lines[5]).data.mark, "d");
    });
  });
});
