// Starts what a browser test needs: the built mock and gateway on free ports, a server that plays
// scripted streams, and Chromium. Ends each of them by what it started.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import path from "node:path";

const env = (name) => {
  if (!process.env[name]) throw new Error(`${name} is not set; make test-ui sets it`);
  return process.env[name];
};
const require = createRequire(path.join(env("UI_TOOLS"), "package.json"));
const { chromium } = require("playwright-core");

const AXE = require.resolve("axe-core/axe.min.js");
export const SHOTS = env("UI_OUT");
export const PATIENCE = 20_000;

mkdirSync(SHOTS, { recursive: true });

// A program that runs, and what it has said so far.
class Program {
  lines = [];
  #child;
  #hasEnded;
  #waiting = new Set();

  constructor(file, args, settings) {
    const PATH = process.env.PATH;
    this.#child = spawn(file, args, { cwd: SHOTS, env: { PATH, ...settings }, stdio: ["ignore", "ignore", "pipe"] });
    let rest = "";
    this.#child.stderr.setEncoding("utf8").on("data", (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      this.lines.push(...lines);
      for (const look of this.#waiting) look();
    });
    this.#hasEnded = once(this.#child, "close");
  }

  // Waits for the first line that a predicate finds, from a place in the log on; fails with the log
  // where the program ends without it.
  async until(found, from = 0) {
    let look;
    let timer;
    const line = await Promise.race([
      new Promise((resolve) => {
        look = () => {
          const line = this.lines.slice(from).find(found);
          if (line !== undefined) resolve(line);
        };
        this.#waiting.add(look);
        look();
      }),
      this.#hasEnded.then(() => null),
      new Promise((resolve) => {
        timer = setTimeout(() => resolve(null), PATIENCE);
      }),
    ]);
    clearTimeout(timer);
    this.#waiting.delete(look);
    if (line === null) throw new Error(`${path.basename(this.#child.spawnfile)} never said it:\n${this.lines.join("\n")}`);
    return line;
  }

  async address() {
    const line = await this.until((line) => / on http:\/\/\S+/.test(line));
    return line.match(/ on (http:\/\/[0-9A-Za-z.:]+)/)[1];
  }

  async end() {
    this.#child.kill("SIGKILL");
    await this.#hasEnded;
  }
}

// What the mock does, by the name of the model. A summary's model is the request's own.
const RULES = [
  { when: { model: "deliberate", kind: "reasoning_summary" }, do: { header_delay_ms: 700 } },
  { when: { model: "slow-summary", kind: "reasoning_summary" }, do: { header_delay_ms: 1200 } },
  { when: { model: "no-summary", summary: true }, do: { status: 400 } },
  { when: { model: "refused" }, do: { status: 401 } },
  { when: { model: "broken", kind: "answer" }, do: { tps: 400, reasoning: 20, answer: 40, reset: { token: 40 } } },
  { when: { model: "endless", kind: "answer" }, do: { tps: 100, reasoning: 20, endless: "answer" } },
  { when: { model: "pensive", kind: "answer" }, do: { tps: 100, endless: "reasoning" } },
  { when: { model: "thinker", kind: "answer", attempt: 1 }, do: { tps: 120, reasoning: 400 } },
  { when: { model: "plain", kind: "answer" }, do: { style: "plain" } },
  { when: { path: "/models" }, do: { body: '{"object":"list","data":[{"id":"mock-reasoner"},{"id":"deliberate"}]}' } },
];

// The real thing: mock, gateway, and its page's address. More settings may need the mock's.
export async function real(more = () => ({})) {
  const rules = path.join(SHOTS, "rules.json");
  writeFileSync(rules, JSON.stringify(RULES));
  const bin = env("UI_BINARIES");
  const pace = ["--tps", "240", "--ttft", "120", "--summary-ms", "200", "--usage"];
  const mock = new Program(path.join(bin, "mock-upstream"), ["--bind", "127.0.0.1:0", "--script", rules, ...pace]);
  let gateway;
  const end = () => Promise.all([gateway?.end(), mock.end()]);
  try {
    const upstream = await mock.address();
    const settings = { BIND_ADDR: "127.0.0.1:0", UPSTREAM_BASE_URL: upstream, UPSTREAM_MAX_RETRIES: "0",
      SUMMARY_SECTION_CHARS: "300", SUMMARY_SECTION_SECS: "0.5", ...more(upstream) };
    gateway = new Program(path.join(bin, "inference-gateway"), [], settings);
    return { url: await gateway.address(), mock, end };
  } catch (error) {
    await end();
    throw error;
  }
}

// The same page before a stream that the test writes: `play(response, request)` gets each chat.
export async function scripted(url) {
  const stage = { play: null };
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    if (request.method === "POST") return stage.play(response, { headers: request.headers, body: JSON.parse(body) });
    const file = await fetch(new URL(request.url, url), { headers: { Connection: "close" } });
    const headers = Object.fromEntries(["content-type", "content-security-policy"].map((name) => [name, file.headers.get(name) ?? ""]));
    response.writeHead(file.status, headers).end(Buffer.from(await file.arrayBuffer()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stage.url = `http://127.0.0.1:${server.address().port}`;
  stage.end = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return stage;
}

// One block of an event stream.
export const block = (name, data) => `event: ${name}\ndata: ${JSON.stringify({ request_id: "r-1", ...data })}\n\n`;

// Plays blocks at once, and ends.
export const plays = (...blocks) => (response) => {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  response.end(blocks.join(""));
};

// Plays blocks, and what is added later with `more`, until `end`; `asked` is the request's body.
export function slowly(...blocks) {
  const play = (response, { body }) => {
    play.asked = body;
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    play.more = (...blocks) => response.write(blocks.join(""));
    play.end = () => response.end();
    play.more(...blocks);
  };
  return play;
}

// Browser, gateway and stage, and what is asked there.
export async function theatre() {
  const gateway = await real();
  const browser = await browse();
  const stage = await scripted(gateway.url);
  // Asks a scripted gateway, looks at what the page made of it, and that nothing was wrong or kept.
  async function scene(play, look, { expected = [], set } = {}) {
    const page = await open(browser, stage.url);
    page.expected = expected;
    stage.play = play;
    await set?.(page);
    await ask(page, "Why?", "any");
    await look(page);
    await clean(page, stage.url);
  }
  const end = () => Promise.all([browser.close(), gateway.end(), stage.end()]);
  return { browser, gateway, stage, scene, end };
}

// Ends a page, which has done nothing wrong and has kept nothing.
export async function clean(page, url) {
  assert.deepEqual(await page.finish(), { wrong: [], violations: [], stored: 0, url: `${url}/` });
}

export function browse() {
  const args = ["--no-sandbox", "--disable-dev-shm-usage", "--font-render-hinting=none"];
  return chromium.launch({ executablePath: env("UI_CHROMIUM"), args });
}

// The playground, ready to be asked.
export async function open(browser, url, options = {}) {
  const page = await visit(browser, url, "/", options);
  await page.waitForFunction(() => document.querySelector("#health[data-state]") && document.querySelector("#model").options.length);
  return page;
}

// A page, and everything it has done that it should not have.
export async function visit(browser, url, path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, ...options });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: url });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const wrong = [];
  page.expected = [];
  page.on("console", (message) => {
    const text = message.text();
    if (["error", "warning"].includes(message.type()) && !page.expected.some((part) => text.includes(part))) wrong.push(text);
  });
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("request", (request) => {
    const own = new URL(request.url());
    if (own.origin !== new URL(url).origin && own.protocol !== "blob:") wrong.push(`asked ${request.url()}`);
  });
  await page.addInitScript(() => {
    window.violations = [];
    addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
  });
  await page.goto(url + path);
  // Whatever a test did: nothing wrong was logged or asked for, and nothing is kept.
  page.finish = async () => {
    const kept = await page.evaluate(() => ({
      violations: window.violations,
      stored: localStorage.length + sessionStorage.length + document.cookie.length,
      url: location.href,
    }));
    await context.close();
    return { wrong, ...kept };
  };
  return page;
}

// What axe finds wrong with a page as it stands.
export async function faults(page, options = {}) {
  await page.evaluate(await readFile(AXE, "utf8"));
  const { violations } = await page.evaluate((options) => window.axe.run(document, options), options);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`));
}

export async function shot(page, name) {
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: path.join(SHOTS, `${name}.png`), fullPage: true });
}

// Names a model, asks, and waits for the state that ends it.
export async function ask(page, question, model) {
  if (model) {
    await page.selectOption("#model", "");
    await page.fill("#other", model);
  }
  await page.fill("#prompt", question);
  await page.click("#send");
}

// Waits for the first tick of a kind.
export const drawn = (page, kind) => page.waitForSelector(`path.tick.${kind}[d*=M]`, { state: "attached" });
// When each stroke's event came, in milliseconds, the earliest first.
export const strokes = (page) =>
  page.$$eval("path.tick", (paths) => paths.flatMap((path) => path.getAttribute("d").match(/[\d.]+(?= 0V)/g) ?? []).map(Number).sort((a, b) => a - b));
export const problem = (page) => page.locator("#problem").innerText();
export const state = (page, pane) => page.locator(`#pane-${pane} .chip`).innerText();
export const isOver = (page) => page.waitForSelector("#send:not([hidden])");
export const text = (page, pane) => page.locator(`#pane-${pane} .body`).innerText();
