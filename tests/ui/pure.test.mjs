// The page's own logic without a browser: the decoder, the order, the timeline.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

const page = (name) => import(new URL(`../../src/http/page/${name}`, import.meta.url));
const { EventDecoder } = await page("sse.js");
const { Order } = await page("order.js");
const { duration, kindOf, picture } = await page("timeline.js");

const bytes = (text) => new TextEncoder().encode(text);

function decode(...chunks) {
  const decoder = new EventDecoder();
  const events = chunks.flatMap((chunk) => decoder.push(chunk));
  return events.map(({ name, data }) => `${name}=${data}`);
}

const STREAMS = [
  ["plain", "event: a\ndata: 1\n\n", ["a=1"]],
  ["no name", "data: 1\n\n", ["message=1"]],
  ["no blank after the colon", "event:a\ndata:1\n\n", ["a=1"]],
  ["one blank is dropped, two are not", "data:  1\n\n", ["message= 1"]],
  ["several lines", "data: 1\ndata\ndata: 2\n\n", ["message=1\n\n2"]],
  ["carriage returns", "event: a\rdata: 1\r\rdata: 2\r\r", ["a=1", "message=2"]],
  ["both", "event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n", ["a=1", "message=2"]],
  ["a byte order mark", "\uFEFFdata: 1\n\n", ["message=1"]],
  ["comments and other fields", ": x\nid: 1\nretry: 2\nevent: a\nfoo: b\ndata: 1\n\n", ["a=1"]],
  ["a name without data is nothing", "event: a\n\ndata: 1\n\n", ["message=1"]],
  ["an empty line of data is data", "data\n\n", ["message="]],
  ["an unfinished block is nothing", "data: 1\n\ndata: 2\n", ["message=1"]],
  ["wide characters", "data: ä€😀\n\n", ["message=ä€😀"]],
];

describe("the decoder", () => {
  for (const [what, text, expected] of STREAMS) {
    test(`${what}, cut anywhere`, () => {
      const all = bytes(text);
      for (let cut = 0; cut <= all.length; cut += 1) {
        assert.deepEqual(decode(all.slice(0, cut), all.slice(cut)), expected, `cut at ${cut}`);
      }
      assert.deepEqual(decode(...[...all].map((byte) => Uint8Array.of(byte))), expected, "byte by byte");
    });
  }

  test("passes over comments, and sizes in bytes", () => {
    assert.deepEqual(decode(bytes(": keep-alive\n\n: keep-alive\n\n")), []);
    assert.equal(new EventDecoder().push(bytes("data: ä€\n\n"))[0].bytes, 5);
  });

  test("has a limit for a line and for a block", () => {
    const long = bytes("x".repeat(1 << 20));
    for (const piece of [long, bytes(`data: ${"x".repeat(1 << 20)}\n`)]) {
      const decoder = new EventDecoder();
      assert.throws(() => {
        for (let count = 0; count < 10; count += 1) decoder.push(piece);
      }, /too long/);
    }
  });
});

const BOTH = { prompt: true, reasoning: true, live: false };
const NEITHER = { prompt: false, reasoning: false, live: false };
const ORDERS = [
  [BOTH, "P R D D F", ""],
  [BOTH, "E P E R D E F", ""],
  [BOTH, "X F", ""],
  [BOTH, "P R D X F", ""],
  [BOTH, "? P R F ?", ""],
  [BOTH, "P raw R F", ""],
  [{ ...BOTH, live: true }, "P L L R D F", ""],
  [{ ...BOTH, prompt: false }, "R D F", ""],
  [{ ...BOTH, reasoning: false }, "P D F", ""],
  [{ ...BOTH, reasoning: false }, "P raw raw D D F", ""],
  [{ ...BOTH, reasoning: false }, "P raw X F", ""],
  [NEITHER, "D F", ""],
  [NEITHER, "raw raw D F", ""],
  [BOTH, "R P D F", "summary.reasoning came where only summary.prompt or error may stand"],
  [BOTH, "P D R F", "output.delta came where only summary.reasoning or error may stand"],
  [BOTH, "P L R F", "summary.reasoning.delta came where"],
  [BOTH, "P R raw F", "reasoning.delta came where"],
  [{ ...BOTH, reasoning: false }, "P D raw F", "reasoning.delta came where only output.delta or output.done or error may stand"],
  [NEITHER, "D raw F", "reasoning.delta came where only output.delta or output.done or error may stand"],
  [BOTH, "P R D F D", "output.delta came where only nothing may stand"],
  [BOTH, "P R D F F", "output.done came where only nothing may stand"],
  [BOTH, "E E P R F", "error came where only summary.prompt may stand"],
  [BOTH, "X D F", "output.delta came where only output.done may stand"],
  [BOTH, "P R D", "the end came where only output.delta or output.done or error may stand"],
  [BOTH, "", "the end came where only summary.prompt or error may stand"],
];
const NAMES = {
  P: "summary.prompt", L: "summary.reasoning.delta", R: "summary.reasoning", D: "output.delta", F: "output.done",
  E: "error", X: "error", raw: "reasoning.delta", "?": "other.name",
};

describe("the order", () => {
  for (const [wanted, letters, expected] of ORDERS) {
    test(`${letters || "nothing"} with ${JSON.stringify(wanted)}`, () => {
      const order = new Order(wanted);
      const wrong = letters.split(" ").filter(Boolean).map((letter) => order.check(NAMES[letter], letter === "X"));
      const first = [...wrong, order.finish()].find(Boolean) ?? "";
      assert.ok(expected ? first.startsWith(expected) : first === "", first);
    });
  }
});

describe("the timeline", () => {
  const at = { prompt: 210, reasoning: 910, answer: 912, done: 1020 };
  const timings = {
    prompt_summary: 200, first_reasoning: 150, reasoning_end: 400, reasoning_summary: 900,
    first_answer_upstream: 450, first_answer_sent: 901, stall: 451, total: 1000,
  };
  const wanted = BOTH;
  const drawn = (turn) => picture({ wanted, now: 1020, timings: null, at, ...turn });
  const bars = (turn) => drawn(turn).bars;
  const told = (segments) => segments.map(({ kind, from, to }) => [kind, from, to]);

  test("shows the gateway's own times, and what was held back", () => {
    const { a, b, c } = bars({ timings });
    assert.deepEqual(told(a), [["a", 10, 210]]);
    assert.deepEqual(told(b), [["wait", 10, 160], ["b", 160, 410], ["answer", 912, 1010], ["held", 460, 912]]);
    assert.deepEqual(told(c), [["c", 410, 910]]);
  });

  test("holds a summary back too", () => {
    const late = { ...at, prompt: 905 };
    assert.deepEqual(told(bars({ timings, at: { ...late, reasoning: 990 } }).c).at(-1), ["held", 910, 990]);
  });

  test("names what was ready and when it came", () => {
    const rows = drawn({ timings }).waits;
    assert.deepEqual(rows.map(({ what, held }) => [what, held]), [
      ["Prompt summary", undefined], ["Reasoning summary", undefined], ["First words of the answer", 452],
    ]);
  });

  test("never has a thing come before it was ready", () => {
    const early = { ...at, prompt: 204, done: 1200 };
    assert.deepEqual(told(bars({ timings, at: early, now: 1200 }).a), [["a", 4, 204]]);
    assert.deepEqual(told(bars({ timings, at: { ...at, prompt: 150 } }).a), [["a", 0, 200]]);
  });

  for (const [what, wants, heard, b, c] of [
    ["nothing yet", {}, {}, "wait 0 1000", ""],
    ["the head", {}, { head: 100 }, "wait 0 100, b 100 1000", "wait 100 1000"],
    ["a live line", {}, { head: 100, line: 400 }, "wait 0 100, b 100 1000", "wait 100 400, c 400 1000"],
    ["raw thoughts that go on", {}, { head: 100, raw: 200, lastRaw: 900 }, "wait 0 100, b 100 1000", "wait 100 1000"],
    ["raw thoughts that ended", {}, { head: 100, raw: 200, lastRaw: 500 }, "wait 0 100, b 100 500, held 500 1000", "wait 100 500, c 500 1000"],
    ["the summary after raw thoughts", {}, { head: 100, raw: 200, lastRaw: 300, reasoning: 800 }, "wait 0 100, b 100 300, held 300 800", "wait 100 300, c 300 800"],
    ["an answer that raw thoughts held back", {}, { head: 100, raw: 200, lastRaw: 300, reasoning: 800, answer: 810 }, "wait 0 100, b 100 300, held 300 810, answer 810 1000", "wait 100 300, c 300 800"],
    ["an answer", {}, { head: 100, reasoning: 700, answer: 710 }, "wait 0 100, b 100 710, answer 710 1000", "wait 100 700"],
    ["an answer alone", { reasoning: false }, { head: 100, answer: 700 }, "wait 0 100, b 100 700, answer 700 1000", ""],
  ]) {
    test(`tells what it has heard without the gateway's times: ${what}`, () => {
      const drawn = bars({ now: 1000, wanted: { ...wanted, ...wants }, at: { prompt: 210, ...heard } });
      const words = (segments) => told(segments).map((parts) => parts.join(" ")).join(", ");
      assert.deepEqual([words(drawn.a), words(drawn.b), words(drawn.c)], ["a 0 210", b, c]);
    });
  }

  test("has a summary begin with its first live line", () => {
    assert.deepEqual(told(bars({ timings: { ...timings, first_live: 300 } }).c), [["c", 310, 910]]);
  });

  test("says of several calls that the last one is drawn", () => {
    const waits = [undefined, 1, 2, 3].map((b) => bars({ timings, done: { attempts: { b } } }).b[0].label);
    assert.deepEqual(waits, ["connecting", "connecting", "until call 2 spoke", "until call 3 spoke"]);
  });

  test("draws the summary that an answer's failure cut off, if one was asked for", () => {
    const { reasoning_summary, ...failed } = timings;
    assert.deepEqual(told(bars({ timings: failed, at: { done: 1020 } }).c), [["c", 410, 1010]]);
    assert.deepEqual(bars({ timings: failed, at: { done: 1020 }, wanted: { ...wanted, reasoning: false } }).c, []);
  });

  test("needs no reasoning", () => {
    const { b, c } = bars({ timings: { first_answer_upstream: 300, first_answer_sent: 300, total: 1000 }, at: { answer: 310, done: 1000 } });
    assert.deepEqual(told(b), [["wait", 0, 300], ["answer", 310, 1000]]);
    assert.deepEqual(c, []);
  });

  test("is empty before the first question, and has five to eight round steps after", () => {
    assert.deepEqual(picture({ at: {}, now: 0 }), { bars: { a: [], b: [], c: [] }, span: 0, steps: [], waits: [] });
    for (const now of [40, 99, 640, 1020, 7777, 60_000, 600_000]) {
      const { steps, span } = drawn({ now });
      assert.ok(steps.length >= 3 && steps.length <= 8, `${now}: ${steps}`);
      assert.ok(steps[0] === 0 && steps.at(-1) <= span, `${now}: ${steps}`);
    }
  });

  test("knows kinds and units", () => {
    for (const [name, kind] of [
      ["summary.prompt", "summary"], ["summary.reasoning", "summary"], ["summary.reasoning.delta", "live"],
      ["reasoning.delta", "live"], ["output.delta", "delta"], ["output.done", "done"], ["error", "error"],
    ]) assert.equal(kindOf(name), kind, name);
    for (const [ms, text] of [[0, "0 ms"], [999, "999 ms"], [1000, "1.00 s"], [12_345, "12.3 s"], [undefined, "–"]]) {
      assert.equal(duration(ms), text);
    }
  });
});
