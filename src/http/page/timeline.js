// When what happened: the three calls as bars, what order held back hatched, every event as a tick.
// Until the gateway tells its own times at the end, bars show what the page has heard. Of several calls
// for the answer the gateway times the last.

import { el } from "./dom.js";

// Less than this is no wait, but a network.
const NOTICEABLE_MS = 40;
// Raw thoughts that pause for longer than this have ended, as far as anybody can tell.
const PAUSE_MS = 400;

export function duration(ms) {
	if (ms === undefined || Number.isNaN(ms)) return "–";
	return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

// What kind of tick an event is.
export function kindOf(name) {
	if (name === "error") return "error";
	if (name === "output.done" || name === "chat.completion") return "done";
	if (name.endsWith("reasoning.delta")) return "live";
	return name.startsWith("summary.") ? "summary" : "delta";
}

// A segment of a bar, unless it lies outside of time.
const segment = (kind, from, to, label) => (to > from ? [{ kind, from, to, label }] : []);
const held = (ready, came) => (came - ready > NOTICEABLE_MS ? segment("held", ready, came) : []);

// The bars without the gateway's times. When the thoughts ended is heard only where they are shown
// raw; without them nobody can tell thinking from waiting for the summary.
function heardBars({ at, now, wanted }) {
	if (!now) return { a: [], b: [], c: [] };
	const { head = now, line, raw, lastRaw, answer } = at;
	const barrier = at.reasoning ?? answer ?? now;
	const begins = Math.min(head, line ?? now, raw ?? now, barrier);
	const isHeard = barrier - lastRaw > PAUSE_MS;
	const summed = line ?? (isHeard ? lastRaw : barrier);
	const thinks = isHeard ? lastRaw : (answer ?? barrier);
	return {
		a: wanted.prompt ? segment("a", 0, at.prompt ?? now, "summarising") : [],
		b: [
			...segment("wait", 0, begins, "connecting"),
			...segment("b", begins, thinks, wanted.reasoning && !raw ? "thinking, or held back" : "thinking"),
			...(isHeard ? segment("held", lastRaw, answer ?? barrier) : []),
			...segment("answer", answer, now, "answering"),
		],
		c: wanted.reasoning ? [
			...segment("wait", begins, summed, raw || line ? "listening" : "listening, then summarising"),
			...segment("c", summed, barrier, "summarising"),
		] : [],
	};
}

// The bars once the gateway has told its times. They count from when it heard of the request.
function toldBars({ at, timings, now, wanted, done }, offset) {
	const calls = done?.attempts?.b;
	const told = (name) => (timings[name] === undefined ? undefined : timings[name] + offset);
	const first = told("first_answer_upstream");
	const thought = told("first_reasoning");
	const begins = thought ?? first ?? told("total") ?? now;
	const summed = told("reasoning_summary") ?? (wanted.reasoning ? told("total") : undefined);
	return {
		a: [
			...segment("a", offset, told("prompt_summary"), "summarising"),
			...held(told("prompt_summary"), at.prompt),
		],
		b: [
			...segment("wait", offset, begins, calls > 1 ? `until call ${calls} spoke` : "connecting"),
			...segment("b", thought, told("reasoning_end") ?? first ?? told("total"), "thinking"),
			...segment("answer", Math.max(first, at.answer ?? first), told("total"), "answering"),
			...held(first, at.answer),
		],
		c: [
			...segment("c", told("first_live") ?? told("reasoning_end"), summed, "summarising"),
			...held(summed, at.reasoning),
		],
	};
}

// All that is to be drawn of a turn, save for its ticks.
export function picture(turn) {
	const { now, timings } = turn;
	const span = now && Math.max(now * 1.03, 50);
	const offset = timings ? offsetOf(turn) : 0;
	const bars = timings ? toldBars(turn, offset) : heardBars(turn);
	return { bars, span, steps: steps(span), waits: timings ? waits(turn, offset) : [] };
}

// Each thing that has a place in the order: its row, when it was ready, and when it came.
const ORDERED = ({ at, timings }) => [
	["a", "Prompt summary", timings.prompt_summary, at.prompt],
	["c", "Reasoning summary", timings.reasoning_summary, at.reasoning],
	["b", "First words of the answer", timings.first_answer_upstream, at.answer],
].filter(([, , ready, came]) => ready !== undefined && came !== undefined);

// When the gateway heard of the request: half of the time that it does not account for was the way
// there, unless something came earlier than that allows.
function offsetOf(turn) {
	const ways = ORDERED(turn).map(([, , ready, came]) => came - ready);
	return Math.max(0, Math.min((turn.at.done - turn.timings.total) / 2, ...ways));
}

// How long each was held back, by the clock of the page; nothing where that is only the network.
function waits(turn, offset) {
	return ORDERED(turn).map(([part, what, ready, came]) => {
		const held = came - ready - offset;
		return { part, what, ready: ready + offset, came, held: held > NOTICEABLE_MS ? held : undefined };
	});
}

// Round places on the axis, five or so.
function steps(span) {
	if (!span) return [];
	const rough = span / 6;
	const unit = 10 ** Math.floor(Math.log10(rough));
	const step = [1, 2, 5, 10].map((factor) => factor * unit).find((size) => size >= rough);
	return Array.from({ length: Math.floor(span / step) + 1 }, (_, number) => number * step);
}

export class Timeline {
	#root;
	#ticks;

	constructor(root) {
		this.#root = root;
		this.#ticks = [...root.querySelectorAll(".tick")].map((path) => ({ path, strokes: "" }));
	}

	reset() {
		for (const tick of this.#ticks) tick.strokes = "";
	}

	// Takes an event: a stroke at its millisecond.
	add({ name, t }) {
		this.#ticks.find(({ path }) => path.classList.contains(kindOf(name))).strokes += `M${t.toFixed(1)} 0V10`;
	}

	draw(turn) {
		const { bars, span, steps, waits } = picture(turn);
		for (const [row, segments] of Object.entries(bars)) this.#drawBar(row, segments, span);
		this.#root.querySelector("svg").setAttribute("viewBox", `0 0 ${span} 10`);
		for (const { path, strokes } of this.#ticks) path.setAttribute("d", strokes);
		this.#part("axis").replaceChildren(...steps.map((ms) => placed("span", ms / span, duration(ms))));
		const barrier = turn.at.reasoning ?? turn.at.answer;
		this.#root.style.setProperty("--barrier", barrier === undefined ? "" : `${(barrier / span) * 100}%`);
		this.#part("waits").replaceChildren(...waits.map(row));
		this.#root.querySelector(".told").hidden = !waits.length;
	}

	#part(name) {
		return this.#root.querySelector(`[data-part="${name}"]`);
	}

	#drawBar(row, segments, span) {
		const nodes = segments.map(({ kind, from, to, label }) => {
			const text = label ?? `held ${duration(to - from)}`;
			const node = placed("div", from / span, "");
			node.append(el("span", {}, text));
			node.className = `bar ${kind}`;
			node.title = `${text}: ${duration(from)} – ${duration(to)}`;
			node.style.width = `${((to - from) / span) * 100}%`;
			return node;
		});
		this.#part(row).replaceChildren(...nodes);
	}
}

function placed(name, share, text) {
	const node = el(name, {}, text);
	node.style.left = `${share * 100}%`;
	return node;
}

function row({ what, ready, came, held }) {
	return el("tr", {}, el("th", { scope: "row" }, what), ...[ready, came, held].map((ms) => el("td", {}, duration(ms))));
}
