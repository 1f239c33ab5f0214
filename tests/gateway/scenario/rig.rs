//! The parts of one scenario, connected: what a test acts upon.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use inference_gateway::relay::caller::Caller;
use inference_gateway::relay::catalog::{Catalog, Route, Server, Target};
use inference_gateway::relay::failure::Failure;
use inference_gateway::relay::outbox::Encoder;
use inference_gateway::relay::request::ChatRequest;
use inference_gateway::relay::serve::{Frames, Relay};
use inference_gateway::traces::Tracer;
use reasoning_stream::{Envelope, Event, sse};
use tokio::task::yield_now;
use tokio::time::sleep;

use super::check::{Allowed, check, check_metrics};
use super::heard::Heard;
use super::spans::{Spans, check_spans};
use super::upstream::{Log, Scripted};
use super::{REQUEST_ID, Scenario};

/// One request and its surroundings, before or while it runs.
pub(crate) struct Rig {
    pub(crate) relay: Arc<Relay>,
    pub(crate) log: Arc<Log>,
    pub(crate) request: ChatRequest,
    pub(crate) spans: Arc<Spans>,
    tracer: Tracer,
    served: AtomicUsize,
    allowed: Allowed,
}

impl Rig {
    pub(crate) fn new(scenario: Scenario) -> Self {
        let Scenario { scripts, fallbacks, answer, summary, request } = scenario;
        let allowed = Allowed::of(&answer, 1 + fallbacks.len(), &request);
        let log = Arc::new(Log::new(request.arrived));
        let mut targets =
            std::iter::once(scripts).chain(fallbacks).zip(0..).map(|(scripts, at)| {
                let upstream = Scripted { server: at, scripts, log: Arc::clone(&log) };
                let server = Server::new(&format!("server {at}"), Arc::new(upstream));
                Target { rank: at as u32, ..Target::new(server, answer.clone()) }
            });
        let first = targets.next().expect("there is a first");
        let route = Route::new(first, targets.collect());
        let relay = Arc::new(Relay::new(Catalog::any(route), summary));
        let (spans, tracer) = Spans::new();
        Self { relay, log, request, spans, tracer, served: AtomicUsize::new(0), allowed }
    }

    /// Begins to answer, up to the moment when the HTTP status is certain.
    pub(crate) async fn serve(&self) -> Result<Frames, Failure> {
        self.serve_this(self.request.clone()).await
    }

    /// The same for another request.
    pub(crate) async fn serve_this(&self, mut request: ChatRequest) -> Result<Frames, Failure> {
        self.served.fetch_add(1, Ordering::Relaxed);
        request.trace = self.tracer.begin("POST", request.arrived, None);
        let wire = Wire { log: Arc::clone(&self.log), whole: !request.stream, kept: vec![] };
        self.relay.serve(request, &Caller::default(), Box::new(wire)).await
    }

    /// The whole request, checked.
    pub(crate) async fn hear(self) -> Heard {
        self.hear_slowly(Duration::ZERO).await
    }

    /// The whole request with a pause after each frame, checked.
    pub(crate) async fn hear_slowly(self, pause: Duration) -> Heard {
        match self.serve().await {
            Ok(frames) => self.listen_slowly(frames, pause).await,
            Err(failure) => self.refused(failure).await,
        }
    }

    /// Reads all frames that are left, and checks the whole.
    pub(crate) async fn listen(self, frames: Frames) -> Heard {
        self.listen_slowly(frames, Duration::ZERO).await
    }

    async fn listen_slowly(self, mut frames: Frames, pause: Duration) -> Heard {
        let mut heard = Heard::committed_at(self.log.ms());
        let mut decoder = sse::Decoder::new(sse::Limits::default());
        while let Some(frame) = next(&mut frames).await {
            heard.hear(&mut decoder, &frame, self.log.ms());
            sleep(pause).await;
        }
        self.settled(heard).await
    }

    /// The whole of a request that ended before the commit, checked.
    pub(crate) async fn refused(self, failure: Failure) -> Heard {
        let heard = Heard::refused_at(self.log.ms(), failure);
        self.settled(heard).await
    }

    async fn settled(self, mut heard: Heard) -> Heard {
        heard.ended = self.log.ms();
        settle().await;
        heard.calls = self.log.calls();
        check(&heard, &self.allowed, &self.log);
        check_metrics(self.relay.metrics(), &self.request);
        check_spans(&self.spans.taken(), self.served.load(Ordering::Relaxed), &heard.calls);
        heard
    }
}

/// The next frame; `None` after the last.
pub(crate) async fn next(frames: &mut Frames) -> Option<Bytes> {
    poll_fn(|cx| frames.poll_next(cx)).await
}

/// Lets every task run as far as it can, without letting time pass.
pub(crate) async fn settle() {
    for _ in 0..50 {
        yield_now().await;
    }
}

/// Reads whole events out of frames.
pub(crate) fn events(decoder: &mut sse::Decoder, frame: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    decoder.push(frame);
    while let Some(event) = decoder.pop() {
        let event = event.expect("no line is too long");
        let envelope = Envelope::read(event.name, event.data).expect("an event can be read");
        let envelope = envelope.expect("an event has a name of ours");
        assert_eq!(envelope.request_id, REQUEST_ID);
        events.push(envelope.event);
    }
    events
}

/// The events as they are; where one whole reply is wanted, all at once.
struct Wire {
    log: Arc<Log>,
    whole: bool,
    kept: Vec<u8>,
}

impl Encoder for Wire {
    fn encode(&mut self, event: &Event, request_id: &str, out: &mut Vec<u8>) {
        match event {
            Event::RawReasoning(_) | Event::ReasoningSummary(_) | Event::OutputDelta(_) => {
                self.log.pass_barrier();
            }
            Event::PromptSummary(_)
            | Event::ReasoningDelta(_)
            | Event::Error(_)
            | Event::OutputDone(_) => {}
        }
        event.write(request_id, &mut self.kept);
        if !self.whole || matches!(event, Event::OutputDone(_)) {
            out.append(&mut self.kept);
        }
    }
}
