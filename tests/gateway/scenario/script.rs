//! What a scripted model server does in one call, step by step.
//!
//! Steps before the head happen while the caller waits for the call; those after it are the body.

use std::time::Duration;

use bytes::Bytes;
use inference_gateway::upstream::error::UpstreamError;
use reasoning_stream::Framing;
use serde_json::{Value, json};

/// A word in every thought. It may reach nobody, save as part of a fallback.
pub(crate) const CANARY: &str = "canary-5c1f";

/// One thing that a model server does.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Nothing, for so long.
    Wait(Duration),
    /// Sends the head of a successful answer.
    Head(Framing),
    /// Sends a part of the body.
    Bytes(Bytes),
    /// Breaks off.
    Fail(UpstreamError),
    /// Nothing, for ever.
    Hang,
    /// Has a defect.
    Panic,
}

/// All that a model server does in one call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    pub(crate) steps: Vec<Step>,
    /// The answer in it, as a reader is to hear it.
    pub(crate) answer: String,
    /// Why the model stops, if the script says so.
    pub(crate) finish: Option<String>,
}

impl Script {
    /// A call whose head is still to come.
    pub(crate) fn call() -> Self {
        Self::default()
    }

    /// A call whose head comes at once, as the head of an event stream.
    pub(crate) fn stream() -> Self {
        Self::call().head()
    }

    /// A whole answer after 200 ms of thought and 100 ms of writing.
    pub(crate) fn thinks_and_says(thought: &str, answer: &str) -> Self {
        Self::stream().wait(100).thinks(thought).wait(100).says(answer).wait(100).stops()
    }

    /// A summary that is ready after 100 ms.
    pub(crate) fn summary(text: &str) -> Self {
        Self::call().wait(100).completion(text)
    }

    /// The head of an event stream.
    pub(crate) fn head(self) -> Self {
        self.step(Step::Head(Framing::Sse))
    }

    /// The head of a whole completion.
    pub(crate) fn json_head(self) -> Self {
        self.step(Step::Head(Framing::Json))
    }

    /// Nothing, for so many milliseconds.
    pub(crate) fn wait(self, ms: u64) -> Self {
        self.step(Step::Wait(Duration::from_millis(ms)))
    }

    /// Bytes as they are.
    pub(crate) fn bytes(self, bytes: impl Into<Bytes>) -> Self {
        self.step(Step::Bytes(bytes.into()))
    }

    /// A chunk of reasoning in its own field, with the canary in it.
    pub(crate) fn thinks(self, thought: &str) -> Self {
        self.delta(&json!({"reasoning_content": format!("{thought} {CANARY} ")}))
    }

    /// A chunk of the answer.
    pub(crate) fn says(self, text: &str) -> Self {
        self.text(text).answering(text)
    }

    /// A chunk of text with what tags may be in it; what of it is answer, `answering` says.
    pub(crate) fn text(self, text: &str) -> Self {
        self.delta(&json!({"content": text}))
    }

    /// Says what the answer so far goes on with, as a reader is to hear it.
    pub(crate) fn answering(mut self, text: &str) -> Self {
        self.answer.push_str(text);
        self
    }

    /// A chunk with this delta.
    pub(crate) fn delta(self, delta: &Value) -> Self {
        self.event(&json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]}))
    }

    /// An event with this data.
    pub(crate) fn event(self, data: &Value) -> Self {
        self.bytes(format!("data: {data}\n\n"))
    }

    /// The chunk that says why the model stopped.
    pub(crate) fn finish(mut self, reason: &str) -> Self {
        self.finish = Some(reason.to_owned());
        self.event(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}))
    }

    /// The chunk with the token counts.
    pub(crate) fn usage(self) -> Self {
        self.event(&json!({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}))
    }

    /// The mark at the end.
    pub(crate) fn done(self) -> Self {
        self.bytes("data: [DONE]\n\n")
    }

    /// An end in order.
    pub(crate) fn stops(self) -> Self {
        self.finish("stop").usage().done()
    }

    /// A whole completion with this text.
    pub(crate) fn completion(self, text: &str) -> Self {
        self.message(&json!({"content": text}), "stop")
    }

    /// A whole completion with this message.
    pub(crate) fn message(mut self, message: &Value, finish: &str) -> Self {
        self.finish = Some(finish.to_owned());
        let body = json!({"choices": [{"message": message, "finish_reason": finish}]});
        self.bytes(body.to_string())
    }

    /// The same, with bytes that follow each other in one read.
    pub(crate) fn joined(self) -> Self {
        let mut joined: Vec<Step> = Vec::new();
        for step in self.steps {
            match (joined.last_mut(), step) {
                (Some(Step::Bytes(read)), Step::Bytes(more)) => {
                    *read = [&read[..], &more].concat().into()
                }
                (_, step) => joined.push(step),
            }
        }
        Self { steps: joined, ..self }
    }

    /// A failure.
    pub(crate) fn fails(self, error: UpstreamError) -> Self {
        self.step(Step::Fail(error))
    }

    /// Silence, for ever.
    pub(crate) fn hangs(self) -> Self {
        self.step(Step::Hang)
    }

    /// A defect.
    pub(crate) fn panics(self) -> Self {
        self.step(Step::Panic)
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}
