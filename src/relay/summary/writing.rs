//! A summary that is being written, and what stands in for it if it is not.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::future::BoxFuture;
use reasoning_stream::{Source, Stage, Summary};
use tokio::time::Instant;

use super::call::Written;
use crate::relay::failure::Failure;
use crate::upstream::error::UpstreamError;

/// The work behind a summary; nothing if it panicked. Dropped, it stops, or goes on for others.
pub(in crate::relay) type Work = BoxFuture<'static, Option<Result<Written, UpstreamError>>>;

/// A summary, however it came about.
#[derive(Debug)]
pub(in crate::relay) struct Outcome {
    /// What the client reads.
    pub(in crate::relay) summary: Summary,
    /// Why it is a fallback.
    pub(in crate::relay) failure: Option<Failure>,
    /// When it was ready.
    pub(in crate::relay) at: Instant,
}

/// A summary that is being written.
pub(in crate::relay) struct Writing {
    pub(super) work: Work,
    pub(super) fallback: Summary,
    pub(super) stage: Stage,
}

impl Outcome {
    /// Whether a model wrote it.
    pub(in crate::relay) fn is_written(&self) -> bool {
        matches!(self.summary.source, Source::Model | Source::SecondModel)
    }

    /// There was nothing to summarise.
    pub(in crate::relay) fn none() -> Self {
        let summary = Summary { text: String::new(), source: Source::None };
        Self { summary, failure: None, at: Instant::now() }
    }

    /// A summary that a model wrote.
    pub(in crate::relay) fn written(text: String, source: Source) -> Self {
        Self { summary: Summary { text, source }, failure: None, at: Instant::now() }
    }

    /// What stands in for a summary that failed.
    pub(in crate::relay) fn failed(failure: Failure, fallback: Summary) -> Self {
        Self { summary: fallback, failure: Some(failure), at: Instant::now() }
    }
}

impl Writing {
    /// What there is at this moment.
    pub(in crate::relay) fn give_up(&mut self, error: &UpstreamError) -> Outcome {
        self.fail(Failure::upstream(self.stage, error))
    }

    fn fail(&mut self, failure: Failure) -> Outcome {
        let nothing = Summary { text: String::new(), source: Source::Fallback };
        Outcome::failed(failure, std::mem::replace(&mut self.fallback, nothing))
    }
}

impl Future for Writing {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let written = ready!(self.work.as_mut().poll(cx));
        Poll::Ready(match written {
            Some(Ok(written)) => Outcome::written(written.text, written.source),
            Some(Err(error)) => self.give_up(&error),
            None => {
                let stage = self.stage;
                self.fail(panicked(stage))
            }
        })
    }
}

/// The failure of work that panicked.
pub(in crate::relay) fn panicked(stage: Stage) -> Failure {
    Failure { stage, ..Failure::internal() }
}
