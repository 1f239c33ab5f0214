//! The ordered stream: the lines of [`summaries`] and [`answer`] are the protocol, in order.

use futures::FutureExt;
use reasoning_stream::Event;

use super::outbox::{Commit, Outbox, Unsent};
use super::summary::writing::Outcome;
use super::turn::Turn;
use crate::upstream::error::UpstreamError;

/// Why a stream ends before its time.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The answer failed.
    Failed(UpstreamError),
    /// Nobody listens any more.
    Gone,
    /// The client reads so slowly that the request's deadline passed.
    Late,
    /// The gateway stops.
    ShuttingDown,
    /// The gateway has a defect.
    Panicked,
}

impl From<UpstreamError> for Stop {
    fn from(error: UpstreamError) -> Self {
        Self::Failed(error)
    }
}

impl From<Unsent> for Stop {
    fn from(unsent: Unsent) -> Self {
        match unsent {
            Unsent::Gone => Self::Gone,
            Unsent::Late => Self::Late,
        }
    }
}

/// All that comes before the answer.
async fn summaries(turn: &mut Turn, outbox: &mut Outbox, commit: Commit) -> Result<(), Stop> {
    if commit != Commit::AtTheEnd {
        turn.committed(commit).await?;
        outbox.commit();
    }
    if let Some(summary) = turn.prompt_summary().await? {
        push(outbox, summary, Event::PromptSummary);
        outbox.flush().await?;
    }
    loop {
        let raw = turn.raw_reasoning().await?;
        if raw.is_empty() {
            break;
        }
        turn.pass_first_barrier();
        outbox.push(&Event::RawReasoning(raw));
        outbox.flush().await?;
    }
    loop {
        let lines = turn.live_lines().await?;
        if lines.is_empty() {
            break;
        }
        lines.into_iter().for_each(|line| outbox.push(&Event::ReasoningDelta(line)));
        outbox.flush().await?;
        turn.line_sent();
    }
    let summary = turn.reasoning_summary().await?;
    let raw = turn.more_raw_reasoning();
    if !raw.is_empty() {
        outbox.push(&Event::RawReasoning(raw));
    }
    if let Some(summary) = summary {
        push(outbox, summary, Event::ReasoningSummary);
    }
    Ok(())
}

/// Answers one request, up to the event that ends it. Before the answer come the [`summaries`], in a
/// box that is gone when the answer flows; what they told last leaves behind the barrier.
pub(super) async fn answer(
    turn: &mut Turn,
    outbox: &mut Outbox,
    commit: Commit,
) -> Result<(), Stop> {
    summaries(turn, outbox, commit).boxed().await?;
    turn.pass_barrier();
    outbox.flush().await?;
    turn.listen_again();
    while turn.more().await? {
        turn.take_ready().for_each(|part| outbox.push_part(part));
        let has_waited = outbox.flush().await?;
        turn.answer_sent();
        if has_waited {
            turn.listen_again();
        }
    }
    Ok(())
}

fn push(
    outbox: &mut Outbox,
    done: Outcome,
    event: impl FnOnce(reasoning_stream::Summary) -> Event,
) {
    if let Some(failure) = done.failure {
        outbox.remark(&failure);
    }
    outbox.push(&event(done.summary));
}
