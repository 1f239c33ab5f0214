//! What a call asks, read out of the body that is sent.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::content::{Message, messages, system_instructions};
use super::names;
use super::span::Span;

/// Characters of a model's name, which a client may make up.
const MAX_MODEL: usize = 200;

/// What a call asks. Members of another type than they should have are left out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Parameters<'a> {
    model: String,
    stream: Value,
    temperature: Value,
    top_p: Value,
    top_k: Value,
    frequency_penalty: Value,
    presence_penalty: Value,
    max_tokens: Value,
    max_completion_tokens: Value,
    seed: Value,
    #[serde(borrow)]
    messages: Option<&'a RawValue>,
}

impl<'a> Parameters<'a> {
    pub(super) fn read(body: &'a [u8]) -> Self {
        let mut parameters: Self = serde_json::from_slice(body).unwrap_or_default();
        if let Some((end, _)) = parameters.model.char_indices().nth(MAX_MODEL) {
            parameters.model.truncate(end);
        }
        parameters
    }

    /// What the span of the call is called.
    pub(super) fn span_name(&self) -> String {
        format!("chat {}", self.model)
    }

    /// Notes what is no content.
    pub(super) fn describe(&self, span: &mut Span) {
        span.set(names::MODEL, self.model.as_str());
        span.set(names::STREAM, self.stream.as_bool().unwrap_or_default());
        for (name, value) in [
            (names::TEMPERATURE, &self.temperature),
            (names::TOP_P, &self.top_p),
            (names::FREQUENCY_PENALTY, &self.frequency_penalty),
            (names::PRESENCE_PENALTY, &self.presence_penalty),
        ] {
            span.set_some(name, value.as_f64());
        }
        let max_tokens = self.max_tokens.as_i64().or_else(|| self.max_completion_tokens.as_i64());
        span.set_some(names::MAX_TOKENS, max_tokens);
        span.set_some(names::TOP_K, self.top_k.as_i64());
        span.set_some(names::SEED, self.seed.as_i64());
    }

    /// Notes what was asked in so many words.
    pub(super) fn quote(&self, span: &mut Span) {
        let Some(text) = self.messages else { return };
        let all: Vec<Message> = serde_json::from_str(text.get()).unwrap_or_default();
        span.set_some(names::SYSTEM_INSTRUCTIONS, system_instructions(&all));
        span.set_some(names::INPUT_MESSAGES, messages(&all));
    }
}
