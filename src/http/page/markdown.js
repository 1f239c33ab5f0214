// Writes an answer as it grows: paragraphs, headings, lists, code. Only text nodes and a few plain
// elements are ever made; nothing of a model's text is read as HTML, and links stay text.

import { el } from "./dom.js";

// The blocks by what their first line begins with.
const MARKS = {
	code: /^ {0,3}(`{3,}|~{3,})/,
	heading: /^ {0,3}#{1,6} +(.*)/,
	ul: /^ {0,3}[-*+] +(.*)/,
	ol: /^ {0,3}(\d{1,9})[.)] +(.*)/,
};
// A longer block stays plain: looking for marks takes more than linear time.
const MAX_MARKED = 8_000;
const INLINE = /(`{1,3})(.+?)\1|\*\*(\S(?:.*?\S)?)\*\*|\*([^\s*](?:[^*]*[^\s*])?)\*/g;

export class Writer {
	#node;
	#text = "";
	#last = null;

	constructor(node) {
		this.#node = node;
	}

	// Adds text. Blocks that are complete stay as they are; the last one is made anew.
	push(text) {
		this.#text += text;
		this.#last?.remove();
		this.#last = null;
		for (;;) {
			const block = firstBlock(this.#text);
			if (!block) return;
			this.#last = render(block);
			this.#node.append(this.#last);
			const rest = this.#text.slice(block.end);
			if (!rest.trim()) return;
			this.#text = rest;
		}
	}
}

// The first block of a text, and its end; none where all is blank.
function firstBlock(text) {
	const start = text.search(/\S/);
	if (start < 0) return null;
	const from = text.lastIndexOf("\n", start) + 1;
	const lines = text.slice(from).split("\n");
	const kind = kindOf(lines[0]);
	const count = length(kind, lines);
	const own = lines.slice(0, count);
	const end = Math.min(from + own.join("\n").length + 1, text.length);
	return { kind, lines: own, end: count === lines.length ? text.length : end };
}

const kindOf = (line) => Object.keys(MARKS).find((kind) => MARKS[kind].test(line)) ?? "p";

// How many lines belong to a block. Blank and indented ones don't end a list.
function length(kind, lines) {
	const fence = kind === "code" && lines[0].match(MARKS.code)[1];
	const isNext = {
		code: (_, number) => lines[number - 1].trim().startsWith(fence) && number > 1,
		heading: () => true,
		p: (line) => !line.trim() || kindOf(line) !== "p",
	}[kind] ?? ((line) => /^\s?\S/.test(line) && kindOf(line) !== kind);
	const at = lines.findIndex((line, number) => number > 0 && isNext(line, number));
	return at < 0 ? lines.length : at;
}

function render({ kind, lines }) {
	if (kind === "code") return code(lines);
	if (kind === "ul" || kind === "ol") return list(kind, lines);
	if (kind === "heading") return inline(el("h4"), lines[0].match(MARKS.heading)[1]);
	return inline(el("p"), lines.join("\n").trim());
}

function code([fence, ...lines]) {
	const close = fence.match(MARKS.code)[1];
	if (lines.at(-1)?.trim().startsWith(close)) lines.pop();
	return el("pre", {}, lines.join("\n"));
}

function list(kind, lines) {
	const start = kind === "ol" ? { start: Number(lines[0].match(MARKS.ol)[1]) } : {};
	const items = [];
	for (const line of lines.filter((line) => line.trim())) {
		const item = line.match(MARKS[kind]);
		if (item) items.push(item.at(-1));
		else items[items.length - 1] += `\n${line.trim()}`;
	}
	return el(kind, start, ...items.map((text) => inline(el("li"), text)));
}

function inline(node, text) {
	let at = 0;
	const matches = text.length > MAX_MARKED ? [] : text.matchAll(INLINE);
	for (const match of matches) {
		const [whole, , code, strong, em] = match;
		const inner = el(code ? "code" : strong ? "strong" : "em", {}, code ?? strong ?? em);
		node.append(text.slice(at, match.index), inner);
		at = match.index + whole.length;
	}
	node.append(text.slice(at));
	return node;
}
