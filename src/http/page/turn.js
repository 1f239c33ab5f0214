// One question and its answer: asks, and tells its listener what comes.
//
//   waiting ──▶ open ──▶ done | error | stopped

import { EventDecoder, json } from "./sse.js";
import { Order } from "./order.js";
import { CHAT, wanted } from "./request.js";

// The moments that the timeline needs, by the event whose first one makes them.
const MOMENTS = {
	"summary.prompt": "prompt",
	"summary.reasoning.delta": "line",
	"reasoning.delta": "raw",
	"summary.reasoning": "reasoning",
	"output.delta": "answer",
	"output.done": "done",
	"chat.completion": "done",
};
const MAX_QUOTED = 300;

export class Turn {
	state = "waiting";
	answer = "";
	at = {};
	timings = null;
	done = null;
	disorders = 0;
	requestId = "";
	#listener;
	#headers;
	#abort = new AbortController();
	#started = performance.now();
	#ended = 0;
	#order;
	#isExplained = false;

	// The listener has `head`, `event`, `problem` and `over`.
	constructor(question, body, headers, listener) {
		this.question = question;
		this.body = body;
		this.wanted = wanted(body);
		this.#headers = headers;
		this.#listener = listener;
	}

	// Milliseconds since it was sent, until it is over.
	get now() {
		return (this.#ended || performance.now()) - this.#started;
	}

	get isOver() {
		return this.#ended > 0;
	}

	// Whether the next question goes on from it: a whole answer.
	get isHistory() {
		return this.state === "done" && Boolean(this.answer);
	}

	stop() {
		this.#abort.abort();
	}

	async run() {
		try {
			const response = await fetch(CHAT, {
				method: "POST",
				headers: { "Content-Type": "application/json", ...this.#headers },
				body: JSON.stringify(this.body),
				signal: this.#abort.signal,
			});
			this.requestId = response.headers.get("x-request-id") ?? "";
			await this.#read(response);
		} catch (error) {
			this.#broke(error);
		}
		this.#ended = performance.now();
		this.#listener.over();
	}

	async #read(response) {
		if (!response.ok) return this.#refused(response);
		this.state = "open";
		this.at.head = this.now;
		// The gateway may show less than was asked for.
		if (response.headers.get("x-reasoning-visibility") === "none") this.wanted.reasoning = false;
		this.#order = new Order(this.wanted);
		this.#listener.head();
		const type = response.headers.get("content-type") ?? "";
		if (type.startsWith("text/event-stream")) return this.#listen(response.body.getReader());
		return this.#whole(await response.text(), `status ${response.status} with ${type || "no media type"}`);
	}

	async #listen(reader) {
		const decoder = new EventDecoder();
		let came = 0;
		for (;;) {
			const { done, value } = await reader.read();
			if (done) break;
			for (const event of decoder.push(value)) {
				came += 1;
				this.#hear(event);
			}
		}
		const missing = this.#order.finish();
		if (!missing) return;
		this.disorders += 1;
		if (came) this.#fail("The stream broke off", missing);
		else this.#fail("The answer is no completion", "an event stream came that ended without an event");
	}

	#hear({ name, data, bytes }) {
		const t = this.now;
		const value = json(data);
		const disorder = value ? this.#order.check(name, value.fatal === true) : "its data is no JSON object";
		if (disorder) this.disorders += 1;
		if (MOMENTS[name]) this.at[MOMENTS[name]] ??= t;
		if (name === "reasoning.delta") this.at.lastRaw = t;
		this.#isExplained ||= Boolean(value?.fatal);
		if (value && name === "output.delta") this.answer += value.text ?? "";
		if (value && name === "output.done") this.#finish(value);
		this.#listener.event({ name, data, bytes, t, disorder, value: value ?? {} });
		if (name === "output.done") this.#explain();
	}

	#finish(value) {
		this.done = value;
		this.timings = value.timings?.total === undefined ? null : value.timings;
		this.state = value.finish_reason === "error" ? "error" : "done";
	}

	// An answer that failed has a reason, if only that none was given.
	#explain() {
		if (this.state !== "error" || this.#isExplained) return;
		this.#fail("The answer failed", "its finish_reason is error, and no error event says why");
	}

	// The whole answer at once, as if its parts had come as events.
	#whole(text, came) {
		const t = this.now;
		const value = json(text);
		const choice = value?.choices?.[0];
		if (!choice?.message) {
			const shown = text.trim().slice(0, MAX_QUOTED);
			return this.#fail("The answer is no completion", `${came} came, ${shown ? `which begins: ${shown}` : "and no content"}`);
		}
		this.at.done = t;
		this.answer = choice.message.content ?? "";
		this.#isExplained = (value.errors ?? []).some(({ fatal }) => fatal);
		this.#finish({ ...value, finish_reason: choice.finish_reason });
		const bytes = new Blob([text]).size;
		this.#listener.event({ name: "chat.completion", data: text, bytes, t, disorder: "", value });
		this.#explain();
	}

	async #refused(response) {
		const { detail, ...body } = json(await response.text()) ?? {};
		const { status, headers } = response;
		const more = { status, wait: headers.get("retry-after"), ...body };
		this.#fail(body.title ?? `The gateway answered ${status}`, detail ?? body.error?.message, more);
	}

	#broke(error) {
		if (this.#abort.signal.aborted) {
			this.state = "stopped";
			return;
		}
		const title = this.state === "waiting" ? "The gateway can’t be reached" : "The connection broke off";
		this.#fail(title, error.message);
	}

	#fail(title, detail, more) {
		this.state = "error";
		this.#listener.problem({ ...more, title, detail });
	}
}
