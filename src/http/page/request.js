// The request that the form describes, and the same as a command to paste. Paths are relative, so
// that the page works below a prefix too.

export const CHAT = "v1/chat/completions";

const field = (form, name) => form.elements[name];
const text = (form, name) => field(form, name).value.trim();

export function model(form) {
	return text(form, "model") || text(form, "other");
}

export function wanted(body) {
	const { prompt, reasoning, live, visibility } = body.summaries;
	return { prompt, reasoning: reasoning && visibility !== "none", live };
}

// The body for these messages. What was left empty is left out.
export function bodyOf(form, messages) {
	const system = text(form, "system");
	const body = {
		model: model(form),
		stream: field(form, "stream").checked,
		messages: system ? [{ role: "system", content: system }, ...messages] : messages,
		summaries: {
			prompt: field(form, "prompt_summary").checked,
			reasoning: field(form, "reasoning_summary").checked,
			live: field(form, "live").checked,
			visibility: text(form, "visibility"),
			style: text(form, "style"),
			language: text(form, "language") || "auto",
		},
	};
	for (const [name, kind] of [["summary_model", String], ["temperature", Number], ["max_tokens", Number]]) {
		if (text(form, name)) body[name] = kind(text(form, name));
	}
	return body;
}

// The key lives in its input field and nowhere else.
export const key = (form) => text(form, "key");

export const headers = (form) => (key(form) ? { Authorization: `Bearer ${key(form)}` } : {});

// The request as a command for a shell; the key stays a variable.
export function curl(body, hasKey) {
	const url = new URL(CHAT, document.baseURI);
	const quoted = JSON.stringify(body, null, 2).replaceAll("'", `'\\''`);
	const key = hasKey ? ` \\\n  -H "Authorization: Bearer $KEY"` : "";
	return `curl -N '${url}' \\\n  -H 'Content-Type: application/json'${key} \\\n  -d '${quoted}'`;
}
