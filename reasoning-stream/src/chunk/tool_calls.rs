//! Tool calls as upstreams write them: arguments as text or as an object, with and without an index.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, MapAccess, SeqAccess};

use super::lenient::{Any, Number, Shape, Text, next_name, skip, value};
use crate::piece::{ToolCall, ToolFunction};

/// The list of a delta or a message; without an index a call has its position.
#[derive(Default)]
pub(super) struct ToolCalls(pub(super) Vec<ToolCall>);

impl<'de> Shape<'de> for ToolCalls {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut calls = Vec::new();
        let mut position = 0;
        while let Some(Any(Call { index, call })) = list.next_element()? {
            let index = index.0.and_then(|index| u32::try_from(index).ok()).unwrap_or(position);
            calls.extend(call.map(|call| ToolCall { index, ..call }));
            position += 1;
        }
        Ok(Self(calls))
    }
}

#[derive(Default)]
struct Call {
    index: Number,
    call: Option<ToolCall>,
}

impl<'de> Shape<'de> for Call {
    fn object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        let mut index = Number::default();
        let mut call = ToolCall::default();
        while let Some(name) = next_name(&mut object)? {
            match &*name {
                "index" => index = value(&mut object)?,
                "id" => call.id = filled(value(&mut object)?),
                "type" => call.kind = filled(value(&mut object)?),
                "function" => call.function = value::<_, Function>(&mut object)?.0,
                _ => skip(&mut object)?,
            }
        }
        Ok(Self { index, call: Some(call) })
    }
}

/// OpenAI's older way to call one function.
#[derive(Default)]
pub(super) struct FunctionCall(pub(super) Option<ToolCall>);

impl<'de> Shape<'de> for FunctionCall {
    fn object<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        let Function(function) = Function::object(object)?;
        let kind = Some("function".to_owned());
        Ok(Self(Some(ToolCall { kind, function, ..ToolCall::default() })))
    }
}

#[derive(Default)]
struct Function(ToolFunction);

impl<'de> Shape<'de> for Function {
    fn object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        let mut function = ToolFunction::default();
        while let Some(name) = next_name(&mut object)? {
            match &*name {
                "name" => function.name = filled(value(&mut object)?),
                "arguments" => function.arguments = value::<_, Arguments>(&mut object)?.0,
                _ => skip(&mut object)?,
            }
        }
        Ok(Self(function))
    }
}

#[derive(Default)]
struct Arguments(Option<String>);

impl<'de> Shape<'de> for Arguments {
    fn text(text: std::borrow::Cow<'de, str>) -> Self {
        Self(Some(text.into_owned()))
    }

    fn object<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        let value = serde_json::Value::deserialize(MapAccessDeserializer::new(object))?;
        Ok(Self(Some(value.to_string())))
    }
}

fn filled(Text(text): Text<'_>) -> Option<String> {
    (!text.is_empty()).then(|| text.into_owned())
}
