//! What one event of an upstream says: text, reasoning, the end, an error, or nothing.
//!
//! ```text
//!  [DONE]                                              ──▶ Done
//!  {"error":…}, event: error, {"message":…} alone      ──▶ Reported
//!  {"choices":[…]}                                     ──▶ Chunk      (of a stream, or a whole completion)
//!  any other JSON, blanks                              ──▶ Ignored
//! ```
//!
//! Strings stay borrowed from the event where they have no escapes. The reader is lenient: a
//! member of an odd type is skipped, and only broken JSON is an error.

pub(crate) mod delta;
mod lenient;
mod reported;
mod template;
mod tool_calls;

use std::borrow::Cow;

use serde::de::{MapAccess, SeqAccess};
use serde_json::{Map, Value};

use self::delta::{Content, Delta};
use self::lenient::{Any, Number, Shape, Text, next_name, skip, value};
use self::reported::{ErrorMember, Identity};
use self::template::Template;
use crate::piece::{FinishReason, ReportedError, ToolCall, Usage};

/// What one event says.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "almost all are chunks, and a box for each would cost more"
)]
pub(crate) enum Signal<'a> {
    /// The stream is over.
    Done,
    /// The upstream failed.
    Reported(ReportedError),
    /// More of the completion, or all of it.
    Chunk(Chunk<'a>),
    /// Nothing of ours.
    Ignored,
}

/// The event's data is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// What a chunk adds to its first choice. Other choices are left out.
#[derive(Debug, Default)]
pub(crate) struct Chunk<'a> {
    /// Reasoning from a field of its own; empty where there is none.
    pub(crate) reasoning: Cow<'a, str>,
    /// Text.
    pub(crate) content: Content<'a>,
    /// Parts of tool calls.
    pub(crate) tool_calls: Vec<ToolCall>,
    /// Why the model stopped.
    pub(crate) finish: Option<FinishReason>,
    /// Token counts.
    pub(crate) usage: Option<Usage>,
    /// The upstream's error, if that is why the model stopped.
    pub(crate) failed: Option<ReportedError>,
}

/// Reads the events of one stream.
#[derive(Debug, Default)]
pub(crate) struct Classifier {
    template: Template,
}

impl Classifier {
    /// What the next chunk is likely to be, but for its text.
    pub(crate) fn expected(&self) -> &str {
        self.template.last()
    }

    /// What an event says, by its name and data.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if the data is neither `[DONE]`, nor JSON, nor blank.
    pub(crate) fn read<'a>(&mut self, name: &str, data: &'a str) -> Result<Signal<'a>, Malformed> {
        let data = data.trim_ascii();
        if name == "error" && data != "[DONE]" {
            return Ok(Signal::Reported(reported(data)));
        }
        if let Some(chunk) = self.template.read(data) {
            return Ok(Signal::Chunk(chunk));
        }
        let signal = parse(data)?;
        if let Signal::Chunk(chunk) = &signal {
            self.template.learn(data, chunk);
        }
        Ok(signal)
    }
}

fn parse(data: &str) -> Result<Signal<'_>, Malformed> {
    match data {
        "[DONE]" => Ok(Signal::Done),
        "" => Ok(Signal::Ignored),
        json => {
            let Any(body) = serde_json::from_str::<Any<Body<'_>>>(json).map_err(|_| Malformed)?;
            Ok(body.signal())
        }
    }
}

/// An event that is called an error, whatever its data is.
fn reported(data: &str) -> ReportedError {
    serde_json::from_str(data).map_or_else(|_| Body::default(), |Any(body)| body).reported()
}

/// The members of an event's JSON that mean something: those that [`Body`] reads.
const MEMBERS: [&str; 7] = ["choices", "usage", "error", "message", "code", "status", "type"];

/// An event's JSON.
#[derive(Debug, Default)]
struct Body<'a> {
    choices: Choices<'a>,
    usage: Option<Box<Usage>>,
    error: ErrorMember<'a>,
    message: Present,
    /// Where an error is not in an object of its own.
    identity: Option<Box<Identity<'a>>>,
}

impl<'de> Shape<'de> for Body<'de> {
    fn object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        let mut body = Self::default();
        while let Some(name) = next_name(&mut object)? {
            match &*name {
                "choices" => body.choices = value(&mut object)?,
                "usage" => body.usage = value::<_, Counts>(&mut object)?.0,
                "error" => body.error = value(&mut object)?,
                "message" => body.message = value(&mut object)?,
                "code" => body.identity().code = value(&mut object)?,
                "status" => body.identity().status = value(&mut object)?,
                "type" => body.identity().kind = value(&mut object)?,
                _ => skip(&mut object)?,
            }
        }
        Ok(body)
    }
}

impl<'a> Body<'a> {
    fn signal(self) -> Signal<'a> {
        if self.error.0.is_some() || (self.message.0 && !self.choices.is_list) {
            return Signal::Reported(self.reported());
        }
        if !self.choices.is_list {
            return Signal::Ignored;
        }
        let mut chunk = self.choices.first.map_or_else(Chunk::default, Choice::chunk);
        chunk.usage = self.usage.map(|usage| *usage);
        Signal::Chunk(chunk)
    }

    fn identity(&mut self) -> &mut Identity<'a> {
        self.identity.get_or_insert_default()
    }

    /// The error, by what its own object says, or else by what stands around it.
    fn reported(&self) -> ReportedError {
        let outer = self.identity.as_deref().map(Identity::reported).unwrap_or_default();
        let Some(inner) = self.error.0.as_deref().map(Identity::reported) else { return outer };
        ReportedError { status: inner.status.or(outer.status), code: inner.code }
    }
}

/// The choices of a chunk, of which one counts.
#[derive(Debug, Default)]
struct Choices<'a> {
    is_list: bool,
    first: Option<Choice<'a>>,
}

impl<'de> Shape<'de> for Choices<'de> {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut first = None;
        while let Some(Any(choice)) = list.next_element::<Any<Choice<'de>>>()? {
            if first.is_none() && choice.index.0.unwrap_or(0) == 0 {
                first = Some(choice);
            }
        }
        Ok(Self { is_list: true, first })
    }
}

#[derive(Debug, Default)]
struct Choice<'a> {
    index: Number,
    /// What a stream adds, or else what a whole completion says.
    delta: Option<Delta<'a>>,
    finish_reason: Text<'a>,
    error: ErrorMember<'a>,
}

impl<'de> Shape<'de> for Choice<'de> {
    fn object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        let mut choice = Self::default();
        while let Some(name) = next_name(&mut object)? {
            match &*name {
                "index" => choice.index = value(&mut object)?,
                "delta" => {
                    let MaybeDelta(delta) = value(&mut object)?;
                    choice.delta = delta.or(choice.delta);
                }
                "message" if choice.delta.is_none() => {
                    choice.delta = value::<_, MaybeDelta<'de>>(&mut object)?.0;
                }
                "finish_reason" => choice.finish_reason = value(&mut object)?,
                "error" => choice.error = value(&mut object)?,
                _ => skip(&mut object)?,
            }
        }
        Ok(choice)
    }
}

impl<'a> Choice<'a> {
    fn chunk(self) -> Chunk<'a> {
        let mut delta = self.delta.unwrap_or_default();
        let finish = match &*self.finish_reason.0 {
            "" | "null" => None,
            reason => Some(FinishReason::from(reason)),
        };
        let error = self.error.0.as_deref().map(Identity::reported);
        let broke = finish == Some(FinishReason::Error);
        Chunk {
            reasoning: delta.take_reasoning(),
            content: delta.content,
            tool_calls: delta.tool_calls,
            finish: finish.filter(|_| !broke),
            usage: None,
            failed: error.or_else(|| broke.then(ReportedError::default)),
        }
    }
}

/// A delta that is an object.
#[derive(Debug, Default)]
struct MaybeDelta<'a>(Option<Delta<'a>>);

impl<'de> Shape<'de> for MaybeDelta<'de> {
    fn object<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        Delta::object(object).map(|delta| Self(Some(delta)))
    }
}

/// Whether a member says something.
#[derive(Debug, Default)]
struct Present(bool);

impl<'de> Shape<'de> for Present {
    fn text(_: Cow<'de, str>) -> Self {
        Self(true)
    }

    fn object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        while next_name(&mut object)?.is_some() {
            skip(&mut object)?;
        }
        Ok(Self(true))
    }
}

/// Token counts that count something.
#[derive(Debug, Default)]
struct Counts(Option<Box<Usage>>);

impl<'de> Shape<'de> for Counts {
    fn object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        let mut rest = Map::new();
        while let Some((name, count)) = object.next_entry::<String, Value>()? {
            rest.insert(name, count);
        }
        let empty = rest.is_empty();
        let mut take = |name| rest.shift_remove(name).and_then(|count| count.as_u64());
        let usage = Usage {
            prompt_tokens: take("prompt_tokens"),
            completion_tokens: take("completion_tokens"),
            total_tokens: take("total_tokens"),
            rest,
        };
        Ok(Self((!empty).then(|| Box::new(usage))))
    }
}
