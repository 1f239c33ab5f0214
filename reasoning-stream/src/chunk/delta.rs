//! What one choice of a chunk adds, or what the one message of a whole completion says.

use std::borrow::Cow;

use serde::de::{MapAccess, SeqAccess};

use super::lenient::{Any, Joined, Shape, Text, next_name, skip, value};
use super::tool_calls::{FunctionCall, ToolCalls};
use crate::piece::ToolCall;

/// Reasoning, content and tool calls.
#[derive(Debug, Default)]
pub(super) struct Delta<'a> {
    pub(super) content: Content<'a>,
    reasoning_content: Joined<'a>,
    reasoning: Joined<'a>,
    reasoning_details: Joined<'a>,
    pub(super) tool_calls: Vec<ToolCall>,
}

impl<'a> Delta<'a> {
    /// The first of the fields that say something: some servers say the same in two of them.
    pub(super) fn take_reasoning(&mut self) -> Cow<'a, str> {
        [&mut self.reasoning_content, &mut self.reasoning, &mut self.reasoning_details]
            .into_iter()
            .map(|field| std::mem::take(&mut field.0))
            .find(|text| !text.is_empty())
            .unwrap_or_default()
    }
}

impl<'de> Shape<'de> for Delta<'de> {
    fn object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        let mut delta = Self::default();
        while let Some(name) = next_name(&mut object)? {
            match &*name {
                "content" => delta.content = value(&mut object)?,
                "reasoning_content" => delta.reasoning_content = value(&mut object)?,
                "reasoning" => delta.reasoning = value(&mut object)?,
                "reasoning_details" => delta.reasoning_details = value(&mut object)?,
                "tool_calls" => delta.tool_calls = value::<_, ToolCalls>(&mut object)?.0,
                "function_call" => delta.add_function(value(&mut object)?),
                _ => skip(&mut object)?,
            }
        }
        Ok(delta)
    }
}

impl Delta<'_> {
    fn add_function(&mut self, call: FunctionCall) {
        if self.tool_calls.is_empty() {
            self.tool_calls.extend(call.0);
        }
    }
}

/// Text, or parts of it in order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) enum Content<'a> {
    /// Nothing.
    #[default]
    None,
    /// A string.
    Text(Cow<'a, str>),
    /// A list.
    Parts(Vec<Part<'a>>),
}

impl Content<'_> {
    /// Whether it says nothing.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::None => true,
            Self::Text(text) => text.is_empty(),
            Self::Parts(parts) => parts.is_empty(),
        }
    }
}

/// One part of a content that is a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// Text for the reader.
    Text(Cow<'a, str>),
    /// Reasoning.
    Thinking(Cow<'a, str>),
}

impl<'de> Shape<'de> for Content<'de> {
    fn text(text: Cow<'de, str>) -> Self {
        Self::Text(text)
    }

    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut parts = Vec::new();
        while let Some(Any(AnyPart(part))) = list.next_element()? {
            parts.extend(part);
        }
        Ok(Self::Parts(parts))
    }
}

#[derive(Default)]
struct AnyPart<'a>(Option<Part<'a>>);

impl<'de> Shape<'de> for AnyPart<'de> {
    fn text(text: Cow<'de, str>) -> Self {
        Self(Some(Part::Text(text)))
    }

    fn object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        let (mut text, mut thinking) = (Text::default(), Joined::default());
        while let Some(name) = next_name(&mut object)? {
            match &*name {
                "text" => text = value(&mut object)?,
                "thinking" => thinking = value(&mut object)?,
                _ => skip(&mut object)?,
            }
        }
        let part =
            if thinking.0.is_empty() { Part::Text(text.0) } else { Part::Thinking(thinking.0) };
        Ok(Self(Some(part)))
    }
}
