// Joins the form, the turn that runs, and what shows it. Nothing is stored.

import { el } from "./dom.js";
import { Inspector } from "./inspector.js";
import { Pane, copied } from "./pane.js";
import { bodyOf, curl, headers, key, model } from "./request.js";
import { Timeline, duration, picture } from "./timeline.js";
import { Turn } from "./turn.js";

const NOTHING = { at: {}, now: 0 };
const MAX_TURNS = 50;
const KEY_WANTED = "This gateway asks for an API key. Enter yours, and its models are listed.";
const $ = (id) => document.getElementById(id);
const form = $("form");
const isNarrow = matchMedia("(max-width: 899px)");
const prompt = $("prompt");
const panes = { prompt: new Pane($("pane-prompt"), "A"), reasoning: new Pane($("pane-reasoning"), "C"), answer: new Pane($("pane-answer"), "B") };
const all = Object.values(panes);
const timeline = new Timeline($("timeline"));
const inspector = new Inspector($("inspector"));
const KEY_KEPT = $("key-note").textContent;

let turn = null;
let past = [];
let unwritten = "";
let frame = 0;
let isLocked = false;

// ---- asking

function send() {
	const question = prompt.value.trim();
	if (question) ask(question, true);
}

// Asks, unless the form can't be sent as it is: then it says why. Whether the turn before is kept
// among the earlier ones, or gives way.
function ask(question, isKept) {
	if (isRunning()) return;
	if (isLocked && !key(form)) return say(KEY_WANTED, $("key"));
	if (!model(form)) return say("Name a model first.", $("other"));
	if (!form.reportValidity()) return;
	if (isKept) keep(question);
	if (prompt.value.trim() === question) prompt.value = "";
	const messages = past.filter(({ isHistory }) => isHistory).flatMap(({ question, answer }) => [
		{ role: "user", content: question },
		{ role: "assistant", content: answer },
	]);
	const body = bodyOf(form, [...messages, { role: "user", content: question }]);
	turn = new Turn(question, body, headers(form), { head, event: heard, problem: explain, over });
	clear(question);
	panes.prompt.begin(turn.wanted.prompt);
	panes.reasoning.begin(turn.wanted.reasoning);
	panes.answer.begin(true);
	say("Sent. Waiting for the gateway.");
	controls();
	if (isNarrow.matches) $("response").scrollIntoView();
	frame ||= requestAnimationFrame(draw);
	turn.run();
}

function clear(title) {
	$("question").textContent = title;
	$("problem").hidden = $("figures").hidden = true;
	unwritten = "";
	inspector.reset();
	timeline.reset();
}

// Puts the turn that is over among the earlier ones, unless the same is asked as nothing came of it.
function keep(next) {
	const parts = all.map((pane) => pane.take()).filter(({ length }) => length > 1);
	if (turn && (parts.length || turn.question !== next)) {
		past = [...past, turn].slice(-MAX_TURNS);
		$("turns").append(earlier(turn, parts));
		if ($("turns").children.length > MAX_TURNS + 1) $("turns").children[1].remove();
		$("turns").hidden = false;
	}
	turn = null;
}

function earlier({ question, state, isHistory, now }, parts) {
	const ending = { done: "", stopped: "stopped after ", error: "failed after " }[state];
	const mark = el("small", { className: state }, ending + duration(now));
	const node = el("details", { open: !isHistory }, el("summary", {}, el("span", {}, question), mark), ...parts.flat());
	if (isHistory) return node;
	const again = el("button", {}, "Ask again");
	again.addEventListener("click", () => ask(question, true));
	if (!$("problem").hidden) node.append(el("div", { className: "problem" }, ...$("problem").childNodes));
	node.append(el("p", { className: "hint" }, "Not part of the conversation: the model is not told of it. ", again));
	return node;
}

// Asks the same again: in the place of an answer, and beside what was left unfinished.
const retry = () => ask(turn.question, turn.state !== "done");

function fresh() {
	turn = null;
	past = [];
	$("turns").replaceChildren($("turns").firstChild);
	$("turns").hidden = true;
	for (const pane of all) pane.idle();
	clear("Ask, and watch the order");
	order();
	timeline.draw(NOTHING);
	say("Ready.");
	controls();
	prompt.focus();
}

const isRunning = () => Boolean(turn) && !turn.isOver;

function controls() {
	const runs = isRunning();
	$("send").hidden = runs;
	$("stop").hidden = !runs;
	$("retry").disabled = runs || !turn;
	$("fresh").disabled = runs || !(turn || past.length);
	$("curl").disabled = !turn;
	$("download").disabled = !inspector.events.length;
	$("examples").hidden = Boolean(turn);
	for (const button of $("turns").querySelectorAll("button")) button.disabled = runs;
}

// ---- hearing

const HEARERS = {
	"summary.prompt": (value) => {
		summarise(panes.prompt, value);
		say("The prompt’s summary is here. The model is thinking.");
	},
	"summary.reasoning": (value) => {
		panes.reasoning.settle();
		summarise(panes.reasoning, value);
		if (value.source === "none") panes.reasoning.hint("The model showed no reasoning.");
		say("The summaries are here. The answer follows.");
	},
	"summary.reasoning.delta": (value) => panes.reasoning.line(value),
	"reasoning.delta": (value) => panes.reasoning.raw(value.text ?? ""),
	"output.delta": (value) => {
		thought();
		if (!unwritten) panes.answer.state("writing");
		unwritten += value.text ?? "";
	},
	"output.done": finish,
	"chat.completion": whole,
	error: (value) => {
		if (value.fatal) explain({ title: value.message, ...value });
		else say(`${value.message} The fallback stands in.`);
	},
};

function head() {
	if (!turn.wanted.reasoning) panes.reasoning.begin(false);
	[panes.reasoning, panes.answer].find(({ isOpen }) => isOpen).state("thinking");
	say("The gateway has answered. The model is thinking.");
}

function heard(event) {
	inspector.add(event);
	timeline.add(event);
	HEARERS[event.name]?.(event.value);
}

function summarise(pane, { text, source }) {
	if (text) pane.write(text);
	pane.state({ none: "none", fallback: "fallback", metadata: "fallback" }[source] ?? "done");
	pane.elapsed(turn.now);
}

function whole({ summaries, choices: [{ message }], errors }) {
	for (const error of errors ?? []) HEARERS.error(error);
	if (message.reasoning_content) panes.reasoning.raw(message.reasoning_content);
	for (const [name, summary] of Object.entries(summaries ?? {})) HEARERS[`summary.${name}`]?.(summary);
	unwritten = message.content ?? "";
	finish(message);
}

// Thoughts that no summary follows end with the answer.
function thought() {
	if (panes.reasoning.isOpen && !turn.wanted.reasoning) panes.reasoning.state("done");
}

function finish({ tool_calls: calls }) {
	if (calls?.length) unwritten += `\n\n\`\`\`\n${JSON.stringify(calls, null, 2)}\n\`\`\``;
	flush();
	thought();
	panes.answer.elapsed(turn.now);
	if (turn.state !== "error") panes.answer.state("done");
}

function over() {
	flush();
	const { state, answer, now } = turn;
	for (const pane of all) if (pane.isOpen) pane.state(state === "stopped" ? "stopped" : "error");
	if (state === "stopped") say(`Stopped after ${duration(now)}, the upstream too. Not part of the conversation.`);
	if (state === "done") say(`Complete after ${duration(now)}.`);
	if (state === "error" && !answer) prompt.value ||= turn.question;
	figures();
	controls();
}

// ---- showing

function draw() {
	frame = 0;
	if (!turn) return;
	flush();
	for (const pane of all) if (pane.isOpen) pane.elapsed(turn.now);
	inspector.draw();
	order();
	timeline.draw(turn);
	if (isRunning()) frame = requestAnimationFrame(draw);
}

function flush() {
	if (unwritten) panes.answer.write(unwritten);
	unwritten = "";
}

function order() {
	const wrong = turn?.disorders ?? 0;
	const came = inspector.events.length;
	$("order").dataset.state = wrong ? "error" : came ? "done" : "";
	$("order").textContent = wrong ? `order broken ×${wrong}` : came ? "in order" : "no events yet";
	$("request").textContent = turn?.requestId ?? "";
}

// The status region tells phases, not tokens.
function say(text, focus) {
	focus?.focus();
	if (text !== $("status").textContent) $("status").textContent = text;
}

function explain(problem) {
	const { title, detail, status, code, stage, wait, errors, retryable } = problem;
	const facts = [status && `status ${status}`, code, stage && `stage ${stage}`, wait && `try again after ${wait} s`,
		retryable && "asking again may help", turn.requestId && `request ${turn.requestId}`];
	const lines = [
		detail !== title && detail,
		...(errors ?? []).map(({ field, message }) => `${field}: ${message}`),
		status === 401 && "If the gateway asks for an API key, enter it beside the model.",
	];
	const nodes = lines.filter(Boolean).map((line) => el("p", {}, line));
	$("problem").replaceChildren(el("h3", {}, title), ...nodes, el("small", {}, facts.filter(Boolean).join(" · ")));
	$("problem").hidden = false;
	say(`Error: ${title}.`);
}

function figures() {
	const { done, timings } = turn;
	const thought = timings?.reasoning_end - timings?.first_reasoning;
	const answer = picture(turn).waits.find(({ part }) => part === "b");
	const rows = {
		"Thought for": thought >= 0 && duration(thought),
		"Held back": answer && duration(answer.held),
		Total: duration(turn.now),
		Tokens: done?.usage?.completion_tokens,
		Calls: Object.entries(done?.attempts ?? {}).flat().join(" ").toUpperCase(),
		Finish: done?.finish_reason,
		Warnings: done?.warnings?.join(", "),
	};
	const shown = Object.entries(rows).filter(([, value]) => value);
	$("figures").replaceChildren(...shown.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
	$("figures").hidden = false;
}

function download() {
	const url = URL.createObjectURL(new Blob(inspector.ndjson(), { type: "application/x-ndjson" }));
	el("a", { href: url, download: `${turn?.requestId || "events"}.ndjson` }).click();
	setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

// ---- the gateway

async function asked(path) {
	const response = await fetch(path, { headers: headers(form) });
	return response.ok ? response.json() : { refused: response.status };
}

// Lists the models; returns what is wrong with the key, if anything is.
async function models() {
	const { data = [], refused } = await asked("v1/models").catch(() => ({}));
	const names = data.map(({ id }) => id).filter((id) => typeof id === "string");
	const chosen = $("model").value;
	$("model").replaceChildren(...names.map((name) => new Option(name, name)), new Option("Other…", ""));
	$("model").value = names.includes(chosen) ? chosen : (names[0] ?? "");
	other();
	return refused === 401 ? "This gateway does not know that API key. Enter another." : "";
}

async function health(mayAsk) {
	const { upstream } = mayAsk ? await asked("upstream-health").catch(() => ({})) : {};
	$("health").dataset.state = upstream ? "done" : mayAsk ? "error" : "none";
	$("health").textContent = `upstream ${{ true: "reachable", false: "not reachable" }[upstream] ?? "unknown"}`;
}

// What the gateway tells those it knows. Whether it wants a key comes with the page itself, so that
// nothing is asked in vain.
async function greet() {
	const page = await fetch("./", { method: "HEAD", cache: "no-store" }).catch(() => null);
	isLocked = page?.headers.has("www-authenticate");
	const wrong = isLocked && !key(form) ? KEY_WANTED : await models();
	$("key-note").textContent = wrong || KEY_KEPT;
	$("key").ariaInvalid = String(Boolean(wrong));
	if (!turn) say(wrong || "Ready.");
	health(!wrong);
}

function other() {
	$("other").hidden = Boolean($("model").value);
}

// ---- the page

const NEXT_THEME = { auto: "light", light: "dark", dark: "auto" };

function theme() {
	const next = ($("theme").value = NEXT_THEME[$("theme").value]);
	document.documentElement.style.colorScheme = next === "auto" ? "" : next;
	$("theme").textContent = `Theme: ${next}`;
}

function keys(event) {
	if (event.key === "Escape" && isRunning()) turn.stop();
	if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
	event.preventDefault();
	send();
}

const on = (id, event, act) => $(id).addEventListener(event, act);
on("form", "submit", (event) => {
	event.preventDefault();
	send();
});
document.addEventListener("keydown", keys);
addEventListener("pagehide", () => turn?.stop());
form.addEventListener("invalid", ({ target }) => (target.closest("details").open = true), true);
on("stop", "click", () => turn.stop());
on("retry", "click", retry);
on("fresh", "click", fresh);
on("model", "change", other);
on("key", "change", greet);
on("theme", "click", theme);
on("curl", "click", () => copied($("curl"), curl(turn.body, Boolean(key(form)))));
on("download", "click", download);
on("examples", "click", ({ target }) => {
	if (target.tagName !== "BUTTON") return;
	prompt.value = target.textContent;
	prompt.focus();
});

if (isNarrow.matches) for (const node of form.querySelectorAll("details")) node.open = false;
if (/Mac|iP/.test(navigator.platform)) form.querySelector("kbd").textContent = "⌘ ↵";
timeline.draw(NOTHING);
greet();
