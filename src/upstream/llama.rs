//! llama.cpp's own `/completion`, for servers and relays that offer nothing else.
//!
//! ```text
//!  chat ──▶ request ──▶ one prompt ──▶ POST /completion ──▶ reply ──▶ chat chunks
//!              └── template
//! ```
//!
//! Chats go in and chat chunks come out, so that nobody else knows of prompts. There is no list of
//! models: a configuration names them.
//!
//! Source: `tools/server/README.md` of ggml-org/llama.cpp, "POST /completion".

mod reply;
mod request;
pub mod template;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use futures::stream::{self, BoxStream, StreamExt};
use reasoning_stream::Framing;
use serde_json::{Map, Value};

use self::reply::Translation;
use self::template::Template;
use super::body::Body;
use super::error::UpstreamError;
use super::health::Health;
use super::openai::{OpenAi, UpstreamConfig};
use super::{Answer, Call, Listed, Unsupported, Upstream};

/// A server that completes prompts.
pub struct LlamaCompletion {
    http: OpenAi,
    template: &'static Template,
}

impl LlamaCompletion {
    /// A server whose model reads chats in this template.
    ///
    /// # Errors
    /// As [`OpenAi::new`].
    pub fn new(config: &UpstreamConfig, template: &'static Template) -> Result<Self, String> {
        Ok(Self { http: OpenAi::new(config)?, template })
    }

    fn translated(&self, call: Call) -> Call {
        Call { body: request::body(&call.body, self.template), ..call }
    }
}

impl Upstream for LlamaCompletion {
    fn stream(&self, call: Call) -> BoxFuture<'static, Result<Answer, UpstreamError>> {
        let call = self.http.stream(self.translated(call));
        async move {
            let Answer { framing, bytes } = call.await?;
            Ok(Answer { framing, bytes: translated(framing, bytes).into() })
        }
        .boxed()
    }

    fn complete(&self, call: Call) -> BoxFuture<'static, Result<Bytes, UpstreamError>> {
        let call = self.http.complete(self.translated(call));
        async move { Ok(reply::whole(&call.await?)) }.boxed()
    }

    fn models(&self) -> BoxFuture<'static, Result<Vec<Listed>, UpstreamError>> {
        ready(Ok(vec![])).boxed()
    }

    fn health(&self) -> BoxFuture<'static, Health> {
        self.http.health()
    }

    fn unsupported(&self, messages: &[Value], members: &Map<String, Value>) -> Option<Unsupported> {
        request::unsupported(messages, members)
    }
}

/// The body of a chat completion, as the body of a completion arrives.
fn translated(framing: Framing, bytes: Body) -> BoxStream<'static, Result<Bytes, UpstreamError>> {
    let begun = Some((bytes, Translation::new(framing)));
    stream::unfold(begun, async |under_way| {
        let (mut bytes, mut translation) = under_way?;
        while let Some(more) = bytes.next().await {
            match more.and_then(|bytes| translation.push(&bytes)) {
                Ok(told) if told.is_empty() => {}
                Ok(told) => return Some((Ok(told), Some((bytes, translation)))),
                Err(error) => return Some((Err(error), None)),
            }
        }
        let rest = translation.finish();
        (!rest.is_empty()).then_some((Ok(rest), None))
    })
    .boxed()
}
