//! Schemas of members that hold one word, or nothing, or whatever a server knows.

use serde_json::Value;
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};

/// One word, always the same.
pub(super) fn word(text: &str) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some([text])).build()
}

/// Always `null`.
pub(super) fn null() -> Object {
    Object::with_type(Type::Null)
}

/// An object without a member that is known here.
pub(super) fn open_object() -> Object {
    Object::with_type(Type::Object)
}

/// Any text.
pub(super) fn text_schema() -> Object {
    Object::with_type(Type::String)
}

/// 1, or left out.
pub(super) fn one() -> Object {
    only(Type::Integer, 1.into())
}

/// `false`, or left out.
pub(super) fn never() -> Object {
    only(Type::Boolean, false.into())
}

/// `disabled`, or left out.
pub(super) fn disabled_if_any() -> Object {
    only(Type::String, "disabled".into())
}

/// `custom`, or left out.
pub(super) fn custom_if_any() -> Object {
    only(Type::String, "custom".into())
}

/// `message`, or left out.
pub(super) fn message_if_any() -> Object {
    only(Type::String, "message".into())
}

/// One value, or `null`, which counts as left out.
fn only(kind: Type, value: Value) -> Object {
    let kinds = SchemaType::from_iter([kind, Type::Null]);
    ObjectBuilder::new().schema_type(kinds).enum_values(Some([value, Value::Null])).build()
}

pub(super) fn list() -> Object {
    word("list")
}

pub(super) fn model() -> Object {
    word("model")
}

pub(super) fn text() -> Object {
    word("text")
}

pub(super) fn function() -> Object {
    word("function")
}

pub(super) fn assistant() -> Object {
    word("assistant")
}

pub(super) fn completion() -> Object {
    word("chat.completion")
}

pub(super) fn chunk() -> Object {
    word("chat.completion.chunk")
}

pub(super) fn response() -> Object {
    word("response")
}

pub(super) fn message() -> Object {
    word("message")
}

pub(super) fn error() -> Object {
    word("error")
}

pub(super) fn gateway() -> Object {
    word("gateway")
}

pub(super) fn disabled() -> Object {
    word("disabled")
}
