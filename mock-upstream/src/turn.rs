//! One chat completion, as it is played to the client: what its stream and its document share.

use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

use crate::chat_request::{ChatRequest, Form};
use crate::chunks::{Chunks, Counted};
use crate::fault::{ErrorAt, Section};
use crate::options::Options;
use crate::pace::Pace;
use crate::reply::error_object;
use crate::script::Script;
use crate::shared::Shared;
use crate::speech::{Speech, Token, speech};

mod stream;
mod whole;

/// Everything that decides what the client will hear.
pub(crate) struct Turn<'t> {
    options: &'t Options,
    script: &'t Script,
    request: &'t ChatRequest,
    chunks: Chunks,
    counted: Counted,
    pace: Pace,
    /// Changes when endless stalls are to end.
    resumed: watch::Receiver<()>,
}

impl<'t> Turn<'t> {
    pub(crate) fn new(
        shared: &'t Shared,
        script: &'t Script,
        request: &'t ChatRequest,
        id: String,
        created: u64,
    ) -> Self {
        let options = &shared.options;
        let model = request.model.clone();
        let form = request.form;
        let with_usage =
            form == Form::Chat && script.usage.unwrap_or(options.usage || request.include_usage);
        let counted = Counted { prompt: request.prompt_tokens, ..Counted::default() };
        let chunks = Chunks { id, created, model, with_usage, form };
        let (pace, resumed) = (Pace::new(options, script), shared.resumed.subscribe());
        Self { options, script, request, chunks, counted, pace, resumed }
    }

    pub(super) fn speech(&self) -> Speech {
        speech(self.options, self.script, self.request)
    }

    pub(super) fn count(&mut self, token: &Token) {
        self.counted.completion += 1;
        self.counted.reasoning += usize::from(token.section == Section::Reasoning);
    }

    pub(super) fn finish_reason(&self, truncated: bool) -> Option<String> {
        let own = match (truncated, self.script.tool_calls.is_empty()) {
            (true, _) => "length",
            (false, false) => "tool_calls",
            (false, true) => "stop",
        };
        let reason = self.script.finish_reason.clone().unwrap_or_else(|| own.to_owned());
        (!self.script.no_finish).then_some(reason)
    }

    /// The wait between the request and the first token.
    pub(super) fn first_token(&self) -> Duration {
        let own = if self.request.kind.is_summary() && self.request.stream {
            self.options.summary_ms / 2
        } else if self.request.kind.is_summary() {
            self.options.summary_ms
        } else {
            self.options.ttft
        };
        self.script.ttft_ms.map_or(own, Duration::from_millis)
    }

    /// The error object that the script wants inside a response, or the usual one.
    pub(super) fn error_data(error: &ErrorAt) -> Value {
        let usual = || error_object(500, None, "the model failed, as the script says");
        error.data.clone().unwrap_or_else(usual)
    }
}
