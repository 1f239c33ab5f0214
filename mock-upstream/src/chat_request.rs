//! What a chat completion request asks for, as far as the server cares.

use serde_json::Value;

use crate::call::Kind;
use crate::text::tokens;

/// A readable request.
#[derive(Debug, Clone)]
pub(crate) struct ChatRequest {
    pub(crate) model: String,
    pub(crate) stream: bool,
    pub(crate) include_usage: bool,
    pub(crate) max_tokens: Option<usize>,
    /// The last user message.
    pub(crate) prompt: String,
    pub(crate) prompt_tokens: usize,
    pub(crate) kind: Kind,
    pub(crate) form: Form,
}

/// What replies look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As those to a chat.
    Chat,
    /// As those to a completion of llama.cpp's.
    Completion,
}

/// A request that can't be answered, and the member that is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Invalid {
    pub(crate) param: &'static str,
    pub(crate) message: &'static str,
}

impl ChatRequest {
    pub(crate) fn read(body: &Value) -> Result<Self, Invalid> {
        let messages = body.get("messages").and_then(Value::as_array).filter(|all| !all.is_empty());
        let Some(messages) = messages else {
            let message = "'messages' must be a list with at least one message";
            return Err(Invalid { param: "messages", message });
        };
        let stream = body.get("stream").and_then(Value::as_bool).unwrap_or(false);
        let system = system_text(messages);
        let prompt =
            messages.iter().rfind(|one| has_role(one, &["user"])).map_or_else(String::new, content);
        // A stream is a summary only where it shows what is to be summarised.
        let may_summarise = !stream || prompt.trim_end().ends_with("</text>");
        Ok(Self {
            model: text_of(body.get("model")),
            stream,
            include_usage: body.pointer("/stream_options/include_usage")
                == Some(&Value::Bool(true)),
            max_tokens: max_tokens(body),
            prompt,
            prompt_tokens: messages.iter().map(|one| tokens::count(&content(one)) + 3).sum(),
            kind: if may_summarise { kind(&system) } else { Kind::Answer },
            form: Form::Chat,
        })
    }

    /// What a summary call wants summarised: the part in `<text>…</text>`, or all of the message.
    pub(crate) fn text_to_summarise(&self) -> &str {
        let inner =
            self.prompt.split_once("<text>").map_or(self.prompt.as_str(), |(_, after)| after);
        inner.rsplit_once("</text>").map_or(inner, |(before, _)| before)
    }
}

/// A summary is told by the word in the system message; what of, by the word that follows it first.
fn kind(system: &str) -> Kind {
    let system = system.to_lowercase();
    let Some((_, after)) = system.split_once("summar") else { return Kind::Answer };
    let first = |words: &[&str]| words.iter().filter_map(|word| after.find(word)).min();
    let thought = first(&["reasoning", "thought", "thinking", "thinks", "analysis"]);
    let asked = first(&["prompt", "request", "question", "asked", "asks", "user"]);
    match (thought, asked) {
        (Some(thought), Some(asked)) if asked < thought => Kind::PromptSummary,
        (Some(_), _) => Kind::ReasoningSummary,
        (None, _) => Kind::PromptSummary,
    }
}

fn system_text(messages: &[Value]) -> String {
    let system = messages.iter().filter(|one| has_role(one, &["system", "developer"]));
    system.map(content).collect::<Vec<_>>().join("\n")
}

fn has_role(message: &Value, roles: &[&str]) -> bool {
    message.get("role").and_then(Value::as_str).is_some_and(|role| roles.contains(&role))
}

/// A message's text; of an array, its text parts.
fn content(message: &Value) -> String {
    let content = message.get("content");
    match content.and_then(Value::as_array) {
        Some(parts) => {
            parts.iter().map(|part| text_of(part.get("text"))).collect::<Vec<_>>().join("\n")
        }
        None => text_of(content),
    }
}

fn text_of(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn max_tokens(body: &Value) -> Option<usize> {
    let limit =
        ["max_completion_tokens", "max_tokens"].iter().find_map(|name| body.get(name)?.as_u64());
    limit.and_then(|limit| usize::try_from(limit).ok())
}
