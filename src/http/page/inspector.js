// The table of events, which shows the newest; the download has all. What either leaves out is said.

import { el } from "./dom.js";
import { json } from "./sse.js";

const MAX_ROWS = 400;
// What is kept for the table and the download: the data, and about so much more for each event.
const MAX_MIB = 32;
const OVERHEAD = 250;

export class Inspector {
	events = [];
	#root;
	#body;
	#filter;
	#size = 0;
	#missed = 0;
	#shown = 0;
	#fitting = 0;

	constructor(root) {
		this.#root = root;
		this.#body = root.querySelector("tbody");
		this.#filter = root.querySelector("input");
		this.#filter.addEventListener("input", () => this.#redraw());
	}

	reset() {
		this.events = [];
		this.#size = this.#missed = 0;
		this.#redraw();
	}

	// Takes an event that came; `disorder` says what is wrong with its place.
	add(event) {
		this.#size += event.bytes + OVERHEAD;
		if (this.#size > MAX_MIB * 2 ** 20) {
			this.#missed += 1;
			return;
		}
		this.events.push({ ...event, n: this.events.length + 1, delta: event.t - (this.events.at(-1)?.t ?? 0) });
	}

	// Shows what has come since the last time. What somebody has unfolded stays.
	draw() {
		const fresh = this.events.slice(this.#shown).filter((event) => this.#fits(event));
		this.#shown = this.events.length;
		this.#fitting += fresh.length;
		this.#body.append(...fresh.slice(-MAX_ROWS).map(row));
		const folded = [...this.#body.children].filter((row) => !row.querySelector("[aria-expanded=true]"));
		for (const row of folded.slice(0, -MAX_ROWS)) row.remove();
		this.#root.classList.toggle("empty", !this.events.length);
		this.#root.querySelector(".count").textContent = this.#count();
	}

	ndjson() {
		return this.events.map(({ n, t, name, bytes, data, disorder }) =>
			`${JSON.stringify({ n, t_ms: Math.round(t * 10) / 10, event: name, bytes, data: json(data) ?? data, disorder })}\n`);
	}

	#redraw() {
		this.#body.replaceChildren();
		this.#shown = this.#fitting = 0;
		this.draw();
	}

	#fits({ name, data }) {
		const wanted = this.#filter.value.trim().toLowerCase();
		return !wanted || name.includes(wanted) || data.toLowerCase().includes(wanted);
	}

	#count() {
		const came = this.events.length + this.#missed;
		const rows = this.#body.children.length;
		return [
			`${came} ${came === 1 ? "event" : "events"}`,
			this.#fitting < this.events.length && `${this.#fitting} match`,
			rows < this.#fitting && `${rows} shown: the newest, and what is unfolded`,
			this.#missed && `${this.#missed} beyond the ${MAX_MIB} MiB that are kept: neither here nor in the download`,
		].filter(Boolean).join(" · ");
	}
}

function row(event) {
	const preview = el("code", {}, event.data.length > 300 ? `${event.data.slice(0, 300)}…` : event.data);
	const data = el("td", { className: "data" }, preview);
	const button = el("button", { className: "expand", ariaExpanded: "false" }, event.name);
	button.addEventListener("click", () => toggle(button, data, preview, event));
	const name = el("td", {}, button);
	if (event.disorder) name.append(el("em", {}, event.disorder));
	const [n, t, delta, bytes] = [event.n, event.t.toFixed(1), `+${event.delta.toFixed(1)}`, event.bytes].map(
		(text) => el("td", { className: "number" }, text),
	);
	return el("tr", { className: event.disorder ? "disorder" : "" }, n, t, delta, name, bytes, data);
}

// Shows the data in full, indented, or its first characters.
function toggle(button, cell, preview, event) {
	const opens = button.ariaExpanded === "false";
	button.ariaExpanded = String(opens);
	const value = json(event.data);
	const whole = value ? JSON.stringify(value, null, 2) : event.data;
	cell.replaceChildren(opens ? el("pre", {}, whole) : preview);
}
