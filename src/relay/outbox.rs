//! The way to one client: events in, frames of bytes out, never more than a few ahead of the reader.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use reasoning_stream::{Done, Event, ToolCall};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};
use tracing::error;

use super::failure::Failure;
use super::lane::{self, Refused, lane};
use super::ledger::Tally;
use super::precedence::frame_sent;
use super::recording::Recorder;

/// Frames that may wait for a slow reader. Each holds what one read from upstream brought.
const WAITING_FRAMES: usize = 8;

/// How long after the deadline a slow reader may still take the event that ends the stream.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The longest frame that room is made for ahead of time.
const MAX_FORESEEN: usize = 4 * 1024;

/// What makes a frame full that could be longer.
const FULL_FRAME: usize = 16 * 1024;

/// Turns events into a client's wire format.
pub trait Encoder: Send {
    /// Appends one event to `out`.
    fn encode(&mut self, event: &Event, request_id: &str, out: &mut Vec<u8>);

    /// Appends parts of tool calls, in their place among the answer's texts. A dialect that does
    /// not stream them has the whole calls in [`Event::OutputDone`].
    fn encode_tool_calls(&mut self, parts: &[ToolCall], request_id: &str, out: &mut Vec<u8>) {
        let _ = (parts, request_id, out);
    }

    /// When the HTTP status of a stream is sent.
    fn commit(&self) -> Commit {
        Commit::Early
    }
}

/// When the HTTP status is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commit {
    /// As soon as there is something to show.
    Early,
    /// Once the answer flows: a summary alone leaves it open.
    WithTheAnswer,
    /// With the whole answer.
    AtTheEnd,
}

/// One part of the answer, as the client is to hear it.
#[derive(Debug)]
pub(super) enum Part {
    /// Text.
    Text(String),
    /// Parts of tool calls.
    ToolCalls(Vec<ToolCall>),
}

/// The bytes that parts of tool calls take while they wait.
pub(super) fn size_of_calls(parts: &[ToolCall]) -> usize {
    let arguments = |part: &ToolCall| part.function.arguments.as_ref().map_or(0, String::len);
    size_of_val(parts) + parts.iter().map(arguments).sum::<usize>()
}

/// Why a frame was not sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unsent {
    /// The client has left.
    Gone,
    /// The client reads so slowly that the request's deadline passed.
    Late,
}

/// The way to one client. Memory holds the parts in this order: what each token needs stands together.
#[repr(C)]
pub(super) struct Outbox {
    frame: Vec<u8>,
    /// How much of the frame is whole events.
    whole: usize,
    /// The room that the next frame begins with: taken when it does, because memory that was just
    /// let go of is still in the processor's cache, and what an idle stream holds is not.
    foreseen: usize,
    encoder: Box<dyn Encoder>,
    frames: lane::Sender,
    tally: Arc<Tally>,
    recorder: Option<Box<Recorder>>,
    has_sent: bool,
    arrived: Instant,
    deadline: Instant,
    commit: Option<oneshot::Sender<Result<(), Failure>>>,
}

/// The other end: what the client's connection reads.
pub(super) struct Inbox {
    /// Whether there will be frames, or an HTTP error.
    pub(super) commit: oneshot::Receiver<Result<(), Failure>>,
    /// The frames.
    pub(super) frames: lane::Receiver,
}

impl Outbox {
    pub(super) fn new(
        encoder: Box<dyn Encoder>,
        arrived: Instant,
        deadline: Instant,
        tally: Arc<Tally>,
    ) -> (Self, Inbox) {
        let (frames, frames_out) = lane(WAITING_FRAMES);
        let (commit, commit_out) = oneshot::channel();
        let outbox = Self {
            frame: Vec::new(),
            whole: 0,
            foreseen: 0,
            encoder,
            frames,
            tally,
            recorder: None,
            has_sent: false,
            arrived,
            deadline,
            commit: Some(commit),
        };
        (outbox, Inbox { commit: commit_out, frames: frames_out })
    }

    /// Says that frames will come: the status is 200 from here on.
    pub(super) fn commit(&mut self) {
        if let Some(commit) = self.commit.take() {
            self.tally.commit();
            // An error means that the client has left, which the next send finds out.
            let _ = commit.send(Ok(()));
        }
    }

    /// When this client's HTTP status is sent.
    pub(super) fn commit_rule(&self) -> Commit {
        self.encoder.commit()
    }

    /// Whatever the client is told is written down from here on.
    pub(super) fn record(&mut self, recorder: Recorder) {
        self.recorder = Some(Box::new(recorder));
    }

    /// Adds an event to the frame that is being filled.
    pub(super) fn push(&mut self, event: &Event) {
        if let Some(recorder) = &mut self.recorder {
            recorder.hear(event);
        }
        self.begin_event();
        self.tally.meter.event(event);
        self.encoder.encode(event, &self.tally.request_id, &mut self.frame);
        self.whole = self.frame.len();
    }

    /// An encoder that panicked may have left half an event behind.
    fn begin_event(&mut self) {
        self.frame.truncate(self.whole);
        if self.whole == 0 {
            self.frame.reserve(self.foreseen);
        }
    }

    /// Adds why a summary is none of a model's to the frame that is being filled.
    pub(super) fn remark(&mut self, failure: &Failure) {
        if *failure == (Failure { stage: failure.stage, ..Failure::internal() }) {
            let (request_id, stage) = (&*self.tally.request_id, failure.stage);
            error!(request_id, ?stage, "a summary call panicked");
        }
        self.push(&Event::Error(failure.event(false)));
    }

    /// Adds a part of the answer to the frame that is being filled.
    pub(super) fn push_part(&mut self, part: Part) {
        match part {
            Part::Text(text) => self.push(&Event::OutputDelta(text)),
            Part::ToolCalls(parts) => {
                if let Some(recorder) = &mut self.recorder {
                    recorder.hear_tool_calls(&parts);
                }
                self.begin_event();
                self.encoder.encode_tool_calls(&parts, &self.tally.request_id, &mut self.frame);
                self.whole = self.frame.len();
            }
        }
    }

    /// Adds something to the frame, and sends the frame once it is full.
    pub(super) async fn tell(&mut self, push: impl FnOnce(&mut Self)) -> Result<(), Unsent> {
        push(self);
        if self.whole >= FULL_FRAME {
            self.flush().await?;
        }
        Ok(())
    }

    /// Sends what was pushed, in one frame; waits while the client has enough to read, and tells
    /// whether that was so.
    pub(super) async fn flush(&mut self) -> Result<bool, Unsent> {
        if self.frame.is_empty() {
            return Ok(false);
        }
        self.whole = 0;
        // The next frame is likely as long as this one.
        self.foreseen = self.frame.len().min(MAX_FORESEEN);
        let frame = Bytes::from(std::mem::take(&mut self.frame));
        let bytes = frame.len();
        let mut has_waited = false;
        match self.frames.try_send(frame) {
            Ok(()) => {}
            Err(Refused::Gone) => return Err(Unsent::Gone),
            Err(Refused::Full(frame)) => {
                self.wait_to_send(frame).boxed().await?;
                has_waited = true;
            }
        }
        self.note_sent(bytes);
        Ok(has_waited)
    }

    async fn wait_to_send(&mut self, frame: Bytes) -> Result<(), Unsent> {
        let room = poll_fn(|cx| self.frames.poll_room(cx));
        timeout_at(self.deadline, room).await.map_err(|_| Unsent::Late)?;
        self.frames.try_send(frame).map_err(|_| Unsent::Gone)
    }

    fn note_sent(&mut self, bytes: usize) {
        frame_sent();
        self.tally.meter.sent(bytes);
        if !self.has_sent {
            self.has_sent = true;
            self.tally.meter.first_event(self.arrived.elapsed());
        }
    }

    /// Ends the stream in order.
    pub(super) async fn finish(&mut self, done: Done) -> Result<(), Unsent> {
        self.deadline += LAST_WORDS;
        self.commit();
        self.push(&Event::OutputDone(done));
        self.flush().await?;
        Ok(())
    }

    /// Ends the stream with an error: an HTTP status if none was sent, else a fatal event and `done`.
    pub(super) async fn fail(&mut self, failure: Failure, done: Done) -> Result<(), Unsent> {
        if let Some(commit) = self.commit.take() {
            return commit.send(Err(failure)).map_err(|_| Unsent::Gone);
        }
        self.push(&Event::Error(failure.event(true)));
        self.finish(done).await
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::poll_fn;
    use std::time::Duration;

    use futures::{FutureExt, join};
    use reasoning_stream::Event;
    use tokio::task::yield_now;
    use tokio::time::Instant;

    use super::{Encoder, Inbox, MAX_FORESEEN, Outbox, WAITING_FRAMES};
    use crate::metrics::Metrics;
    use crate::relay::ledger::Tally;
    use crate::relay::precedence::tokens_first;
    use crate::traces::trace::Trace;

    struct Texts;

    impl Encoder for Texts {
        fn encode(&mut self, event: &Event, _request_id: &str, out: &mut Vec<u8>) {
            if let Event::OutputDelta(text) = event {
                out.extend_from_slice(text.as_bytes());
            }
        }
    }

    fn outbox() -> (Outbox, Inbox) {
        let tally = Tally::new("r", Metrics::new().meter("m", true), Trace::default());
        let now = Instant::now();
        Outbox::new(Box::new(Texts), now, now + Duration::from_secs(60), tally)
    }

    #[tokio::test(start_paused = true)]
    async fn tells_whether_the_client_was_waited_for() {
        let (mut outbox, Inbox { frames, .. }) = outbox();
        for frame in 0..WAITING_FRAMES {
            outbox.push(&Event::OutputDelta("text".into()));
            assert_eq!(outbox.flush().now_or_never(), Some(Ok(false)), "frame {frame}");
        }
        outbox.push(&Event::OutputDelta("text".into()));
        let mut flush = Box::pin(outbox.flush());
        assert!(flush.as_mut().now_or_never().is_none(), "there is no room for one more");
        assert!(poll_fn(|cx| frames.poll_next(cx)).now_or_never().flatten().is_some());
        assert_eq!(flush.as_mut().now_or_never(), Some(Ok(true)));
        drop(flush);
        assert_eq!(outbox.flush().now_or_never(), Some(Ok(false)), "nothing was pushed");
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_begins_waits_for_the_frames_of_others() {
        let (mut outbox, Inbox { frames, .. }) = outbox();
        let flows = Cell::new(true);
        let flow = async {
            for _ in 0..100 {
                outbox.push(&Event::OutputDelta("text".into()));
                outbox.flush().await.expect("a reader");
                poll_fn(|cx| frames.poll_next(cx)).await;
                yield_now().await;
            }
            flows.set(false);
        };
        let work = tokens_first().map(|()| assert!(!flows.get(), "it was not waited for"));
        join!(work, flow);
    }

    #[test]
    fn between_frames_nothing_is_held_and_room_is_foreseen() {
        let (mut outbox, Inbox { frames, .. }) = outbox();
        for (bytes, least, most) in
            [(100, 100, 200), (90, 100, 200), (20_000, 20_000, 40_000), (1, MAX_FORESEEN, 5_000)]
        {
            outbox.push(&Event::OutputDelta("x".repeat(bytes)));
            assert!((least..=most).contains(&outbox.frame.capacity()), "{bytes} bytes");
            outbox.flush().now_or_never().expect("room for a frame").expect("a reader");
            assert_eq!(outbox.frame.capacity(), 0, "after {bytes} bytes");
            let frame = poll_fn(|cx| frames.poll_next(cx)).now_or_never().flatten();
            assert_eq!(frame.map(|frame| frame.len()), Some(bytes));
        }
    }
}
