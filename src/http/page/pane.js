// One pane: what it shows, the state it is in, and how long it took.

import { el } from "./dom.js";
import { duration } from "./timeline.js";
import { Writer } from "./markdown.js";

// States in which more is to come; others are done, fallback, none, off, stopped and error.
const OPEN = ["waiting", "thinking", "writing"];

export class Pane {
	text = "";
	#title;
	#root;
	#body = el("div", { className: "body", tabIndex: 0, role: "group" });
	#chip = el("span", { className: "chip" });
	#elapsed = el("span");
	#copy = el("button", { className: "quiet", disabled: true }, "Copy");
	#purpose;
	#writer = null;
	#state = "";

	// The root holds what the pane is for; `call` is the letter of the call that fills it.
	constructor(root, call) {
		this.#root = root;
		this.#purpose = root.firstChild;
		this.#title = this.#body.ariaLabel = root.ariaLabel;
		this.#copy.ariaLabel = `Copy: ${this.#title}`;
		this.#copy.addEventListener("click", () => copied(this.#copy, this.text));
		const header = el("header", {}, el("h3", {}, this.#title), this.#chip);
		header.dataset.call = call;
		root.append(header, this.#body, el("footer", {}, this.#elapsed, this.#copy));
		this.#body.append(this.#purpose);
	}

	get isOpen() {
		return OPEN.includes(this.#state);
	}

	// As it was before the first question.
	idle() {
		this.begin(true);
		this.state("");
		this.#body.append(this.#purpose);
	}

	begin(isWanted) {
		this.text = "";
		this.#writer = null;
		this.#body.replaceChildren();
		this.#elapsed.textContent = "";
		this.#copy.disabled = true;
		this.state(isWanted ? "waiting" : "off");
		if (!isWanted) this.hint("Not asked for.");
	}

	// Hands out its title and what has come, to be kept elsewhere.
	take() {
		return [el("h3", {}, this.#title), ...[...this.#body.children].filter((node) => !node.matches(".hint"))];
	}

	state(state) {
		this.#state = state;
		this.#chip.textContent = this.#chip.dataset.state = this.#root.dataset.state = state;
		this.#root.ariaBusy = String(this.isOpen);
	}

	elapsed(ms) {
		this.#elapsed.textContent = duration(ms);
	}

	hint(text) {
		this.#body.append(el("p", { className: "hint" }, text));
	}

	// Who reads the end goes on reading the end.
	write(text) {
		const { scrollTop, clientHeight, scrollHeight } = this.#body;
		const atEnd = scrollTop + clientHeight > scrollHeight - 24;
		this.#writer ??= new Writer(this.#section("div", "prose"));
		this.#writer.push(text);
		this.text += text;
		this.#copy.disabled = !this.text;
		if (atEnd) this.#body.scrollTop = this.#body.scrollHeight;
	}

	// Adds a piece of a live line: pieces of one index make one line.
	line({ text, index, restarted }) {
		const list = this.#body.querySelector(".lines") ?? this.#section("ol", "lines");
		const lines = [...list.children];
		if (restarted) for (const line of lines) line.className = "void";
		const line = lines.find(({ value }) => value === index) ?? list.appendChild(el("li", { value: index }));
		line.append(text);
	}

	raw(text) {
		const made = () => this.#folded("Raw reasoning", true).appendChild(el("pre", { className: "raw" }));
		(this.#body.querySelector(".raw") ?? made()).append(text);
	}

	// Puts live lines away once the summary that replaces them has come.
	settle() {
		const list = this.#body.querySelector(".lines");
		if (list) this.#folded(`While it thought (${list.children.length})`, false).append(list);
	}

	#section(name, className) {
		return this.#body.appendChild(el(name, { className }));
	}

	#folded(title, open) {
		const node = this.#section("details", "folded");
		node.open = open;
		node.append(el("summary", {}, title));
		return node;
	}
}

export async function copied(button, text) {
	const label = button.textContent;
	button.textContent = await navigator.clipboard.writeText(text).then(() => "Copied", () => "Not allowed");
	setTimeout(() => (button.textContent = label), 1200);
}
