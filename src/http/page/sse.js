// Server-sent events out of bytes, by the rules of the HTML standard (section 9.2.6).
// Bytes may be cut anywhere. The page posts, so the browser's own EventSource can't be used.

const MAX_CHARS = 8 * 1024 * 1024;
const encoder = new TextEncoder();

export class EventDecoder {
	#decoder = new TextDecoder();
	#line = "";
	#afterReturn = false;
	#name = "";
	#data = [];
	#held = 0;

	// Takes some bytes, and returns the events that they complete.
	push(bytes) {
		let text = this.#decoder.decode(bytes, { stream: true });
		if (!text) return [];
		// The second half of a line end that a chunk's end cut in two.
		if (this.#afterReturn && text[0] === "\n") text = text.slice(1);
		this.#afterReturn = text ? text.endsWith("\r") : false;
		const lines = text.split(/\r\n?|\n/);
		lines[0] = this.#line + lines[0];
		this.#line = lines.pop();
		const events = lines.map((line) => this.#take(line)).filter(Boolean);
		if (this.#line.length + this.#held > MAX_CHARS) throw new Error("an event is too long to be shown");
		return events;
	}

	#take(line) {
		if (!line) return this.#dispatch();
		const [, field, value = ""] = line.match(/^([^:]*)(?:: ?(.*))?$/s);
		if (field === "event") this.#name = value;
		if (field === "data") {
			this.#data.push(value);
			this.#held += value.length;
		}
		return null;
	}

	#dispatch() {
		const data = this.#data.join("\n");
		const event = this.#data.length
			? { name: this.#name || "message", data, bytes: encoder.encode(data).length }
			: null;
		this.#name = "";
		this.#data = [];
		this.#held = 0;
		return event;
	}
}

// The object or list that a text is, if it is one.
export function json(text) {
	try {
		const value = JSON.parse(text);
		return value && typeof value === "object" ? value : null;
	} catch {
		return null;
	}
}
