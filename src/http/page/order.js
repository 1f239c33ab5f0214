// Where events may come, and where each leads from there.
//
//   [error]  summary.prompt  summary.reasoning.delta*  [error]  summary.reasoning  output.delta*  [error]  output.done
//
// A fatal error may stand where an error or a summary may; then comes output.done.

const KNOWN = /^(error|output\.(delta|done)|(summary\.)?reasoning\.delta|summary\.(prompt|reasoning))$/;

function places({ prompt, reasoning, live }) {
	const thinking = reasoning ? "reasoning" : "unheard";
	const answer = { "output.delta": "answer", "output.done": "over", error: "doneOnly" };
	const grows = live ? { "summary.reasoning.delta": "reasoning" } : {};
	const ends = { "summary.reasoning": "answer" };
	return {
		prompt: { "summary.prompt": thinking, error: "promptOnly" },
		promptOnly: { "summary.prompt": thinking },
		reasoning: { ...grows, ...ends, error: "reasoningOnly" },
		reasoningOnly: ends,
		unheard: answer,
		answer,
		doneOnly: { "output.done": "over" },
		over: {},
		first: prompt ? "prompt" : thinking,
	};
}

export class Order {
	#places;
	#place;

	// Which of the summaries the request asked for.
	constructor(wanted) {
		this.#places = places(wanted);
		this.#place = this.#places.first;
	}

	// Takes the next event; returns what is wrong with its place; the place is then kept.
	check(name, fatal = false) {
		if (!KNOWN.test(name)) return "";
		// Raw reasoning belongs before the answer.
		if (name === "reasoning.delta" && !["answer", "doneOnly", "over"].includes(this.#place)) return "";
		const next = this.#places[this.#place][name];
		if (!next) return this.#disorder(name);
		this.#place = name === "error" && fatal ? "doneOnly" : next;
		return "";
	}

	// Takes the end of the stream.
	finish() {
		return this.#place === "over" ? "" : this.#disorder("the end");
	}

	#disorder(came) {
		const allowed = Object.keys(this.#places[this.#place]).join(" or ") || "nothing";
		return `${came} came where only ${allowed} may stand`;
	}
}
