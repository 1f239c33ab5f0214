// One pane: what it shows, the state it is in, and how long it took.

import { el } from "./dom.js";
import { duration } from "./timeline.js";
import { Writer } from "./markdown.js";

// States in which more is to come; others are done, fallback, none, off, stopped and error.
const OPEN = ["waiting", "thinking", "writing"];

export class Pane {
	#root;
	#body = el("div", { className: "body", tabIndex: 0, role: "group" });
	#chip = el("span", { className: "chip" });
	#elapsed = el("span");
	#copy = el("button", { className: "quiet", disabled: true }, "Copy");
	#purpose;
	#writer = null;
	#written = "";
	#state = "";

	// The root holds what the pane is for; `call` is the letter of the call that fills it.
	constructor(root, call) {
		this.#root = root;
		this.#purpose = root.firstChild;
		const title = (this.#body.ariaLabel = root.ariaLabel);
		this.#copy.ariaLabel = `Copy: ${title}`;
		this.#copy.addEventListener("click", () => copied(this.#copy, this.#shown()));
		const header = el("header", {}, el("h3", {}, title), this.#chip);
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
		this.#writer = null;
		this.#written = "";
		this.#body.replaceChildren();
		this.#elapsed.textContent = "";
		this.#copy.disabled = true;
		this.state(isWanted ? "waiting" : "off");
		if (!isWanted) this.hint("Not asked for.");
	}

	// Hands out its title and what has come, to be kept elsewhere.
	take() {
		return [el("h3", {}, this.#root.ariaLabel), ...this.#parts()];
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

	// Writes above the thoughts, in sight. Who reads the end goes on reading the end.
	write(text) {
		const { scrollTop, clientHeight, scrollHeight, firstChild } = this.#body;
		const isAbove = !this.#writer && firstChild;
		const atEnd = scrollTop + clientHeight > scrollHeight - 24;
		this.#writer ??= new Writer(this.#section("div", "prose", "prepend"));
		this.#writer.push(text);
		this.#written += text;
		if (isAbove) this.#body.scrollTop = 0;
		else if (atEnd) this.#body.scrollTop = this.#body.scrollHeight;
	}

	// Adds a piece of a live line: pieces of one index make one line.
	line({ text, index, restarted }) {
		const list = this.#body.querySelector(".lines") ?? this.#section("ol", "lines");
		const lines = [...list.children];
		if (restarted) for (const line of lines) line.className = "void";
		const line = lines.find(({ value }) => value === index) ?? list.appendChild(el("li", { value: index }));
		line.append(text);
	}

	// Adds raw thoughts, even where no summary of them was asked for.
	raw(text) {
		if (this.#state === "off") {
			this.#body.replaceChildren();
			this.state("thinking");
		}
		const made = () => this.#folded("Raw reasoning", true).appendChild(el("pre", { className: "raw" }));
		(this.#body.querySelector(".raw") ?? made()).append(text);
	}

	// Puts live lines away once the summary that replaces them has come.
	settle() {
		const list = this.#body.querySelector(".lines");
		if (list) this.#folded(`While it thought (${list.children.length})`, false).append(list);
	}

	#section(name, className, put = "append") {
		const node = el(name, { className });
		this.#body[put](node);
		this.#copy.disabled = false;
		return node;
	}

	#parts() {
		return [...this.#body.children].filter((node) => !node.matches(".hint"));
	}

	// What stands there and is not folded, as it was written.
	#shown() {
		const parts = this.#parts().filter(({ open }) => open !== false);
		return parts.map((node) => (node.matches(".prose") ? this.#written : node.innerText)).join("\n\n");
	}

	#folded(title, open) {
		const node = this.#section("details", "folded");
		node.open = open;
		node.append(el("summary", {}, title));
		return node;
	}
}

export async function copied(button, text) {
	const label = (button.value ||= button.textContent);
	button.textContent = await navigator.clipboard.writeText(text).then(() => "Copied", () => "Not allowed");
	setTimeout(() => (button.textContent = label), 1200);
}
