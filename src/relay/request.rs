//! One chat request, checked and ready to be answered.

use bytes::Bytes;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::catalog::Target;
use super::prompts;
use crate::traces::trace::Trace;

/// One chat request. The edge has validated it.
#[derive(Debug, Clone)]
pub struct ChatRequest {
    /// The request's id, for the client and the log.
    pub id: String,
    /// The path that it was asked at, for the log.
    pub path: String,
    /// When it arrived: timings and deadlines count from here.
    pub arrived: Instant,
    /// Whether the answer is streamed.
    pub stream: bool,
    /// The model that answers.
    pub model: String,
    /// The conversation, as the client sent it.
    pub messages: Vec<Value>,
    /// Members for the upstream, untouched.
    pub members: Map<String, Value>,
    /// The model that writes the summaries, if the client names one.
    pub summary_model: Option<String>,
    /// What the client wants of the summaries.
    pub summaries: SummaryOptions,
    /// Where it is told what becomes of the request.
    pub trace: Trace,
}

/// What a client wants of the summaries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryOptions {
    /// Whether the prompt is summarised.
    pub prompt: bool,
    /// Whether the reasoning is summarised.
    pub reasoning: bool,
    /// Whether the reasoning is summarised while the model thinks; `None` is the operator's choice.
    pub live: Option<bool>,
    /// How much of the reasoning the client asks for; `None` is a summary.
    pub visibility: Option<Visibility>,
    /// The language to write in; `None` is the user's own.
    pub language: Option<String>,
    /// How the summaries are laid out.
    pub style: Style,
}

impl Default for SummaryOptions {
    fn default() -> Self {
        Self {
            prompt: true,
            reasoning: true,
            live: None,
            visibility: None,
            language: None,
            style: Style::Sentence,
        }
    }
}

impl SummaryOptions {
    /// Shows no more of the reasoning than this, whatever is asked for.
    pub fn limit(&mut self, most: Visibility) {
        let visibility = self.visibility.unwrap_or(Visibility::Summary).min(most);
        self.visibility = Some(visibility);
        self.reasoning &= visibility != Visibility::None;
    }
}

/// How much of a model's reasoning is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Visibility {
    /// Nothing, not even a summary.
    None,
    /// A summary.
    Summary,
    /// The reasoning itself, and a summary.
    Raw,
}

impl Visibility {
    /// The word for it, in requests and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Summary => "summary",
            Self::Raw => "raw",
        }
    }
}

/// How a summary is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Short list items.
    Bullets,
    /// One or two sentences.
    Sentence,
    /// A few words, as a status line has them.
    Status,
}

/// A body in the bytes that are sent.
pub(super) fn as_sent(body: &Map<String, Value>) -> Bytes {
    serde_json::to_vec(body).expect("names and values are JSON").into()
}

impl ChatRequest {
    /// The body of call B: the client's members, the tag instruction where the model needs one, and a
    /// streamed answer with usage where the server can stream.
    pub(super) fn answer_body(&self, target: &Target) -> Map<String, Value> {
        let mut body = target.answer.members.clone();
        body.extend(self.members.clone());
        body.insert("model".into(), target.model(&self.model).into());
        let messages = if target.capability(&self.model).wants_instruction() {
            prompts::with_tag_instruction(&self.messages)
        } else {
            self.messages.clone()
        };
        body.insert("messages".into(), messages.into());
        body.insert("stream".into(), target.streams.into());
        if target.streams {
            ask_for_usage(&mut body);
        } else {
            body.shift_remove("stream_options");
        }
        target.quirks.adapt(&mut body);
        body
    }

    /// What the user asked last.
    pub(super) fn question(&self) -> String {
        let last_user = self.messages.iter().rev().find(|message| message["role"] == "user");
        last_user.or(self.messages.last()).map(message_text).unwrap_or_default()
    }

    /// What the prompt summary is about: the question alone, or the conversation that led to it.
    pub(super) fn conversation(&self) -> String {
        let turns: Vec<_> = self
            .messages
            .iter()
            .filter(|message| message["role"] == "user" || message["role"] == "assistant")
            .collect();
        if turns.len() <= 1 {
            return self.question();
        }
        let lines = turns.iter().map(|turn| {
            format!("{}: {}", turn["role"].as_str().unwrap_or_default(), message_text(turn))
        });
        lines.collect::<Vec<_>>().join("\n\n")
    }
}

/// Whatever the client is to see: limits go by what the upstream counts.
fn ask_for_usage(body: &mut Map<String, Value>) {
    let options = body.entry("stream_options").or_insert(Value::Null);
    if options.is_null() {
        *options = json!({});
    }
    if let Some(options) = options.as_object_mut() {
        options.insert("include_usage".to_owned(), true.into());
    }
}

/// A message's text, whether it came as one text or as parts.
fn message_text(message: &Value) -> String {
    let content = &message["content"];
    if let Some(text) = content.as_str() {
        return text.to_owned();
    }
    let parts = content.as_array().into_iter().flatten();
    parts.filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use reasoning_stream::{Capability, ReaderOptions};
    use serde_json::{Value, json};
    use tokio::time::Instant;

    use super::{ChatRequest, SummaryOptions};
    use crate::policy::retry::RetryPolicy;
    use crate::relay::answer::ask::AnswerConfig;
    use crate::relay::catalog::{Server, Target};
    use crate::traces::trace::Trace;
    use crate::upstream::echo::Echo;
    use crate::upstream::quirks::Quirks;

    pub(in crate::relay) fn target(members: Value) -> Target {
        let answer = AnswerConfig {
            headers_timeout: Duration::MAX,
            first_token_timeout: Duration::MAX,
            idle_timeout: Duration::MAX,
            deadline: Duration::MAX,
            retry: RetryPolicy {
                max_retries: 0,
                backoff: Duration::ZERO,
                max_backoff: Duration::ZERO,
                max_retry_after: Duration::ZERO,
            },
            max_restarts: 0,
            reader: ReaderOptions::default(),
            members: serde_json::from_value(members).unwrap(),
        };
        Target::new(Server::new("echo", Arc::new(Echo)), answer)
    }

    pub(in crate::relay) fn request(messages: Value, members: Value) -> ChatRequest {
        ChatRequest {
            id: "r".into(),
            path: "/".into(),
            arrived: Instant::now(),
            stream: true,
            model: "m".into(),
            messages: serde_json::from_value(messages).unwrap(),
            members: serde_json::from_value(members).unwrap(),
            summary_model: None,
            summaries: SummaryOptions::default(),
            trace: Trace::default(),
        }
    }

    #[test]
    fn hands_members_on_and_asks_for_usage() {
        let chat = json!([{"role": "user", "content": "hi"}]);
        for (case, members, expected) in [
            ("none", json!({}), json!({"include_usage": true})),
            ("null", json!({"stream_options": null}), json!({"include_usage": true})),
            ("kept", json!({"stream_options": {"x": 1}}), json!({"x": 1, "include_usage": true})),
            (
                "whatever the client is to see",
                json!({"stream_options": {"include_usage": false}}),
                json!({"include_usage": true}),
            ),
        ] {
            let body = request(chat.clone(), members).answer_body(&target(json!({})));
            assert_eq!(body["stream_options"], expected, "{case}");
        }
        let mut target = target(json!({"a": 1, "b": 1}));
        target.model = Some("its own".into());
        let request = request(chat, json!({"b": 2, "top_k": 5, "tools": [1], "stop": "x"}));
        let body = request.answer_body(&target);
        for (member, expected) in [
            ("a", json!(1)),
            ("b", json!(2)),
            ("top_k", json!(5)),
            ("tools", json!([1])),
            ("stream", json!(true)),
            ("model", json!("its own")),
            ("stop", json!("x")),
        ] {
            assert_eq!(body[member], expected, "{member}");
        }
        (target.streams, target.quirks) = (false, Quirks::FRIENDLI);
        let body = request.answer_body(&target);
        assert_eq!((&body["stream"], &body["stop"]), (&json!(false), &json!(["x"])));
        assert!(!body.contains_key("stream_options"), "nothing is streamed");
    }

    #[test]
    fn only_models_that_need_it_are_told_of_tags() {
        let chat = json!([{"role": "user", "content": "hi"}]);
        for (name, own_name, capability, is_told) in [
            ("m", None, None, true),
            ("m", None, Some(Capability::Fields), false),
            ("m", Some("deepseek-r1"), None, false),
            ("qwq", None, None, false),
            ("qwq", Some("m"), None, false),
            ("qwq", None, Some(Capability::AnalysisFinal), true),
        ] {
            let mut request = request(chat.clone(), json!({}));
            request.model = name.into();
            let model = own_name.map(str::to_owned);
            let target = Target { model, capability, ..target(json!({})) };
            let told = request.answer_body(&target)["messages"][0]["role"] == "system";
            assert_eq!(told, is_told, "{name} {own_name:?} {capability:?}");
        }
    }

    #[test]
    fn finds_the_question() {
        for (messages, question, conversation) in [
            (json!([{"role": "user", "content": "hi"}]), "hi", "hi"),
            (
                json!([{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}]),
                "hi",
                "hi",
            ),
            (
                json!([{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}, {"type": "text", "text": "b"}]}]),
                "a\nb",
                "a\nb",
            ),
            (
                json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}]),
                "c",
                "user: a\n\nassistant: b\n\nuser: c",
            ),
            (json!([{"role": "assistant", "content": null}]), "", ""),
        ] {
            let request = request(messages.clone(), json!({}));
            assert_eq!(request.question(), question, "{messages}");
            assert_eq!(request.conversation(), conversation, "{messages}");
        }
    }
}
