//! Puts an operation together: its parameters, its body, its answer, and every error it may have.

use serde_json::{Value, json};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::OperationBuilder;
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{
    Content, ContentBuilder, RefOr, Required, Response, ResponseBuilder, SecurityRequirement,
};

use super::errors::{Place, Row, by_status, made};
use super::streams::{self, schema};
use super::{headers, security};
use crate::http::{anthropic, request_id};

pub(super) const JSON: &str = "application/json";
/// The id of the requests that examples tell of.
const REQUEST_ID: &str = "0199a3f0-5d1c-7000-8000-000000000001";

/// What an operation answers: whole, or as a stream, each with an example.
pub(super) struct Given {
    pub(super) whole: RefOr<Schema>,
    pub(super) whole_example: &'static str,
    pub(super) stream: RefOr<Schema>,
    pub(super) stream_example: &'static str,
}

/// An operation that has nothing yet but its names and the parameter that all of them know.
pub(super) fn begin(tag: &str, id: &str, summary: &str, text: &str) -> OperationBuilder {
    let text_of_id = "Names the request in its answer, in errors and in the log: at most 64 letters, digits, dots, dashes and underscores. Another one is replaced.";
    OperationBuilder::new()
        .tag(tag)
        .operation_id(Some(id))
        .summary(Some(summary))
        .description(Some(text))
        .parameter(headers::sent(request_id::HEADER, text_of_id, &[]))
}

/// A request for an answer, by the name of its schema and an example.
pub(super) fn asks(
    operation: OperationBuilder,
    (name, example): (&str, &'static str),
) -> OperationBuilder {
    let content = json_content(schema(name).into(), Some(read(example)));
    let text = "The question and how it is to be answered: JSON, not encoded, of at most `MAX_BODY_BYTES`.";
    let body = RequestBodyBuilder::new().content(JSON, content).required(Some(Required::True));
    let body = body.description(Some(text));
    operation.request_body(Some(body.build()))
}

/// An answer at this path, and everything that can be in its way.
pub(super) fn answers(operation: OperationBuilder, path: &str, given: Given) -> OperationBuilder {
    let Given { whole, whole_example, stream, stream_example } = given;
    let response = ResponseBuilder::new()
        .description("The answer: an event stream with `stream: true`, else one object.")
        .content(JSON, json_content(whole, Some(read(whole_example))))
        .content(streams::MEDIA_TYPE, streams::content(stream, stream_example))
        .header_ref("X-Cache", headers::place("X-Cache"))
        .header_ref("X-Gateway-Model", headers::place("X-Gateway-Model"))
        .header_ref("X-Reasoning-Visibility", headers::place("X-Reasoning-Visibility"));
    let response = named(response, path);
    let operation = operation.response("200", headers::of(200, true, response).build());
    let places = [Place::Door, Place::Answer, Place::Upstream, Place::Anywhere];
    fails(operation, path, &places)
}

/// A response in JSON.
pub(super) fn told(
    operation: OperationBuilder,
    (status, text): (u16, &str),
    name: &str,
    examples: Option<Value>,
) -> OperationBuilder {
    let content = json_content(schema(name).into(), examples);
    let response = ResponseBuilder::new().description(text).content(JSON, content);
    let response = headers::of(status, false, response);
    operation.response(status.to_string(), response.build())
}

/// Every error that comes from these places, in the shape that clients of this path read.
pub(super) fn fails(operation: OperationBuilder, path: &str, places: &[Place]) -> OperationBuilder {
    let is_guarded = places.contains(&Place::Door);
    by_status(places).into_iter().fold(operation, |operation, (status, rows)| {
        operation.response(status.to_string(), failure(path, status, &rows, is_guarded))
    })
}

fn failure(path: &str, status: u16, rows: &[&Row], is_guarded: bool) -> Response {
    let text = rows.iter().map(|(_, code, _, meaning)| format!("`{code}`: {meaning}"));
    let text = text.collect::<Vec<_>>().join("; ");
    let (media_type, name) = if path == anthropic::PATH {
        (JSON, "MessageProblem")
    } else {
        ("application/problem+json", "Problem")
    };
    let examples = rows.iter().map(|row| {
        let body = made(row).body(REQUEST_ID, path);
        (row.1, ExampleBuilder::new().summary(row.3).value(Some(body)).build())
    });
    let content = ContentBuilder::new().schema(Some(schema(name))).examples_from_iter(examples);
    let response = ResponseBuilder::new().description(text).content(media_type, content.build());
    headers::of(status, is_guarded, named(response, path)).build()
}

/// Anthropic's SDKs look for the request's id under another name.
fn named(response: ResponseBuilder, path: &str) -> ResponseBuilder {
    if path != anthropic::PATH {
        return response;
    }
    response.header_ref("Request-Id", headers::place("Request-Id"))
}

/// For everybody.
pub(super) fn open(operation: OperationBuilder) -> OperationBuilder {
    operation.securities(Some(std::iter::empty::<SecurityRequirement>()))
}

/// For whoever has a key, where the operator has given keys.
pub(super) fn guarded(operation: OperationBuilder) -> OperationBuilder {
    operation.securities(Some(security::either()))
}

fn json_content(schema: RefOr<Schema>, example: Option<Value>) -> Content {
    ContentBuilder::new().schema(Some(schema)).example(example).build()
}

/// An example of this folder; a test reads them all.
fn read(example: &str) -> Value {
    serde_json::from_str(example).unwrap_or_else(|_| json!(example))
}
