//! A completion as one JSON document, for a request without `stream`.

use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::sleep;

use crate::chunks::call_id;
use crate::fault::{At, as_text};
use crate::outbox::{Outbox, Stop};
use crate::reply::Reply;
use crate::speech::Channel;
use crate::turn::Turn;

/// Tokens of a document: it can't be endless.
const MAX_TOKENS: usize = 200_000;

impl Turn<'_> {
    /// Sends the completion as one JSON document.
    pub(crate) async fn whole(&mut self, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let (message, truncated) = self.message();
        sleep(self.first_token()).await;
        if !self.request.kind.is_summary() {
            sleep(self.pace.interval.saturating_mul(self.counted.completion as u32)).await;
        }
        if let Some(stall) = &self.script.stall {
            match stall.ms {
                Some(ms) => sleep(Duration::from_millis(ms)).await,
                None => std::future::pending().await,
            }
        }
        out.tokens = self.counted.completion as u64;
        let reply = self.document(message, truncated);
        self.stopped_short(&reply, out).await?;
        out.reply(&reply).await
    }

    fn document(&self, message: Map<String, Value>, truncated: bool) -> Reply {
        let status = self.script.status.unwrap_or(200);
        if let Some(error) = &self.script.error {
            let data = Self::error_data(error);
            return Reply::json(status, &data);
        }
        let finish = self.finish_reason(truncated);
        let message = Value::Object(message);
        let whole = self.chunks.whole(&message, finish.as_deref(), self.counted);
        let mut reply = Reply::json(status, &whole);
        if self.script.broken_json.is_some() {
            reply.body.truncate(reply.body.len() / 2);
        }
        if self.script.bom {
            reply.body.splice(..0, "\u{feff}".bytes());
        }
        reply
    }

    /// Tokens have no place in a document: what is to happen at one happens in its middle.
    async fn stopped_short(&self, reply: &Reply, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let script = self.script;
        for (at, stop) in
            [(script.end, Stop::Cut), (script.cut, Stop::Cut), (script.reset, Stop::Reset)]
        {
            if matches!(at, Some(At::Token(_))) {
                return out.half(reply).await.and(Err(stop));
            }
        }
        Ok(())
    }

    fn message(&mut self) -> (Map<String, Value>, bool) {
        let (mut content, mut reasoning) = (String::new(), String::new());
        let mut member = Channel::ReasoningContent;
        let mut tokens = self.speech().take(MAX_TOKENS);
        let limit = self.request.max_tokens.unwrap_or(usize::MAX);
        for token in tokens.by_ref().take(limit) {
            self.count(&token);
            if token.channel == Channel::Content {
                content.push_str(&token.text);
            } else {
                member = token.channel;
                reasoning.push_str(&token.text);
            }
        }
        let truncated = tokens.next().is_some();
        let mut message = Map::new();
        message.insert("role".to_owned(), json!("assistant"));
        message.insert("content".to_owned(), json!(content));
        if !reasoning.is_empty() {
            message.insert(member.member().to_owned(), json!(reasoning));
        }
        if !self.script.tool_calls.is_empty() {
            message.insert("tool_calls".to_owned(), self.tool_calls());
        }
        (message, truncated)
    }

    fn tool_calls(&self) -> Value {
        let calls = self.script.tool_calls.iter().enumerate().map(|(index, call)| {
            let function = json!({"name": call.name, "arguments": as_text(&call.arguments)});
            json!({"id": call_id(&self.chunks.id, index), "type": "function", "function": function})
        });
        calls.collect()
    }
}
