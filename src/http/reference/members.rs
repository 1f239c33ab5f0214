//! Says of every member what it is, where its schema does not say so itself: members that mean the same
//! in many schemas, and those of a fixed value, which can't have a comment of their own.

use serde_json::Value;

/// Members of one schema: the schema, the member, and what is said of it.
const OWN: &[(&str, &str, &str)] = &[
    ("AssistantMessage", "content", "What the model said; may be left out beside `tool_calls`."),
    (
        "Block",
        "input",
        "The arguments; those that a limit cut off are a text, as the only member `unreadable`.",
    ),
    ("BlockParam", "content", "What the tool answered; left out, it answered nothing."),
    ("BlockParam", "id", "What the tool's result refers to."),
    ("BlockParam", "input", "The arguments, as an object."),
    ("BlockParam", "source", "Where the image is."),
    ("BlockParam", "tool_use_id", "The call that this answers."),
    ("ChatRequest", "n", "How many answers are wanted: 1, or left out; this gateway gives one."),
    ("ChunkDelta", "role", "Always `assistant`; in the first chunk alone."),
    ("ChunkError", "error", "Why the stream broke."),
    ("ChunkStream", "data", "A chunk or an error, as JSON in one line; or `[DONE]`, at the end."),
    ("FunctionCallPart", "type", "Always `function`; in the first part of a call alone."),
    ("ImageSource", "data", "The image's bytes, in base64."),
    ("ImageSource", "media_type", "The image's kind, such as `image/png`."),
    ("ImageSource", "url", "The image's address, for the model server to fetch."),
    ("InputCall", "output", "What the function answered: a text, or parts."),
    ("InputMessage", "type", "`message`, or left out."),
    ("InputPart", "image_url", "The image's address, or the image as a `data:` URL."),
    ("InputPart", "input_audio", "The sound and its format, as the model server reads them."),
    ("InputPart", "refusal", "What the model said when it refused."),
    ("MessageEvent", "message", "The message as it begins: without content."),
    ("MessageEvent", "usage", "Tokens of the request and of all that was said."),
    ("MessageEvent", "error", "Why the message broke."),
    ("MessageProblem", "error", "What went wrong, as Anthropic's SDKs read it."),
    ("MessageRequest", "container", "Not known here: leave it out."),
    ("MessageRequest", "context_management", "Not known here: leave it out."),
    ("MessageRequest", "mcp_servers", "Not known here: leave it out."),
    ("MessageRequest", "thinking", "Whether the model thinks; left out, no thinking is shown."),
    ("MessageRequest", "tool_choice", "Whether and what the model calls; left out, as it likes."),
    ("OutputItem", "name", "The function's name."),
    ("Response", "error", "Why the response failed; else `null`."),
    ("Response", "incomplete_details", "Why the response is incomplete; else `null`."),
    ("Response", "previous_response_id", "Always `null`: nothing is stored."),
    ("Response", "status", "Where the response is: complete, or why not."),
    ("Response", "text", "The form of the answer, as the request had it."),
    ("Response", "truncation", "Always `disabled`: nothing is cut out of what was sent."),
    ("ResponseEvent", "name", "The function's name."),
    ("ResponseRequest", "background", "`false`, or left out: an answer ends with its connection."),
    ("ResponseRequest", "conversation", "Not known here: send all of it in `input`."),
    ("ResponseRequest", "previous_response_id", "Not known here: send the whole conversation."),
    ("ResponseRequest", "prompt", "Not known here: send `instructions` and `input`."),
    ("ResponseRequest", "reasoning", "How the model thinks; left out, no summaries are written."),
    ("ResponseRequest", "text", "The form of the answer; left out, plain text."),
    ("ResponseRequest", "tool_choice", "Whether and what the model calls; left out, as it likes."),
    ("ResponseRequest", "top_logprobs", "Not known here: log probabilities are not handed on."),
    ("ResponseRequest", "truncation", "`disabled`, or left out: nothing is cut out."),
    ("ResponseText", "format", "Text, or JSON; left out, text."),
    ("ResultBlock", "source", "Where the image is."),
    ("ToolParam", "type", "`custom`, or left out: the only kind that there is."),
];

/// Members that mean the same wherever they are.
const COMMON: &[(&str, &str)] = &[
    ("arguments", "The arguments: a text that is JSON."),
    ("attempts", "How many calls were made upstream, by their kind."),
    ("code", "What went wrong, in a word that stays the same."),
    ("content", "What is said: a text, or parts, in their order."),
    ("content_block", "The block as it begins: without content."),
    ("content_index", "The part's place in the item's `content`, from 0."),
    ("data", "What the event tells: JSON in one line."),
    ("delta", "What is new."),
    ("error", "The same error, as OpenAI's SDKs read it."),
    ("event", "The event's name, which is the `type` in its data, where that has one."),
    ("finish_reason", "Why the answer ended; `error` if it broke off."),
    ("function", "The function, and its arguments."),
    ("id", "The item's id; no two items of a response have the same."),
    ("index", "Which one it is, from 0."),
    ("input", "The arguments, as an object."),
    ("item", "The item: as it begins, or complete."),
    ("item_id", "The id of the item that this is a part of."),
    ("logprobs", "Always `null`: log probabilities are not handed on."),
    ("message", "The answer."),
    ("name", "The tool's name."),
    ("output_index", "The item's place in `output`, from 0."),
    ("part", "The part: as it begins, or complete."),
    ("partial_json", "More of the arguments: a piece of a text that is JSON."),
    ("prompt_summary", "The summary of the prompt; left out where there is none."),
    ("refusal", "Always `null`: models refuse in their answers."),
    ("response", "The response as it stands at this event."),
    ("sequence_number", "The event's number: from 0, without a gap."),
    ("signature", "Send it back with the block; it is not looked at."),
    ("source", "Who wrote it: a model, or the gateway in a model's place."),
    ("stage", "The part of the work that failed."),
    ("status", "Where the item is: `completed`, once nothing more comes."),
    ("stop_reason", "Why the model stopped; `null` until it has."),
    ("stop_sequence", "Always `null`: which text the model stopped at is not known."),
    ("summary_index", "The part's place in the item's `summary`, from 0."),
    ("text", "The text; of a delta, more of it."),
    ("thinking", "A summary, or the raw reasoning for those who see it; of a delta, more of it."),
    ("timings", "When each step happened, in milliseconds since the request arrived."),
    ("usage", "Token counts; left out where the upstream gave none."),
];

/// Describes the members of these schemas that nothing is said of.
pub(super) fn describe(schemas: &mut Value) {
    for (owner, schema) in schemas.as_object_mut().into_iter().flatten() {
        within(owner, schema);
    }
}

/// The members of a schema, and of those inside it.
fn within(owner: &str, schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            let members = keywords.get_mut("properties").and_then(Value::as_object_mut);
            for (name, member) in members.into_iter().flatten() {
                say(owner, name, member);
            }
            keywords.values_mut().for_each(|inner| within(owner, inner));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| within(owner, item)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn say(owner: &str, name: &str, member: &mut Value) {
    let lifted = lifted(member);
    let Some(member) = member.as_object_mut().filter(|it| !it.contains_key("description")) else {
        return;
    };
    let own = OWN.iter().find(|(of, its, _)| (*of, *its) == (owner, name)).map(|(.., text)| *text);
    let common = COMMON.iter().find(|(its, _)| *its == name).map(|(_, text)| *text);
    let text = own.map(str::to_owned).or(lifted).or_else(|| always(name, member.get("enum")));
    if let Some(text) = text.or(common.map(str::to_owned)) {
        member.insert("description".to_owned(), text.into());
    }
}

/// What is said of a member that may be `null` stands at its other form: there few look for it.
fn lifted(member: &mut Value) -> Option<String> {
    let forms = member.get_mut("oneOf")?.as_array_mut()?.iter_mut();
    let mut texts = forms.filter_map(|form| form.as_object_mut()?.shift_remove("description"));
    texts.next()?.as_str().map(str::to_owned)
}

/// Of a member with one value alone: the value.
fn always(name: &str, values: Option<&Value>) -> Option<String> {
    let [Value::String(value)] = &values?.as_array()?[..] else { return None };
    let what = if name == "type" { ", which tells this form from others" } else { "" };
    Some(format!("Always `{value}`{what}."))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{COMMON, OWN, describe};

    /// Every text that is said of a member, after whose schema it is.
    fn texts(owner: &str, value: &Value, found: &mut Vec<(String, String)>) {
        if let Some(text) = value["description"].as_str() {
            found.push((owner.to_owned(), text.to_owned()));
        }
        let inner = value.as_object().into_iter().flat_map(|members| members.values());
        let items = value.as_array().into_iter().flatten();
        inner.chain(items).for_each(|inner| texts(owner, inner, found));
    }

    #[test]
    fn every_row_is_said_somewhere() {
        let mut document = serde_json::to_value(crate::http::reference::document(&[])).unwrap();
        let schemas = &mut document["components"]["schemas"];
        describe(schemas);
        let mut found = Vec::new();
        for (owner, schema) in schemas.as_object().unwrap() {
            texts(owner, schema, &mut found);
        }
        let says = |text: &str, owner: Option<&str>| {
            found.iter().any(|(of, its)| its == text && owner.is_none_or(|owner| owner == of))
        };
        for (owner, name, text) in OWN {
            assert!(says(text, Some(owner)), "{owner}.{name}: {text}");
        }
        for (name, text) in COMMON {
            assert!(says(text, None), "{name}: {text}");
        }
    }

    #[test]
    fn what_a_schema_says_itself_stays() {
        let word = |word| json!({"type": "string", "enum": [word]});
        for (case, member, expected) in [
            ("its own", json!({"description": "mine"}), "mine"),
            ("of its other form", json!({"oneOf": [{"description": "x"}, {"type": "null"}]}), "x"),
            ("one word", word("w"), "Always `w`."),
            ("what all say", json!({"type": "string"}), "The tool's name."),
        ] {
            let mut schemas = json!({"Any": {"properties": {"name": member}}});
            describe(&mut schemas);
            assert_eq!(schemas["Any"]["properties"]["name"]["description"], expected, "{case}");
        }
    }
}
