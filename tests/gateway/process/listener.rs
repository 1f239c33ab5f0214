//! Hears a streamed answer event by event, and checks the order as it comes.

use mock_upstream::{Call, Kind, Server};
use reasoning_stream::sse::{Decoder, Limits};
use reasoning_stream::{Done, Envelope, ErrorEvent, Event, Order, Summary, SummaryDelta};

use super::wire::{Broken, Reply, Wire};
use super::{Gateway, soon};

/// An answer that is being heard.
pub(crate) struct Listener {
    pub(crate) wire: Wire,
    /// The response's head.
    pub(crate) head: Reply,
    decoder: Decoder,
    order: Order,
}

impl Listener {
    /// Asks; the answer must be a stream.
    pub(crate) async fn ask(gateway: &Gateway, body: impl ToString) -> Self {
        Self::ask_as(gateway, &[], body).await
    }

    /// Asks with headers.
    pub(crate) async fn ask_as(
        gateway: &Gateway,
        headers: &[(&str, &str)],
        body: impl ToString,
    ) -> Self {
        let mut wire = gateway.connect().await;
        wire.chat_as(headers, body).await;
        Self::on(wire, Order::default()).await
    }

    /// Hears the answer to what was asked on a connection.
    pub(crate) async fn on(mut wire: Wire, order: Order) -> Self {
        let mut head = wire.head().await;
        if head.status != 200 {
            wire.body(&mut head).await;
        }
        assert_eq!(head.status, 200, "{}", head.text());
        Self { wire, head, decoder: Decoder::new(Limits::default()), order }
    }

    /// The next event; `None` once the stream has ended in order.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        self.next_envelope().await.map(|envelope| envelope.event)
    }

    /// The same with the request's id.
    pub(crate) async fn next_envelope(&mut self) -> Option<Envelope> {
        soon("an event", self.heard()).await.expect("a stream that ends in order")
    }

    /// Waits for an event of this name.
    pub(crate) async fn until(&mut self, name: &str) -> Event {
        loop {
            let event = self.next().await.unwrap_or_else(|| panic!("there was no {name}"));
            if event.name() == name {
                return event;
            }
        }
    }

    /// Everything up to the end.
    pub(crate) async fn rest(mut self) -> Heard {
        let mut heard = Heard::default();
        while let Some(event) = self.next().await {
            heard.take(event);
        }
        heard
    }

    async fn heard(&mut self) -> Result<Option<Envelope>, Broken> {
        loop {
            if let Some(block) = self.decoder.pop() {
                let block = block.expect("no line is too long");
                let known = Envelope::read(block.name, block.data).expect("events are readable");
                let envelope = known.unwrap_or_else(|| panic!("unknown event {}", block.name));
                self.order.check(&envelope.event).expect("events come in order");
                return Ok(Some(envelope));
            }
            match self.wire.chunk().await? {
                Some(bytes) => self.decoder.push(&bytes),
                None => {
                    self.order.finish().expect("the stream is complete");
                    return Ok(None);
                }
            }
        }
    }
}

/// A whole answer.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) prompt: Option<Summary>,
    pub(crate) lines: Vec<SummaryDelta>,
    pub(crate) reasoning: Option<Summary>,
    pub(crate) answer: String,
    pub(crate) errors: Vec<ErrorEvent>,
    pub(crate) done: Option<Done>,
}

impl Heard {
    fn take(&mut self, event: Event) {
        match event {
            Event::PromptSummary(summary) => self.prompt = Some(summary),
            Event::RawReasoning(_) => panic!("raw reasoning that nobody asked for"),
            Event::ReasoningDelta(delta) => self.lines.push(delta),
            Event::ReasoningSummary(summary) => self.reasoning = Some(summary),
            Event::OutputDelta(text) => self.answer.push_str(&text),
            Event::Error(error) => self.errors.push(error),
            Event::OutputDone(done) => self.done = Some(done),
        }
    }

    /// How the stream ended.
    #[track_caller]
    pub(crate) fn finish(&self) -> &str {
        self.done.as_ref().expect("every stream ends with output.done").finish_reason.as_str()
    }
}

/// Asks, and hears the whole answer.
pub(crate) async fn hear(gateway: &Gateway, body: impl ToString) -> Heard {
    Listener::ask(gateway, body).await.rest().await
}

/// The calls for answers that a mock has had.
pub(crate) fn answers(server: &Server) -> Vec<Call> {
    of_kind(server, Kind::Answer)
}

/// The calls of one kind that a mock has had.
pub(crate) fn of_kind(server: &Server, kind: Kind) -> Vec<Call> {
    server.calls().into_iter().filter(|call| call.kind == kind).collect()
}
