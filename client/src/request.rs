//! What is asked: messages, and which models answer and summarise.

use reasoning_stream::Order;
use serde::Serialize;
use serde_json::{Map, Value};

/// One request, as the gateway reads it. What is `None` is left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Request {
    /// The model that answers; without it the gateway refuses the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The conversation so far, the question last.
    pub messages: Vec<Message>,
    /// Whether events come as they happen, or one answer comes at the end.
    pub stream: bool,
    /// The model that writes the summaries; without it the gateway chooses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary_model: Option<String>,
    /// Further members, such as `temperature`.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Whoever runs the application.
    System,
    /// Whoever asks.
    User,
    /// The model.
    Assistant,
}

impl Request {
    /// A streamed request with one user message.
    pub fn new(prompt: impl Into<String>) -> Self {
        let question = Message { role: Role::User, content: prompt.into() };
        Self {
            model: None,
            messages: vec![question],
            stream: true,
            summary_model: None,
            rest: Map::new(),
        }
    }

    /// Names the model that answers.
    #[must_use]
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Names the model that writes the summaries.
    #[must_use]
    pub fn summary_model(mut self, model: impl Into<String>) -> Self {
        self.summary_model = Some(model.into());
        self
    }

    /// Puts a system message before everything else.
    #[must_use]
    pub fn system(mut self, content: impl Into<String>) -> Self {
        self.messages.insert(0, Message { role: Role::System, content: content.into() });
        self
    }

    /// Asks for one answer at the end (`false`), or for events as they happen (`true`).
    #[must_use]
    pub fn stream(mut self, stream: bool) -> Self {
        self.stream = stream;
        self
    }

    /// Sets a further member, such as `temperature`.
    #[must_use]
    pub fn set(mut self, member: impl Into<String>, value: impl Into<Value>) -> Self {
        self.rest.insert(member.into(), value.into());
        self
    }

    /// The order of events that this request calls for: it may leave summaries out, and so may the
    /// gateway, which says how much of the reasoning it shows.
    pub(crate) fn order(&self, shown: Option<&str>) -> Order {
        let summaries = self.rest.get("summaries");
        let wants = |which| summaries.and_then(|it| it.get(which)).and_then(Value::as_bool);
        let asked = summaries.and_then(|it| it.get("visibility")).and_then(Value::as_str);
        let hidden = [asked, shown].contains(&Some("none"));
        // The gateway's operator decides for those who say nothing.
        Order::expecting(
            wants("prompt").unwrap_or(true),
            wants("reasoning").unwrap_or(true) && !hidden,
        )
        .live(wants("live").unwrap_or(true))
        .raw(asked == Some("raw"))
    }
}

#[cfg(test)]
mod tests {
    use reasoning_stream::Order;
    use serde_json::json;

    use super::Request;

    #[test]
    fn no_summary_is_expected_of_what_is_not_shown() {
        let both = Order::expecting(true, true).live(true);
        let one = Order::expecting(true, false).live(true);
        for (asked, shown, expected) in [
            (json!({}), None, both),
            (json!({}), Some("summary"), both),
            (json!({}), Some("none"), one),
            (json!({"visibility": "none"}), None, one),
            (json!({"visibility": "none"}), Some("none"), one),
            (json!({"visibility": "raw"}), Some("none"), one.raw(true)),
            (json!({"visibility": "raw"}), Some("summary"), both.raw(true)),
            (json!({"reasoning": false}), Some("summary"), one),
        ] {
            let order = Request::new("Why?").set("summaries", asked.clone()).order(shown);
            assert_eq!(order, expected, "{asked}, {shown:?}");
        }
    }
}
