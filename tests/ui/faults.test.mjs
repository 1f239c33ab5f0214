// What goes wrong, and what has not happened yet: scripted streams behind the real page.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { ask, block, clean, isOver, open, plays, problem, shot, slowly, state, text, theatre } from "./harness.mjs";

const P = block("summary.prompt", { text: "What was asked.", source: "model" });
const R = block("summary.reasoning", { text: "How it thought.", source: "model" });
const D = block("output.delta", { text: "The answer." });
const F = block("output.done", { finish_reason: "stop", timings: { total: 5 }, attempts: { a: 1, b: 1, c: 1 } });
const fault = (stage, fatal) => block("error", { message: `the ${stage} failed`, stage, code: "timeout", status: 504, retryable: true, fatal });

describe("the page", { concurrency: false }, () => {
  let house;
  const scene = (...scene) => house.scene(...scene);

  before(async () => {
    house = await theatre();
  });
  after(() => house?.end());

  const order = (page) => page.locator("#order").innerText();

  for (const [what, blocks, wrong, message] of [
    ["an answer before the summaries", [P, D, R, F], 1, "output.delta came where only summary.reasoning or error may stand"],
    ["an event after the end", [P, R, D, F, D], 1, "output.delta came where only nothing may stand"],
    ["two summaries of one thing", [P, P, R, D, F], 1, "summary.prompt came where"],
    ["live lines that nobody asked for", [P, block("summary.reasoning.delta", { text: "x", index: 0 }), R, D, F], 1, "summary.reasoning.delta came where"],
    ["data that is no JSON", [P, "event: output.delta\ndata: {\n\n", R, D, F], 1, "its data is no JSON object"],
  ]) {
    test(`flags ${what}`, () =>
      scene(plays(...blocks), async (page) => {
        await isOver(page);
        await page.waitForFunction(() => document.querySelector("#order").dataset.state);
        assert.equal(await order(page), `order broken ×${wrong}`);
        assert.equal(await page.locator("tr.disorder").count(), wrong);
        assert.ok((await page.locator("tr.disorder em").innerText()).startsWith(message));
      }));
  }

  test("does not take a broken stream for a success", () =>
    scene(plays(P, R, D), async (page) => {
      await isOver(page);
      assert.match(await problem(page), /broke off/);
      assert.equal(await state(page, "answer"), "error");
      assert.equal(await page.locator("#order").getAttribute("data-state"), "error");
    }));

  test("is content with an order that is right", () =>
    scene(plays(": keep-alive\n\n", P, R, D, F), async (page) => {
      await isOver(page);
      await page.waitForFunction(() => document.querySelector("#order").dataset.state === "done");
      assert.equal(await order(page), "in order");
      assert.equal(await page.locator("#inspector tbody tr").count(), 4);
    }));

  test("shows a fallback as what it is, and goes on", () =>
    scene(plays(P, fault("reasoning_summary", false), block("summary.reasoning", { text: "First words.", source: "fallback" }), D, F), async (page) => {
      await isOver(page);
      assert.equal(await state(page, "reasoning"), "fallback");
      assert.equal(await state(page, "answer"), "done");
      assert.equal(await order(page), "in order");
      assert.ok(await page.locator("#problem").isHidden());
    }));

  test("shows what broke the answer", () =>
    scene(plays(P, R, D, fault("upstream_stream", true), block("output.done", { finish_reason: "error" })), async (page) => {
      await isOver(page);
      assert.match(await problem(page), /The upstream_stream failed[\s\S]*status 504 · timeout · stage upstream_stream/);
      assert.equal(await state(page, "answer"), "error");
      assert.equal(await text(page, "answer"), "The answer.");
      await shot(page, "error");
    }));

  test("shows live lines while they come, and puts them away after", () => {
    const line = (data) => block("summary.reasoning.delta", data);
    const play = slowly(P, line({ text: "It reads", index: 0 }), line({ text: " the question.", index: 0 }), line({ text: "It doubts.", index: 1 }));
    return scene(play, async (page) => {
      const lines = page.locator("#pane-reasoning .lines li");
      await page.waitForFunction(() => document.querySelectorAll("#pane-reasoning .lines li").length === 2);
      assert.deepEqual(await lines.allInnerTexts(), ["It reads the question.", "It doubts."]);
      assert.equal(await state(page, "reasoning"), "thinking");
      assert.equal(await page.locator("#pane-reasoning").getAttribute("aria-busy"), "true");
      play.more(line({ text: "It begins anew.", index: 2, restarted: true }), R, D, F);
      play.end();
      await isOver(page);
      assert.equal(await page.locator("#pane-reasoning .lines .void").count(), 2);
      assert.ok(!(await lines.first().isVisible()));
      assert.match(await text(page, "reasoning"), /How it thought\./);
      assert.equal(await order(page), "in order");
    }, { set: (page) => page.check("[name=live]") });
  });

  test("shows raw reasoning in its own pane, where it is exposed", () =>
    scene(plays(P, block("reasoning.delta", { text: "Hm, " }), block("reasoning.delta", { text: "so." }), R, D, F), async (page) => {
      await isOver(page);
      assert.equal(await page.locator("#pane-reasoning .raw").innerText(), "Hm, so.");
      assert.ok(!(await text(page, "answer")).includes("Hm"));
    }));

  for (const [what, scroll] of [["the beginning", 0], ["the end", 1e6]]) {
    test(`shows the summary above long raw reasoning, whoever reads ${what} of it`, () => {
      const play = slowly(P, ...Array.from({ length: 200 }, (_, number) => block("reasoning.delta", { text: `Thought ${number}.\n` })));
      return scene(play, async (page) => {
        await page.waitForFunction(() => document.querySelector("#pane-reasoning .raw")?.textContent.includes("Thought 199."));
        await page.$eval("#pane-reasoning .body", (body, top) => body.scrollTo(0, top), scroll);
        play.more(R, D, F);
        play.end();
        await isOver(page);
        const [view, summary] = await Promise.all([".body", ".prose"].map((part) => page.locator(`#pane-reasoning ${part}`).boundingBox()));
        assert.ok(summary.y >= view.y && summary.y + summary.height <= view.y + view.height, JSON.stringify([view, summary]));
        assert.match(await text(page, "reasoning"), /^How it thought\.[^]*Thought 0\./);
        if (scroll) await shot(page, "raw-with-summary");
      });
    });
  }

  test("never reads a model's text as HTML", () => {
    const evil = "<img src=x onerror=alert(1)> **<b>bold</b>** `<i>` [x](javascript:alert(1))\n\n```html\n<script>alert(1)</script>\n```\n";
    const said = (name, more) => block(name, { text: evil, ...more });
    const blocks = [said("summary.prompt", { source: "model" }), said("summary.reasoning", { source: "model" }), said("output.delta"), F];
    return scene(plays(...blocks), async (page) => {
      await isOver(page);
      for (const pane of ["prompt", "reasoning", "answer"]) {
        const found = await page.locator(`#pane-${pane} .body`).locator("img, b, i, a, script, iframe").count();
        assert.equal(found, 0, pane);
        assert.match(await text(page, pane), /<img src=x onerror=alert\(1\)>/);
        assert.equal(await page.locator(`#pane-${pane} strong`).innerText(), "<b>bold</b>");
        assert.equal(await page.locator(`#pane-${pane} pre`).innerText(), "<script>alert(1)</script>");
      }
    });
  });

  test("writes the same text however it is cut", async () => {
    const answer = "# Title\n\nA *b* **c** `d`\nsame paragraph\n\n- one\n- two\n  more\n\n3. three\n4. four\n\n```\ncode *x*\n\nmore\n```\nend";
    const html = async (pieces) => {
      let found;
      await scene(plays(P, R, ...pieces.map((text) => block("output.delta", { text })), F), async (page) => {
        await isOver(page);
        found = await page.$eval("#pane-answer .prose", (node) => node.innerHTML);
      });
      return found;
    };
    const whole = await html([answer]);
    assert.equal(whole, "<h4>Title</h4><p>A <em>b</em> <strong>c</strong> <code>d</code>\nsame paragraph</p>" +
      '<ul><li>one</li><li>two\nmore</li></ul><ol start="3"><li>three</li><li>four</li></ol><pre>code *x*\n\nmore</pre><p>end</p>');
    assert.equal(await html([...answer]), whole);
  });

  test("writes a long answer without losing any of it", () => {
    const pieces = Array.from({ length: 3000 }, (_, number) => block("output.delta", { text: `word${number} ` }));
    return scene(plays(P, R, ...pieces, F), async (page) => {
      await isOver(page);
      const said = await text(page, "answer");
      assert.ok(said.startsWith("word0 ") && said.trimEnd().endsWith("word2999"));
      await page.waitForFunction(() => document.querySelector("#inspector .count").textContent.startsWith("3003 events"));
      assert.ok(await page.locator("#inspector tbody tr").count() <= 400);
    });
  });

  for (const [status, body, parts] of [
    [422, { title: "The request is not valid", detail: "these members are not valid: model", code: "invalid_request", errors: [{ field: "model", message: "expected a text" }] }, ["The request is not valid", "model: expected a text", "invalid_request"]],
    [401, { title: "Key wanted", detail: "no key", code: "unauthorized" }, ["Key wanted", "enter it beside the model"]],
    [502, null, ["The gateway answered 502"]],
  ]) {
    test(`explains ${status}`, () =>
      scene((response) => response.writeHead(status, { "content-type": "application/problem+json" }).end(body ? JSON.stringify({ status, ...body }) : "<html>"), async (page) => {
        await isOver(page);
        for (const part of parts) assert.ok((await problem(page)).includes(part), `${part}: ${await problem(page)}`);
        assert.equal(await page.inputValue("#prompt"), "Why?");
        for (const pane of ["prompt", "reasoning", "answer"]) assert.equal(await state(page, pane), "error");
      }, { expected: [`status of ${status}`] }));
  }

  const COMPLETION = { choices: [{ message: { content: "It failed here." }, finish_reason: "error" }] };
  for (const [what, type, body, parts] of [
    ["a web page", "text/html", "<h1>Welcome to the portal</h1>", ["no completion", "status 200 with text/html came", "<h1>Welcome to the portal</h1>"]],
    ["JSON without choices", "application/json", '{"object":"list"}', ["no completion", "application/json", '{"object":"list"}']],
    ["no choice", "application/json", '{"choices":[]}', ["no completion", '{"choices":[]}']],
    ["a choice without a message", "application/json", '{"choices":[{}]}', ["no completion"]],
    ["a refusal with status 200", "application/json", '{"error":{"message":"no such model"}}', ["no completion", "no such model"]],
    ["no body", "application/json", "", ["no completion", "application/json came, and no content"]],
    ["no type and no body", "", "", ["no completion", "status 200 with no media type came, and no content"]],
    ["an endless word", "text/plain", `${"x".repeat(300)}y`, ["no completion", `which begins: ${"x".repeat(300)}`]],
    ["an empty stream", "text/event-stream", "", ["no completion", "an event stream came that ended without an event"]],
    ["a stream of comments", "text/event-stream", ": keep-alive\n\n", ["no completion", "ended without an event"]],
    ["an answer that failed", "application/json", JSON.stringify(COMPLETION), ["The answer failed", "no error event says why"]],
    ["an answer that failed and says why", "application/json", JSON.stringify({ ...COMPLETION, errors: [{ fatal: true, message: "it broke", stage: "upstream_stream" }] }), ["It broke"]],
    ["a stream that failed and does not say why", "text/event-stream", P + R + D + block("output.done", { finish_reason: "error" }), ["The answer failed", "no error event says why"]],
  ]) {
    test(`does not take ${what} for a success`, () =>
      scene((response) => response.writeHead(200, type ? { "content-type": type } : {}).end(body), async (page) => {
        await isOver(page);
        await page.waitForSelector("#problem:not([hidden])");
        for (const part of parts) assert.ok((await problem(page)).includes(part), `${part}: ${await problem(page)}`);
        assert.ok(!(await problem(page)).includes("xy"));
        assert.equal(await state(page, "answer"), "error");
        assert.match(await page.locator("#status").innerText(), /^Error: /);
      }));
  }

  test("shows a whole answer with tools, thoughts and a fallback", () => {
    const message = { content: "Whole.", reasoning_content: "Hm.", tool_calls: [{ function: { name: "now" } }] };
    const body = {
      choices: [{ message, finish_reason: "tool_calls" }], errors: [{ message: "No summary.", fatal: false }],
      summaries: { prompt: { text: "First words.", source: "fallback" } }, timings: { total: 3 },
    };
    return scene((response) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body)), async (page) => {
      await isOver(page);
      assert.match(await text(page, "answer"), /^Whole\.[^]*"name": "now"/);
      assert.equal(await page.locator("#pane-reasoning .raw").innerText(), "Hm.");
      assert.equal(await state(page, "prompt"), "fallback");
      assert.equal(await state(page, "answer"), "done");
      assert.ok(await page.locator("#problem").isHidden());
    });
  });

  test("says when nobody answers, and when the connection breaks", async () => {
    await scene((response) => response.socket.destroy(), async (page) => {
      await isOver(page);
      assert.match(await problem(page), /can’t be reached/);
    }, { expected: ["ERR_EMPTY_RESPONSE"] });
    let cut;
    await scene((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(P);
      cut = () => response.socket.destroy();
    }, async (page) => {
      await page.waitForSelector("#pane-prompt .prose");
      cut();
      await isOver(page);
      assert.match(await problem(page), /broke off/);
      assert.equal(await state(page, "prompt"), "done");
    }, { expected: ["ERR_INCOMPLETE_CHUNKED_ENCODING"] });
  });

  for (const [model, look] of [
    ["no-summary", async (page) => {
      assert.deepEqual([await state(page, "prompt"), await state(page, "reasoning"), await state(page, "answer")], ["fallback", "fallback", "done"]);
    }],
    ["refused", async (page) => assert.match(await problem(page), /request [0-9a-f-]{36}/)],
    ["broken", async (page) => {
      assert.match(await problem(page), /upstream_reset/);
      assert.equal(await state(page, "answer"), "error");
    }],
  ]) {
    test(`shows the real gateway's ${model}`, async () => {
      const page = await open(house.browser, house.gateway.url);
      page.expected = ["status of 50"];
      await ask(page, "Why is the sky blue?", model);
      await isOver(page);
      await look(page);
      await clean(page, house.gateway.url);
    });
  }
});
