//! Calls A and C: short texts about the prompt and the reasoning. They never fail, they fall back.

pub(super) mod call;
mod reply;
pub(super) mod writing;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures::FutureExt;
use reasoning_stream::{Source, Stage, Summary};
use tokio::sync::mpsc;
use tokio::time::Instant;

use self::call::{Asked, Call, Written};
use self::writing::Writing;
use super::cache::{Key, PromptCache};
use super::language::language_of;
use super::ledger::Tally;
use super::plan::Writer;
use super::prompts::{CONTRACT, Commission, Subject, summary_body};
use super::request::{ChatRequest, as_sent};
use super::task::{Started, start};
use super::text::{Excerpt, MAX_LINE_CHARS, MAX_SUMMARY_CHARS, first_sentences};
use crate::upstream::error::UpstreamError;

/// How summaries are written.
#[derive(Debug, Clone)]
pub struct SummaryConfig {
    /// Model that writes them; without it, the request's own model does.
    pub model: Option<String>,
    /// Model that writes them when that one fails.
    pub second_model: Option<String>,
    /// Time for one summary, retries included.
    pub timeout: Duration,
    /// Time that an answer which is ready waits for them; without it, as long as they may take.
    pub max_stall: Option<Duration>,
    /// Characters that are read of a prompt.
    pub max_prompt_chars: usize,
    /// Characters that are read of the reasoning.
    pub max_reasoning_chars: usize,
    /// What stands in for a summary of the reasoning.
    pub reasoning_fallback: ReasoningFallback,
    /// Prompt summaries that are kept for the same question; 0 keeps none.
    pub cached_prompts: usize,
    /// Whether the reasoning is summarised while the model thinks, if the client does not say.
    pub live: bool,
    /// Whether live summaries are streamed from the summary model.
    pub stream: bool,
    /// Characters of reasoning that make a section of a live summary.
    pub section_chars: usize,
    /// Time of reasoning that makes a section of a live summary.
    pub section_time: Duration,
}

/// What stands in for a summary of the reasoning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasoningFallback {
    /// Its first sentences.
    Excerpt,
    /// How long and how much was thought, and no word of it.
    Metadata,
}

/// Reasoning that came to its end.
#[derive(Debug, Clone)]
pub(super) struct Thought {
    /// Its text, head and tail.
    pub(super) text: String,
    /// All its bytes.
    pub(super) bytes: usize,
    /// How long it took.
    pub(super) took: Duration,
}

/// Writes the summaries of one request.
pub(super) struct Summariser {
    pub(super) writers: Vec<Writer>,
    pub(super) cache: Option<Arc<PromptCache>>,
    /// Whose summaries may be shared with this request.
    pub(super) scope: Option<[u8; 32]>,
    pub(super) config: Arc<SummaryConfig>,
    pub(super) request: Arc<ChatRequest>,
    pub(super) tally: Arc<Tally>,
    /// When the request itself must be over.
    pub(super) deadline: Instant,
    /// The user's language, once it was looked for.
    pub(super) language: OnceLock<Option<&'static str>>,
}

impl Summariser {
    pub(super) fn wants_prompt(&self) -> bool {
        self.request.summaries.prompt
    }

    pub(super) fn wants_reasoning(&self) -> bool {
        self.request.summaries.reasoning
    }

    /// Whether the reasoning is summarised while the model thinks. Where all comes at the end,
    /// nobody would see it.
    pub(super) fn wants_live(&self) -> bool {
        let asked = self.request.summaries.live.unwrap_or(self.config.live);
        asked && self.request.stream && self.wants_reasoning()
    }

    /// How summaries are written.
    pub(super) fn config(&self) -> &SummaryConfig {
        &self.config
    }

    /// Begins call A; a prompt without text needs none.
    pub(super) fn start_prompt(&self) -> Option<Writing> {
        let text = self.request.conversation();
        if text.trim().is_empty() {
            return None;
        }
        let read = Excerpt::of(&text, self.config.max_prompt_chars);
        let deadline = self.request.arrived + self.config.timeout;
        let text = first_sentences(&self.request.question());
        let fallback = Summary { text, source: Source::Fallback };
        let commission = self.commission(Subject::Prompt, &read);
        let call = self.call(&commission, deadline, None);
        let work = match &self.cache {
            Some(cache) => {
                let key = Key::of(CONTRACT, self.scope, &call.asked);
                cache.get(key, || start(call.write()).boxed())
            }
            None => start(call.write()).boxed(),
        };
        Some(Writing { work, fallback, stage: Stage::PromptSummary })
    }

    /// Begins call C about all that the model has thought.
    pub(super) fn start_reasoning(&self, thought: &Thought) -> Writing {
        let deadline = Instant::now() + self.config.timeout;
        let commission = self.commission(Subject::Reasoning, &thought.text);
        let work = self.start(&commission, deadline, None).boxed();
        Writing { work, fallback: self.fallback(thought), stage: Stage::ReasoningSummary }
    }

    /// Begins a part of call C; its text is told as it comes, if it is to be streamed.
    pub(super) fn start_section(
        &self,
        text: &str,
        so_far: &str,
        listener: mpsc::Sender<String>,
    ) -> Started<Result<Written, UpstreamError>> {
        let deadline = Instant::now() + self.config.timeout;
        let subject = if so_far.is_empty() { Subject::Reasoning } else { Subject::Section };
        let commission = Commission { so_far, ..self.commission(subject, text) };
        self.start(&commission, deadline, self.config.stream.then_some(listener))
    }

    /// What stands in for a summary of the reasoning.
    pub(super) fn fallback(&self, thought: &Thought) -> Summary {
        let text = match self.config.reasoning_fallback {
            ReasoningFallback::Excerpt => first_sentences(&thought.text),
            ReasoningFallback::Metadata => String::new(),
        };
        if !text.is_empty() {
            return Summary { text, source: Source::Fallback };
        }
        let sections = thought.bytes.div_ceil(self.config.section_chars).max(1);
        let plural = if sections == 1 { "" } else { "s" };
        let seconds = thought.took.as_secs();
        let text = format!("thought for {seconds} s, {sections} section{plural}");
        Summary { text, source: Source::Metadata }
    }

    fn commission<'a>(&'a self, subject: Subject, text: &'a str) -> Commission<'a> {
        let options = &self.request.summaries;
        let language = options.language.as_deref().or_else(|| self.user_language(subject));
        Commission { subject, style: options.style, language, text, so_far: "" }
    }

    /// The language of what was asked, for a summary of what was thought: that may be another.
    fn user_language(&self, subject: Subject) -> Option<&'static str> {
        match subject {
            Subject::Prompt => None,
            Subject::Reasoning | Subject::Section => {
                *self.language.get_or_init(|| language_of(&self.request.question()))
            }
        }
    }

    fn start(
        &self,
        commission: &Commission<'_>,
        deadline: Instant,
        listener: Option<mpsc::Sender<String>>,
    ) -> Started<Result<Written, UpstreamError>> {
        start(self.call(commission, deadline, listener).write())
    }

    fn call(
        &self,
        commission: &Commission<'_>,
        deadline: Instant,
        listener: Option<mpsc::Sender<String>>,
    ) -> Call {
        let is_line = commission.subject == Subject::Section;
        Call {
            tally: Arc::clone(&self.tally),
            subject: commission.subject,
            asked: self.asked(commission, listener.is_some()),
            timeout: self.config.timeout,
            deadline: deadline.min(self.deadline),
            max_chars: if is_line { MAX_LINE_CHARS } else { MAX_SUMMARY_CHARS },
            text: Arc::from(commission.text),
            listener,
        }
    }

    /// Whom a summary is asked of, in turn, and with which body.
    fn asked(&self, commission: &Commission<'_>, streamed: bool) -> Vec<Asked> {
        let asked = self.writers.iter().map(|writer| {
            let target = &writer.target;
            let mut body = target.answer.members.clone();
            let streamed = streamed && target.streams;
            body.extend(summary_body(target.model(&writer.model), commission, streamed));
            target.quirks.adapt(&mut body);
            let body = as_sent(&body);
            let model = target.model(&writer.model).to_owned();
            Asked { source: writer.source, server: Arc::clone(&target.server), body, model }
        });
        asked.collect()
    }
}
