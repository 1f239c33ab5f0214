// A question and its answer, before the real gateway: order, ticks, stop, retry, several turns.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";

import { ask, browse, isOver, open, real, shot, state, strokes, text } from "./harness.mjs";

const CLEAN = (url) => ({ wrong: [], violations: [], stored: 0, url: `${url}/` });
const KEY = "canary-key-4711";

describe("a turn", { concurrency: false }, () => {
  let browser;
  let gateway;
  let page;

  before(async () => {
    gateway = await real();
    browser = await browse();
  });
  after(() => Promise.all([browser?.close(), gateway?.end()]));

  // A fresh page for each test, which ends clean.
  const on = (name, body, options) =>
    test(name, async () => {
      page = await open(browser, gateway.url, options);
      await body();
      assert.deepEqual(await page.finish(), CLEAN(gateway.url));
    });

  on("fills the panes in order, and says so", async () => {
    // Notes each pane at the moment when it first has text, and each busy state.
    await page.evaluate(() => {
      window.order = [];
      for (const name of ["prompt", "reasoning", "answer"]) {
        const pane = document.getElementById(`pane-${name}`);
        const note = (what) => window.order.includes(what) || window.order.push(what);
        new MutationObserver(() => {
          if (pane.ariaBusy === "true") note(`${name} busy`);
          if (pane.querySelector(".prose")?.textContent) note(`${name} text`);
        }).observe(pane, { subtree: true, childList: true, characterData: true, attributes: true });
      }
      window.said = [];
      new MutationObserver(() => window.said.push(document.getElementById("status").textContent)).observe(
        document.getElementById("status"), { childList: true, characterData: true, subtree: true });
    });
    await ask(page, "Why is the sky blue?", "mock-reasoner");
    await isOver(page);
    const seen = await page.evaluate(() => window.order);
    assert.deepEqual(seen.filter((what) => what.endsWith("text")), ["prompt text", "reasoning text", "answer text"]);
    assert.equal(seen.filter((what) => what.endsWith("busy")).length, 3, seen.join());
    for (const pane of ["prompt", "reasoning", "answer"]) {
      assert.equal(await state(page, pane), "done");
      assert.equal(await page.locator(`#pane-${pane}`).getAttribute("aria-busy"), "false");
      assert.match(await page.locator(`#pane-${pane} footer span`).innerText(), /^[\d.]+ m?s$/);
    }
    assert.match(await text(page, "answer"), /Sky blue\./);
    assert.equal(await page.locator("#pane-answer li strong").first().innerText(), "Sky blue.");
    // Phases, not tokens.
    const said = await page.evaluate(() => window.said);
    assert.ok(said.length <= 6 && /^Complete after/.test(said.at(-1)), said.join(" | "));
  });

  on("draws a tick for every event, and counts them", async () => {
    await ask(page, "Why is the sky blue?");
    await isOver(page);
    await page.waitForFunction(() => document.querySelector("#order").textContent === "in order");
    const ticks = await strokes(page);
    const times = (await page.locator("#inspector tbody td:nth-child(2)").allInnerTexts()).map(Number);
    const rows = times.length;
    assert.ok(rows > 5, `${rows} events`);
    assert.deepEqual(ticks, times);
    // They lie on the axis: its end is the moment at which the turn was over.
    const [, , span] = (await page.getAttribute("#timeline svg", "viewBox")).split(" ").map(Number);
    assert.ok(span >= times.at(-1) && span < times.at(-1) + 500, `${span} ms for ${times.at(-1)} ms`);
    assert.match(await page.locator("#inspector .count").innerText(), new RegExp(`^${rows} events`));
    const names = await page.locator("#inspector tbody .expand").allInnerTexts();
    assert.deepEqual([...new Set(names)], ["summary.prompt", "summary.reasoning", "output.delta", "output.done"]);
  });

  on("shows how long the answer was held back", async () => {
    await ask(page, "Why is the sky blue?", "slow-summary");
    await isOver(page);
    const label = await page.waitForSelector('[data-part="b"] .bar.held');
    assert.match(await label.innerText(), /^held (\d{3} ms|1\.\d\d s)$/);
    const held = await page.locator(".told tbody tr", { hasText: "First words" }).locator("td").last().innerText();
    assert.equal(await label.innerText(), `held ${held}`);
    for (const part of ["a", "b", "c"]) assert.ok(await page.locator(`[data-part="${part}"] .bar`).count(), part);
    const figure = await page.locator("#figures div", { hasText: "Held back" }).locator("dd").innerText();
    assert.equal(figure, held);
  });

  on("shows how it thinks while it thinks", async () => {
    await page.check("[name=live]");
    await ask(page, "Why is the sky blue?", "thinker");
    await page.waitForSelector("#pane-reasoning .lines li");
    assert.equal(await state(page, "reasoning"), "thinking");
    assert.equal(await state(page, "answer"), "waiting");
    await isOver(page);
    await page.waitForFunction(() => document.querySelector("#order").textContent === "in order");
    assert.equal(await state(page, "reasoning"), "done");
    assert.ok(await page.locator("#inspector .expand", { hasText: "summary.reasoning.delta" }).count());
    await shot(page, "live");
  });

  on("stops, and the upstream stops too", async () => {
    for (const [model, by] of [["endless", () => page.click("#stop")], ["pensive", () => page.keyboard.press("Escape")]]) {
      const from = gateway.mock.lines.length;
      await ask(page, "Go on for ever", model);
      await page.waitForFunction(() => document.querySelector("#pane-prompt .prose"));
      if (model === "endless") await page.waitForSelector("#pane-answer .prose");
      await by();
      await isOver(page);
      const line = await gateway.mock.until((line) => / answer stream /.test(line), from);
      assert.match(line, / client left$/);
      assert.equal(await state(page, "answer"), "stopped");
      assert.match(await page.locator("#status").innerText(), /^Stopped after/);
    }
  });

  on("leaves the upstream when the page is left", async () => {
    const from = gateway.mock.lines.length;
    await ask(page, "Go on for ever", "endless");
    await page.waitForSelector("#pane-answer .prose");
    await page.goto(`${gateway.url}/`);
    assert.match(await gateway.mock.until((line) => / answer stream /.test(line), from), / client left$/);
  });

  on("asks again the same", async () => {
    const bodies = [];
    page.on("request", (request) => request.method() === "POST" && bodies.push(request.postData()));
    await ask(page, "Why is the sky blue?");
    await isOver(page);
    const first = await text(page, "answer");
    await page.click("#retry");
    await page.waitForSelector("#stop:not([hidden])");
    await isOver(page);
    assert.equal(await text(page, "answer"), first);
    assert.equal(bodies.length, 2);
    assert.equal(bodies[0], bodies[1]);
    assert.ok(await page.locator("#turns").isHidden());
  });

  on("goes on from what was said, and starts anew", async () => {
    const bodies = [];
    page.on("request", (request) => request.method() === "POST" && bodies.push(JSON.parse(request.postData())));
    await ask(page, "Why is the sky blue?");
    await isOver(page);
    const answer = await text(page, "answer");
    await ask(page, "And at dusk?");
    await isOver(page);
    const messages = bodies[1].messages;
    assert.deepEqual(messages.map(({ role }) => role), ["user", "assistant", "user"]);
    assert.deepEqual([messages[0].content, messages[2].content], ["Why is the sky blue?", "And at dusk?"]);
    assert.ok(messages[1].content.startsWith(answer.slice(0, 30)));
    assert.equal(await page.locator("#turns details").count(), 1);
    await page.click("#turns summary");
    assert.match(await page.locator("#turns").innerText(), /Sky blue\./);
    await page.click("#fresh");
    assert.ok(await page.locator("#turns").isHidden());
    await ask(page, "Another thing");
    await isOver(page);
    assert.equal(bodies[2].messages.length, 1);
  });

  on("sends what the form says, and no more", async () => {
    const bodies = [];
    page.on("request", (request) => request.method() === "POST" && bodies.push(JSON.parse(request.postData())));
    await ask(page, "Plainly");
    await isOver(page);
    assert.deepEqual(bodies[0], {
      model: "mock-reasoner", stream: true, messages: [{ role: "user", content: "Plainly" }],
      summaries: { prompt: true, reasoning: true, live: false, visibility: "summary", style: "sentence", language: "auto" },
    });
    await page.click("#fresh");
    await page.click("text=Sampling and system prompt");
    for (const [field, value] of Object.entries({ system: "Be brief", temperature: "0.5", max_tokens: "300", language: "German", summary_model: "small" })) {
      await page.fill(`#${field}`, value);
    }
    await page.selectOption("#style", "bullets");
    await page.selectOption("#visibility", "raw");
    for (const name of ["stream", "prompt_summary"]) await page.uncheck(`[name=${name}]`);
    await ask(page, "Fully");
    await isOver(page);
    assert.deepEqual(bodies[1], {
      model: "mock-reasoner", stream: false, temperature: 0.5, max_tokens: 300, summary_model: "small",
      messages: [{ role: "system", content: "Be brief" }, { role: "user", content: "Fully" }],
      summaries: { prompt: false, reasoning: true, live: false, visibility: "raw", style: "bullets", language: "German" },
    });
    assert.equal(await state(page, "prompt"), "off");
    assert.equal(await state(page, "reasoning"), "done");
    assert.ok((await text(page, "answer")).length > 20);
  });

  on("asks for no reasoning, and misses none", async () => {
    assert.deepEqual(await page.$$eval("#visibility option", (options) => options.map(({ value }) => value)), ["summary", "raw", "none"]);
    await page.selectOption("#visibility", "none");
    await ask(page, "Why is the sky blue?");
    await isOver(page);
    await page.waitForFunction(() => document.querySelector("#order").textContent === "in order");
    assert.deepEqual([await state(page, "reasoning"), await state(page, "answer")], ["off", "done"]);
  });

  on("shows an answer without reasoning", async () => {
    await ask(page, "Plainly", "plain");
    await isOver(page);
    assert.equal(await state(page, "reasoning"), "none");
    assert.equal(await state(page, "answer"), "done");
  });

  on("keeps the key out of everything but the request", async () => {
    const sent = [];
    page.on("request", async (request) => sent.push([request.url(), (await request.allHeaders()).authorization]));
    await page.fill("#key", KEY);
    await ask(page, "Why is the sky blue?");
    await isOver(page);
    assert.ok(sent.some(([url, key]) => url.endsWith("/v1/chat/completions") && key === `Bearer ${KEY}`), sent.join("\n"));
    assert.ok(sent.every(([url]) => !url.includes(KEY)));
    await page.click("#curl");
    const command = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(command, /^curl -N 'http:\/\/127\.0\.0\.1:\d+\/v1\/chat\/completions'/);
    assert.ok(command.includes('-H "Authorization: Bearer $KEY"') && !command.includes(KEY), command);
    assert.ok(command.includes("Why is the sky blue?"));
    assert.ok(!(await page.content()).includes(KEY));
  });

  on("hands out what came", async () => {
    await ask(page, "Why is the sky blue?");
    await isOver(page);
    const [file] = await Promise.all([page.waitForEvent("download"), page.click("#download")]);
    assert.match(file.suggestedFilename(), /^[0-9a-f-]{36}\.ndjson$/);
    const lines = (await readFile(await file.path(), "utf8")).trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.equal(lines.length, await page.locator("#inspector tbody tr").count());
    assert.deepEqual([lines[0].event, lines.at(-1).event, lines[0].n], ["summary.prompt", "output.done", 1]);
    const rest = await text(page, "answer");
    const whole = lines.filter(({ event }) => event === "output.delta").map(({ data }) => data.text).join("");
    await page.click("#pane-answer footer button");
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), whole);
    assert.ok(whole.includes(rest.slice(0, 20)));
  });

  on("filters and unfolds events", async () => {
    await ask(page, "Why is the sky blue?");
    await isOver(page);
    await page.fill("#inspector input", "output.done");
    assert.equal(await page.locator("#inspector tbody tr").count(), 1);
    await page.click("#inspector .expand");
    assert.equal(await page.locator("#inspector .expand").getAttribute("aria-expanded"), "true");
    assert.match(await page.locator("#inspector pre").innerText(), /^\{\n {2}"/);
    await page.click("#inspector .expand");
    assert.equal(await page.locator("#inspector pre").count(), 0);
  });

  on("can be used by keyboard alone", async () => {
    const stops = [];
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    for (let count = 0; count < 40; count += 1) {
      const at = await page.evaluate(() => {
        const node = document.activeElement;
        const style = getComputedStyle(node);
        if (node === document.body) return null;
        return { name: node.id || node.name || node.textContent.slice(0, 20), ring: style.outlineStyle !== "none" };
      });
      if (!at) break;
      assert.ok(at.ring, `${at.name} shows no focus`);
      stops.push(at.name);
      await page.keyboard.press("Tab");
    }
    for (const name of ["theme", "prompt", "send", "model", "key", "live", "language"]) assert.ok(stops.includes(name), `${name}: ${stops}`);
    await page.focus("#prompt");
    await page.keyboard.type("Why is the sky blue?");
    await page.keyboard.press("Control+Enter");
    await isOver(page);
    assert.equal(await state(page, "answer"), "done");
  });

  on("is the same in all three themes, and kept by none", async () => {
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.click("#theme");
    assert.equal(await page.locator("#theme").innerText(), "Theme: light");
    assert.equal(await ground(), light);
    await page.click("#theme");
    assert.notEqual(await ground(), light);
    await shot(page, "theme");
  }, { colorScheme: "light" });
});
