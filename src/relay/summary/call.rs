//! One summary, however many calls it takes.
//!
//! ```text
//!  first model ──▶ once more, soon ──▶ second model ──▶ once more ──▶ an error
//! ```
//!
//! Where someone listens, the text is streamed to them. What they have heard is not said again:
//! a reply that breaks in its middle ends there, with an ellipsis.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use backon::{ConstantBuilder, Retryable};
use bytes::Bytes;
use futures::StreamExt;
use futures::future::BoxFuture;
use reasoning_stream::{Framing, Source};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::reply::Reply;
use crate::policy::retry::{Failed, RetryPolicy, Verdict};
use crate::relay::catalog::Server;
use crate::relay::failure;
use crate::relay::ledger::{Counts, Tally};
use crate::relay::precedence::tokens_first;
use crate::relay::prompts::Subject;
use crate::relay::shown::Shown;
use crate::traces::call::{CallSpan, Purpose};
use crate::upstream::error::{Quiet, UpstreamError};
use crate::upstream::{self, Answer};

/// One retry, soon; a server that asks for more than a second is not asked again.
const RETRY: RetryPolicy = RetryPolicy {
    max_retries: 1,
    backoff: Duration::from_millis(500),
    max_backoff: Duration::from_millis(500),
    max_retry_after: Duration::from_secs(1),
};

/// How long token counts are awaited once a streamed reply is complete.
const TAIL: Duration = Duration::from_millis(200);

/// A summary that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::relay) struct Written {
    pub(in crate::relay) text: String,
    /// Which model wrote it.
    pub(in crate::relay) source: Source,
}

/// One model that is asked.
pub(in crate::relay) struct Asked {
    pub(in crate::relay) source: Source,
    pub(in crate::relay) server: Arc<Server>,
    pub(in crate::relay) body: Bytes,
    /// The server's own name for it.
    pub(in crate::relay) model: String,
}

/// One summary that is to be written.
pub(in crate::relay) struct Call {
    pub(super) tally: Arc<Tally>,
    pub(super) subject: Subject,
    /// Who is asked in turn.
    pub(in crate::relay) asked: Vec<Asked>,
    pub(super) timeout: Duration,
    pub(super) deadline: Instant,
    pub(super) max_chars: usize,
    /// What it is about.
    pub(super) text: Arc<str>,
    /// Who hears the text as it comes.
    pub(super) listener: Option<mpsc::Sender<String>>,
}

impl Call {
    /// Writes it.
    pub(super) async fn write(self) -> Result<Written, UpstreamError> {
        tokens_first().await;
        let mut failed = self.silent();
        for (at, asked) in self.asked.iter().enumerate() {
            let left = self.deadline.saturating_duration_since(Instant::now());
            // The last one has all the time that is left, those before it a half of theirs.
            let is_last = at + 1 == self.asked.len();
            let deadline = if is_last { self.deadline } else { self.deadline - left / 2 };
            match self.ask(asked, deadline).await {
                Ok(text) => return Ok(Written { text, source: asked.source }),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// Asks one model, and once more if that may help.
    async fn ask(&self, asked: &Asked, deadline: Instant) -> Result<String, UpstreamError> {
        asked.server.guard.earn_retry();
        let once = async || match self.call(asked, deadline).await {
            Err(failed) => self.call_awake(asked, deadline, failed).await,
            written => written,
        };
        let plan = ConstantBuilder::default().with_delay(Duration::ZERO).with_max_times(1);
        let wait = |error: &UpstreamError, planned: Option<Duration>| {
            planned.and_then(|_| asked.wait_before_retry(error, deadline))
        };
        let asking = once.retry(plan).when(is_worth_a_retry).adjust(wait);
        let result = timeout_at(deadline, asking).await.unwrap_or_else(|_| Err(self.silent()));
        if result == Err(UpstreamError::Quoted) {
            self.leaked();
        }
        result
    }

    async fn call(&self, asked: &Asked, deadline: Instant) -> Result<String, UpstreamError> {
        let (attempt, server) = (self.counts().called(), &asked.server);
        let purpose = self.purpose();
        let (call, mut span) = server.call(&self.tally, purpose, attempt, &asked.body);
        let call = upstream::Call { material: Some(Arc::clone(&self.text)), ..call };
        let result = match &self.listener {
            Some(listener) => {
                let answer = server.upstream.stream(call);
                self.stream(answer, deadline, listener, &mut span).await
            }
            None => self.whole(server.upstream.complete(call), &mut span).await,
        };
        span.end(result.as_ref().err().map(failure::code));
        result
    }

    /// The same call once more, if a model that slept was all that failed.
    async fn call_awake(
        &self,
        asked: &Asked,
        deadline: Instant,
        failed: UpstreamError,
    ) -> Result<String, UpstreamError> {
        let Some(waking) = asked.server.wake(&asked.model, &failed) else { return Err(failed) };
        if waking.await { self.call(asked, deadline).await } else { Err(failed) }
    }

    async fn whole(
        &self,
        bytes: BoxFuture<'static, Result<Bytes, UpstreamError>>,
        span: &mut CallSpan,
    ) -> Result<String, UpstreamError> {
        let bytes = bytes.await?;
        span.receive(&bytes);
        let mut reply = Reply::new(Framing::Json, self.shown());
        let text = reply.read_whole(&bytes);
        self.note(&reply, span);
        text
    }

    async fn stream(
        &self,
        answer: BoxFuture<'static, Result<Answer, UpstreamError>>,
        deadline: Instant,
        listener: &mpsc::Sender<String>,
        span: &mut CallSpan,
    ) -> Result<String, UpstreamError> {
        let mut answer = answer.await?;
        let mut reply = Reply::new(answer.framing, self.shown());
        loop {
            let (more, is_last) = match self.hear(&mut answer, &mut reply, deadline, span).await {
                Ok(heard) => heard,
                Err(error) => {
                    span.end(Some(failure::code(&error)));
                    (self.broken_off(&mut reply, error)?, true)
                }
            };
            if !more.is_empty() {
                // An error means that nobody listens: then this work is about to be stopped.
                let _ = listener.send(more).await;
            }
            if is_last {
                self.note(&reply, span);
                return Ok(reply.text().to_owned());
            }
        }
    }

    /// What the next bytes add, and whether they are the last ones that matter.
    async fn hear(
        &self,
        answer: &mut Answer,
        reply: &mut Reply,
        deadline: Instant,
        span: &mut CallSpan,
    ) -> Result<(String, bool), UpstreamError> {
        let limit = if reply.is_finished() { Instant::now() + TAIL } else { deadline };
        match timeout_at(limit.min(deadline), answer.bytes.next()).await {
            Ok(Some(Ok(bytes))) => {
                span.receive(&bytes);
                let mut more = reply.push(&bytes)?;
                let is_last = reply.is_over();
                if is_last {
                    more.push_str(&reply.finish()?);
                }
                Ok((more, is_last))
            }
            Ok(None) => Ok((reply.finish()?, true)),
            Ok(Some(Err(_))) | Err(_) if reply.is_finished() => Ok((reply.finish()?, true)),
            Ok(Some(Err(error))) => Err(error),
            Err(_) => Err(self.silent()),
        }
    }

    /// The end of a text of which a part was heard; else the error.
    fn broken_off(&self, reply: &mut Reply, error: UpstreamError) -> Result<String, UpstreamError> {
        if reply.text().is_empty() {
            return Err(error);
        }
        if error == UpstreamError::Quoted {
            self.leaked();
        }
        Ok(reply.break_off())
    }

    /// Notes what a reply took, and what it said.
    fn note(&self, reply: &Reply, span: &mut CallSpan) {
        self.counts().used(reply.usage());
        span.replied(reply.text(), reply.usage(), reply.finish_reason());
    }

    fn shown(&self) -> Shown {
        let secret = match self.subject {
            Subject::Prompt => None,
            Subject::Reasoning | Subject::Section => Some(&*self.text),
        };
        Shown::new(self.max_chars, secret)
    }

    fn silent(&self) -> UpstreamError {
        UpstreamError::Silent { quiet: Quiet::Headers, after: self.timeout }
    }

    fn leaked(&self) {
        self.tally.leaks.fetch_add(1, Ordering::Relaxed);
    }

    fn counts(&self) -> &Counts {
        match self.subject {
            Subject::Prompt => &self.tally.prompt,
            Subject::Reasoning | Subject::Section => &self.tally.reasoning,
        }
    }

    const fn purpose(&self) -> Purpose {
        match self.subject {
            Subject::Prompt => Purpose::PromptSummary,
            Subject::Reasoning | Subject::Section => Purpose::ReasoningSummary,
        }
    }
}

impl Asked {
    fn wait_before_retry(&self, error: &UpstreamError, deadline: Instant) -> Option<Duration> {
        let failed = Failed {
            calls: 1,
            retry_after: error.retry_after(),
            left: deadline.saturating_duration_since(Instant::now()),
            chance: fastrand::f64(),
        };
        match RETRY.decide(failed) {
            Verdict::Retry(wait) => self.server.guard.spend_retry().then_some(wait),
            Verdict::GiveUp => None,
        }
    }
}

/// Fewer failures than for an answer: a summary is optional, and an overloaded server needs rest.
fn is_worth_a_retry(error: &UpstreamError) -> bool {
    let hopeless =
        matches!(error, UpstreamError::Garbled(_) | UpstreamError::Busy { retry_after: None });
    !hopeless && error.is_retryable()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};
    use std::time::Duration;

    use bytes::Bytes;
    use futures::future::{BoxFuture, FutureExt, pending};
    use futures::join;
    use reasoning_stream::Source;
    use tokio::task::yield_now;
    use tokio::time::Instant;

    use super::{Asked, Call};
    use crate::metrics::Metrics;
    use crate::relay::catalog::Server;
    use crate::relay::ledger::Tally;
    use crate::relay::precedence::frame_sent;
    use crate::relay::prompts::Subject;
    use crate::traces::trace::Trace;
    use crate::upstream::error::UpstreamError;
    use crate::upstream::health::Health;
    use crate::upstream::{self, Answer, Listed, Upstream};

    /// Says that it is asked, and never answers.
    struct Silent(mpsc::Sender<&'static str>);

    impl Upstream for Silent {
        fn stream(&self, _: upstream::Call) -> BoxFuture<'static, Result<Answer, UpstreamError>> {
            pending().boxed()
        }

        fn complete(&self, _: upstream::Call) -> BoxFuture<'static, Result<Bytes, UpstreamError>> {
            self.0.send("the call").unwrap();
            pending().boxed()
        }

        fn models(&self) -> BoxFuture<'static, Result<Vec<Listed>, UpstreamError>> {
            pending().boxed()
        }

        fn health(&self) -> BoxFuture<'static, Health> {
            pending().boxed()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_summary_is_asked_for_after_the_tokens_of_others() {
        let (happened, order) = mpsc::channel();
        let asked = Asked {
            source: Source::Model,
            server: Server::new("server", Arc::new(Silent(happened.clone()))),
            body: Bytes::from_static(b"{}"),
            model: "m".to_owned(),
        };
        let call = Call {
            tally: Tally::new("r", Metrics::new().meter("m", true), Trace::default()),
            subject: Subject::Prompt,
            asked: vec![asked],
            timeout: Duration::from_secs(1),
            deadline: Instant::now() + Duration::from_secs(1),
            max_chars: 100,
            text: Arc::from("a prompt"),
            listener: None,
        };
        let flow = async {
            for _ in 0..100 {
                frame_sent();
                yield_now().await;
            }
            happened.send("the last token").unwrap();
        };
        let (written, ()) = join!(call.write(), flow);
        written.unwrap_err();
        assert_eq!(order.try_iter().next(), Some("the last token"));
        assert_eq!(order.try_iter().next(), Some("the call"));
    }
}
