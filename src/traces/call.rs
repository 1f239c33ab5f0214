//! The span of one call upstream.

use std::sync::Arc;
use std::time::Duration;

use reasoning_stream::{FinishReason, Piece, Usage};

use super::content::Heard;
use super::context::Context;
use super::names;
use super::origin::Origin;
use super::parameters::Parameters;
use super::span::{Kind, Span};
use super::trace::Open;

/// What a call was for whose end nobody awaited.
const CANCELLED: &str = "cancelled";

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The summary of the prompt.
    PromptSummary,
    /// The answer.
    Answer,
    /// The summary of the reasoning, or a part of it.
    ReasoningSummary,
}

/// Where a model server is, as spans tell it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Whose kind of server it is.
    pub provider: Option<&'static str>,
    /// Its host.
    pub address: Option<String>,
    /// Its port.
    pub port: Option<u16>,
}

/// A call, as it is made.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What it is for.
    pub purpose: Purpose,
    /// The how-manyth of this request and purpose it is, from 1.
    pub attempt: u32,
    /// The server's name in the configuration.
    pub upstream: &'a str,
    /// Where that is.
    pub place: &'a Place,
    /// What is sent.
    pub body: &'a [u8],
}

/// The span of one call upstream. The default one records nothing; one that is dropped before
/// it has ended was given up.
#[derive(Default)]
pub struct CallSpan {
    context: Option<Box<Context>>,
    open: Option<Box<OpenCall>>,
}

struct OpenCall {
    trace: Arc<Open>,
    span: Span,
    has_token: bool,
    origin: Origin,
    /// What was thought and said, if that is recorded.
    heard: Option<Heard>,
}

impl CallSpan {
    pub(super) fn begin(trace: &Arc<Open>, asked: &Asked<'_>) -> Self {
        let context = Context { span_id: fastrand::u64(1..), ..trace.context };
        let open = context.is_sampled.then(|| Box::new(OpenCall::begin(trace, context, asked)));
        Self { context: Some(Box::new(context)), open }
    }

    /// What tells the server which trace its work belongs to.
    pub fn trace_parent(&self) -> Option<String> {
        self.context.as_ref().map(ToString::to_string)
    }

    /// Looks at bytes of the reply, as they came, for who answered.
    pub fn receive(&mut self, bytes: &[u8]) {
        if let Some(open) = &mut self.open
            && let Some(named) = open.origin.read(bytes)
        {
            open.span.set_some(names::RESPONSE_ID, named.id);
            open.span.set_some(names::RESPONSE_MODEL, named.model);
        }
    }

    /// Notes a piece of a streamed answer.
    pub fn hear(&mut self, piece: &Piece) {
        if let Some(open) = &mut self.open {
            open.hear(piece);
        }
    }

    /// Notes a reply as a whole: what was said, what it took, and why it ended.
    pub fn replied(&mut self, said: &str, usage: Option<&Usage>, finish: Option<&FinishReason>) {
        let Some(open) = &mut self.open else { return };
        if let Some(heard) = &mut open.heard {
            heard.answer(said);
        }
        if let Some(usage) = usage {
            open.used(usage);
        }
        if let Some(finish) = finish {
            open.finished(finish);
        }
    }

    /// The call is over; an error by its code. Only the first word counts.
    pub fn end(&mut self, error: Option<&'static str>) {
        if let Some(open) = self.open.take() {
            open.end(error, error.is_some());
        }
    }
}

impl Drop for CallSpan {
    fn drop(&mut self) {
        if let Some(open) = self.open.take() {
            open.end(Some(CANCELLED), false);
        }
    }
}

impl OpenCall {
    fn begin(trace: &Arc<Open>, context: Context, asked: &Asked<'_>) -> Self {
        let with_content = trace.recorder.with_content;
        let parameters = Parameters::read(asked.body);
        let mut span = Span {
            context,
            parent: Some(trace.context.span_id),
            is_parent_remote: false,
            kind: Kind::Client,
            name: parameters.span_name(),
            arrived: trace.arrived_at(),
            began: trace.now(),
            ended: Duration::ZERO,
            attributes: Vec::new(),
            events: Vec::new(),
            is_error: false,
        };
        asked.describe(&mut span);
        parameters.describe(&mut span);
        if with_content {
            parameters.quote(&mut span);
        }
        let heard = with_content.then(Heard::default);
        Self { trace: Arc::clone(trace), span, has_token: false, origin: Origin::default(), heard }
    }

    fn hear(&mut self, piece: &Piece) {
        match piece {
            Piece::Reasoning(_) | Piece::Answer(_) | Piece::ToolCalls(_) if !self.has_token => {
                self.has_token = true;
                let took = self.trace.now().saturating_sub(self.span.began);
                self.span.set(names::FIRST_CHUNK, took.as_secs_f64());
            }
            Piece::Finish(reason) => self.finished(reason),
            Piece::Usage(usage) => self.used(usage),
            Piece::Reasoning(_)
            | Piece::Answer(_)
            | Piece::ToolCalls(_)
            | Piece::Retract(_)
            | Piece::ReasoningEnd
            | Piece::Warning(_)
            | Piece::Done
            | Piece::Fault(_) => {}
        }
        if let Some(heard) = &mut self.heard {
            heard.hear(piece);
        }
    }

    fn finished(&mut self, reason: &FinishReason) {
        self.span.set(names::FINISH_REASONS, vec![reason.as_str().to_owned()]);
    }

    fn used(&mut self, usage: &Usage) {
        let detail = |of: &str, name: &str| usage.rest.get(of)?.get(name)?.as_u64();
        for (name, count) in [
            (names::INPUT_TOKENS, usage.prompt_tokens),
            (names::OUTPUT_TOKENS, usage.completion_tokens),
            (names::REASONING_TOKENS, detail("completion_tokens_details", "reasoning_tokens")),
            (names::CACHED_TOKENS, detail("prompt_tokens_details", "cached_tokens")),
        ] {
            // Some servers count with every chunk: the last count is the one that holds.
            self.span.attributes.retain(|(known, _)| *known != name || count.is_none());
            self.span.set_some(name, count);
        }
    }

    fn end(mut self, error: Option<&'static str>, is_error: bool) {
        if let Some(heard) = &self.heard {
            heard.quote(&mut self.span);
        }
        self.span.set_some(names::ERROR, error);
        (self.span.is_error, self.span.ended) = (is_error, self.trace.now());
        self.trace.recorder.sink.put(self.span);
    }
}

impl Asked<'_> {
    fn describe(&self, span: &mut Span) {
        let Place { provider, address, port } = self.place;
        span.set(names::OPERATION, "chat");
        span.set_some(names::PROVIDER, *provider);
        span.set_some(names::SERVER_ADDRESS, address.as_deref());
        span.set_some(names::SERVER_PORT, port.map(i64::from));
        span.set(names::UPSTREAM, self.upstream);
        span.set(names::CALL, self.purpose.word());
        span.set(names::ATTEMPT, i64::from(self.attempt));
    }
}

impl Purpose {
    const fn word(self) -> &'static str {
        match self {
            Self::PromptSummary => "prompt_summary",
            Self::Answer => "answer",
            Self::ReasoningSummary => "reasoning_summary",
        }
    }
}
