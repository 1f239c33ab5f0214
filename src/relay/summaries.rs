//! The summaries of one request: when they begin, and how long an answer waits for them.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use reasoning_stream::SummaryDelta;
use tokio::time::{Instant, Sleep, sleep_until};

use super::live::Live;
use super::summary::writing::{Outcome, Writing};
use super::summary::{Summariser, Thought};
use crate::upstream::error::UpstreamError;

/// How long an answer waits for a live summary, if nothing else is set: little is left to write.
const LIVE_STALL: Duration = Duration::from_millis(1_500);

/// The summaries of one request.
pub(super) struct Summaries {
    summariser: Summariser,
    prompt: Option<Writing>,
    prompt_done: Option<Box<Outcome>>,
    reasoning: Reasoning,
    begun: u32,
    max_stall: Option<Duration>,
    /// Rings when the answer has waited long enough.
    stall: Option<Pin<Box<Sleep>>>,
}

/// How the reasoning is summarised.
enum Reasoning {
    Unwanted,
    /// At its end.
    Whole(Option<Writing>),
    /// While it comes.
    Live(Box<Live>),
    /// It was.
    Told,
}

impl Summaries {
    /// Begins the prompt summary, if it is wanted.
    pub(super) fn start(summariser: Summariser) -> Self {
        let wanted = summariser.wants_prompt();
        let prompt = if wanted { summariser.start_prompt() } else { None };
        let live = summariser.wants_live();
        let reasoning = match (summariser.wants_reasoning(), live) {
            (false, _) => Reasoning::Unwanted,
            (true, false) => Reasoning::Whole(None),
            (true, true) => Reasoning::Live(Box::new(Live::new(&summariser))),
        };
        let max_stall = summariser.config().max_stall;
        Self {
            prompt_done: (wanted && prompt.is_none()).then(|| Box::new(Outcome::none())),
            prompt,
            reasoning,
            begun: 0,
            max_stall: max_stall.or(live.then_some(LIVE_STALL)),
            stall: None,
            summariser,
        }
    }

    /// Characters of reasoning that are worth keeping.
    pub(super) fn max_reasoning_chars(&self) -> usize {
        self.summariser.config().max_reasoning_chars
    }

    pub(super) const fn wants_reasoning(&self) -> bool {
        !matches!(self.reasoning, Reasoning::Unwanted)
    }

    pub(super) const fn is_live(&self) -> bool {
        matches!(self.reasoning, Reasoning::Live(_))
    }

    /// How often the summary of the reasoning was begun.
    pub(super) const fn begun(&self) -> u32 {
        self.begun
    }

    /// The model thought more; a summary that was begun at its end is about too little.
    pub(super) fn hear(&mut self, thought: &str, after_its_end: bool) {
        match &mut self.reasoning {
            Reasoning::Live(live) => live.push(thought),
            Reasoning::Whole(writing) if after_its_end => *writing = None,
            Reasoning::Whole(_) | Reasoning::Unwanted | Reasoning::Told => {}
        }
    }

    /// The last bytes of the reasoning were none.
    pub(super) fn retract(&mut self, bytes: usize) {
        if let Reasoning::Live(live) = &mut self.reasoning {
            live.retract(bytes);
        }
    }

    /// The model has thought: its summary begins, if it was not begun.
    pub(super) fn start_reasoning(&mut self, thought: impl FnOnce() -> Option<Thought>) {
        match &mut self.reasoning {
            Reasoning::Unwanted | Reasoning::Told | Reasoning::Whole(Some(_)) => {}
            Reasoning::Live(live) => {
                live.end();
                self.begun += 1;
            }
            Reasoning::Whole(none) => {
                if let Some(thought) = thought() {
                    self.begun += 1;
                    *none = Some(self.summariser.start_reasoning(&thought));
                }
            }
        }
    }

    /// What the model thought is void.
    pub(super) fn begin_anew(&mut self) {
        self.stall = None;
        match &mut self.reasoning {
            Reasoning::Unwanted | Reasoning::Told => {}
            Reasoning::Whole(writing) => *writing = None,
            Reasoning::Live(live) => live.begin_anew(),
        }
    }

    /// From here on the answer waits.
    pub(super) fn answer_waits(&mut self) {
        if let (Some(max), None) = (self.max_stall, &self.stall) {
            self.stall = Some(Box::pin(sleep_until(Instant::now() + max)));
        }
    }

    /// Lets live lines be written.
    pub(super) fn poll_live(&mut self, cx: &mut Context<'_>) {
        if let Reasoning::Live(live) = &mut self.reasoning {
            live.poll(cx, &self.summariser);
        }
    }

    /// Ready when the prompt's summary is.
    pub(super) fn poll_prompt(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(writing) = &mut self.prompt {
            let done = match Pin::new(&mut *writing).poll(cx) {
                Poll::Ready(done) => done,
                Poll::Pending => {
                    let late = ready!(poll_stall(&mut self.stall, self.max_stall, cx));
                    writing.give_up(&late)
                }
            };
            self.prompt_done = Some(Box::new(done));
            self.prompt = None;
        }
        Poll::Ready(())
    }

    /// Whether the prompt's summary is ready, and no fallback.
    pub(super) fn is_prompt_written(&self) -> bool {
        self.prompt_done.as_ref().is_some_and(|done| done.is_written())
    }

    /// The prompt's summary, once.
    pub(super) fn take_prompt(&mut self) -> Option<Outcome> {
        self.prompt_done.take().map(|done| *done)
    }

    /// More lines of a live summary; none after the last.
    pub(super) fn poll_lines(&mut self, cx: &mut Context<'_>) -> Poll<Vec<SummaryDelta>> {
        let Reasoning::Live(live) = &mut self.reasoning else { return Poll::Ready(Vec::new()) };
        let lines = live.take();
        if !lines.is_empty() || live.is_over() {
            return Poll::Ready(lines);
        }
        let late = ready!(poll_stall(&mut self.stall, self.max_stall, cx));
        live.give_up(&late);
        Poll::Ready(live.take())
    }

    /// The summary of the reasoning, which has ended.
    pub(super) fn poll_reasoning(
        &mut self,
        cx: &mut Context<'_>,
        thought: impl FnOnce() -> Option<Thought>,
    ) -> Poll<Outcome> {
        match &mut self.reasoning {
            Reasoning::Whole(Some(writing)) => {
                let done = match Pin::new(&mut *writing).poll(cx) {
                    Poll::Ready(done) => done,
                    Poll::Pending => {
                        let late = ready!(poll_stall(&mut self.stall, self.max_stall, cx));
                        writing.give_up(&late)
                    }
                };
                // Its task would keep its memory for as long as the answer lasts.
                self.reasoning = Reasoning::Told;
                Poll::Ready(done)
            }
            Reasoning::Live(live) => Poll::Ready(match (live.outcome(), thought()) {
                ((text, source, _), _) if !text.is_empty() => Outcome::written(text, source),
                ((_, _, Some(failure)), Some(thought)) => {
                    Outcome::failed(failure, self.summariser.fallback(&thought))
                }
                _ => Outcome::none(),
            }),
            Reasoning::Whole(None) | Reasoning::Unwanted | Reasoning::Told => match thought() {
                Some(_) => Poll::Pending,
                None => Poll::Ready(Outcome::none()),
            },
        }
    }
}

/// Ready when the answer has waited long enough.
fn poll_stall(
    stall: &mut Option<Pin<Box<Sleep>>>,
    max: Option<Duration>,
    cx: &mut Context<'_>,
) -> Poll<UpstreamError> {
    let (Some(stall), Some(max)) = (stall, max) else { return Poll::Pending };
    stall.as_mut().poll(cx).map(|()| UpstreamError::Late(max))
}
