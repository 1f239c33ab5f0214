//! One answer as it comes: bytes become events, their order is checked, silence is noticed.
//!
//! ```text
//!  bytes ──▶ Decoder ──▶ Envelope ──▶ Order ──▶ Event
//!    └── none for too long, or an end without output.done ──▶ Error, and nothing after it
//! ```
//!
//! Blocks with names that are not known are skipped. Memory is bounded by the decoder's limits.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use reasoning_stream::sse::{Decoder, Limits};
use reasoning_stream::{Envelope, Event, Order};
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use tokio::time::{Instant, sleep};

use crate::whole::Whole;
use crate::{Error, http};

/// More of an answer that is not streamed is not read.
const WHOLE_LIMIT: usize = 16 * 1024 * 1024;

/// How long the end of the stream may follow its last event.
const FAREWELL: Duration = Duration::from_secs(1);

type Body = Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>;
type Alarm = Pin<Box<dyn Future<Output = Error> + Send>>;

/// The events of one answer. Dropping it closes the connection.
///
/// After an error, and after [`Event::OutputDone`], the stream is over.
pub struct Conversation {
    request_id: Option<String>,
    source: Source,
}

/// Where events come from.
enum Source {
    /// They come as they happen.
    Live(Box<Live>),
    /// They all came at once.
    Ready(VecDeque<Event>),
}

struct Live {
    body: Body,
    decoder: Decoder,
    order: Order,
    patience: Patience,
    alarm: Option<Alarm>,
}

impl Conversation {
    pub(crate) async fn begin(
        response: Response,
        order: Order,
        patience: Patience,
    ) -> Result<Self, Error> {
        let request_id = header(&response, "x-request-id");
        let kind = header(&response, CONTENT_TYPE.as_str()).unwrap_or_default();
        match kind.split(';').next().unwrap_or_default().trim() {
            "text/event-stream" => {
                let live = Live::new(response, order, patience);
                Ok(Self { request_id, source: Source::Live(Box::new(live)) })
            }
            "application/json" => Self::whole(response, request_id).await,
            other => Err(Error::Protocol(format!("its content type is {other:?}"))),
        }
    }

    async fn whole(response: Response, request_id: Option<String>) -> Result<Self, Error> {
        let body = http::body(response, WHOLE_LIMIT).await.map_err(Error::Broken)?;
        let whole: Whole = serde_json::from_slice(&body)
            .map_err(|cause| Error::Protocol(format!("its answer can't be read: {cause}")))?;
        let request_id = request_id.or_else(|| whole.request_id.clone());
        Ok(Self { request_id, source: Source::Ready(whole.into_events()?) })
    }

    /// The request's id, for whoever reads the gateway's log; known at the latest with the first event.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

impl Stream for Conversation {
    type Item = Result<Event, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let live = match &mut this.source {
            Source::Ready(events) => return Poll::Ready(events.pop_front().map(Ok)),
            Source::Live(live) => live,
        };
        let heard = ready!(live.poll_envelope(cx));
        if !matches!(heard, Ok(Some(_))) {
            // Closes the connection.
            this.source = Source::Ready(VecDeque::new());
        }
        Poll::Ready(heard.transpose().map(|heard| {
            heard.map(|envelope| {
                this.request_id.get_or_insert(envelope.request_id);
                envelope.event
            })
        }))
    }
}

impl Live {
    fn new(response: Response, order: Order, patience: Patience) -> Self {
        Self {
            body: Box::pin(response.bytes_stream()),
            decoder: Decoder::new(Limits::default()),
            order,
            alarm: patience.alarm(),
            patience,
        }
    }

    /// The next event; `None` after the last one, once the stream has ended too.
    fn poll_envelope(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Envelope>, Error>> {
        loop {
            if let Some(envelope) = self.pop()? {
                return Poll::Ready(Ok(Some(envelope)));
            }
            let ending = match self.body.as_mut().poll_next(cx) {
                Poll::Ready(Some(Ok(bytes))) => {
                    self.hear(&bytes);
                    continue;
                }
                Poll::Ready(Some(Err(cause))) => Error::Broken(cause),
                Poll::Ready(None) => Error::Incomplete,
                Poll::Pending => ready!(self.poll_alarm(cx)),
            };
            let complete = self.order.finish().is_ok();
            return Poll::Ready(if complete { Ok(None) } else { Err(ending) });
        }
    }

    fn hear(&mut self, bytes: &[u8]) {
        self.decoder.push(bytes);
        self.alarm = self.patience.alarm();
    }

    /// The next event among the bytes that are here.
    fn pop(&mut self) -> Result<Option<Envelope>, Error> {
        while let Some(block) = self.decoder.pop() {
            let block = block.map_err(|cause| Error::Protocol(cause.to_string()))?;
            let known = Envelope::read(block.name, block.data)
                .map_err(|cause| Error::Protocol(cause.to_string()))?;
            if let Some(envelope) = known {
                self.order.check(&envelope.event)?;
                if self.order.finish().is_ok() {
                    self.part();
                }
                return Ok(Some(envelope));
            }
        }
        Ok(None)
    }

    /// The last event is here: the stream may end by itself, so that the gateway sees no one leave.
    fn part(&mut self) {
        self.patience = Patience::new(None, Some(FAREWELL));
        self.alarm = self.patience.alarm();
    }

    fn poll_alarm(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        match &mut self.alarm {
            Some(alarm) => alarm.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }
}

/// How long to wait: for the next sign of life, and for the end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    silence: Option<Duration>,
    timeout: Option<Duration>,
    began: Instant,
}

impl Patience {
    pub(crate) fn new(silence: Option<Duration>, timeout: Option<Duration>) -> Self {
        Self { silence, timeout, began: Instant::now() }
    }

    /// The shorter of the two waits from this moment on, and what its end means.
    pub(crate) fn next(&self) -> Option<(Duration, Error)> {
        let left = self.timeout.map(|timeout| timeout.saturating_sub(self.began.elapsed()));
        match (self.silence, left, self.timeout) {
            (Some(silence), Some(left), _) if silence < left => {
                Some((silence, Error::Silent(silence)))
            }
            (_, Some(left), Some(timeout)) => Some((left, Error::Late(timeout))),
            (Some(silence), _, _) => Some((silence, Error::Silent(silence))),
            (None, _, _) => None,
        }
    }

    fn alarm(&self) -> Option<Alarm> {
        let (limit, error) = self.next()?;
        Some(Box::pin(async move {
            sleep(limit).await;
            error
        }))
    }
}

impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversation").field("request_id", &self.request_id).finish_non_exhaustive()
    }
}

/// A header of a response, if it is text.
pub(crate) fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}
