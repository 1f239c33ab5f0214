//! The API reference: an OpenAPI 3.1 document, described here and written out once.
//!
//! ```text
//!  schemas (chat, events, …) ─┐
//!  errors, headers, security ─┼──▶ operation ──▶ operations ──▶ document ──▶ GET /openapi.json
//!  texts/, examples/ ─────────┘
//! ```
//!
//! Requests are read, and answers written, without this: tests of the whole gateway compare both.

mod chat;
mod completion;
mod errors;
mod events;
mod headers;
mod members;
mod message;
mod message_request;
mod operation;
mod operations;
mod response;
mod response_request;
mod security;
mod service;
mod streams;
mod words;

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use http::HeaderMap;
use utoipa::OpenApi;
use utoipa::openapi::path::{PathItem, PathsBuilder};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Components, InfoBuilder, OpenApi as Document, ServerBuilder};

use super::asset::{Asset, JSON};
use super::router::Gateway;

/// Every schema that a request or an answer is made of.
#[derive(OpenApi)]
#[openapi(components(schemas(
    chat::ChatRequest,
    response_request::ResponseRequest,
    message_request::MessageRequest,
    events::PromptSummary,
    events::ReasoningSummaryDelta,
    events::ReasoningSummary,
    events::ReasoningDelta,
    events::OutputDelta,
    events::OutputDone,
    events::ErrorEvent,
    completion::SummarisedCompletion,
    completion::ChatCompletion,
    completion::Chunk,
    completion::ChunkError,
    response::Response,
    response::ResponseEvent,
    message::Message,
    message::MessageEvent,
    message::MessageProblem,
    service::ModelList,
    service::Liveness,
    service::Readiness,
    service::UpstreamHealth,
    service::Problem,
)))]
struct Schemas;

/// The document of one gateway, once somebody has asked for it.
struct Reference {
    /// The paths that this gateway does not serve.
    absent: Vec<&'static str>,
    written: OnceLock<Asset>,
}

/// The document's route; it leaves out the paths that are `absent`.
pub(super) fn routes(absent: Vec<&'static str>) -> Router<Arc<Gateway>> {
    let reference = Arc::new(Reference { absent, written: OnceLock::new() });
    Router::new().route("/openapi.json", get(show).with_state(reference))
}

async fn show(State(reference): State<Arc<Reference>>, headers: HeaderMap) -> Response {
    let written = reference.written.get_or_init(|| {
        let document = serde_json::to_value(document(&reference.absent));
        let mut document = document.expect("a document's keys are texts");
        members::describe(&mut document["components"]["schemas"]);
        Asset::new("openapi.json", JSON, Bytes::from(document.to_string()))
    });
    written.answer(&headers)
}

fn document(absent: &[&str]) -> Document {
    let mut document = Schemas::openapi();
    document.info = InfoBuilder::new()
        .title("Inference Gateway")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(include_str!("reference/texts/intro.md")))
        .build();
    // Relative: a proxy may serve all of it below a path of its own.
    document.servers = Some(vec![ServerBuilder::new().url("./").build()]);
    document.tags = Some(tags());
    document.security = Some(security::either().into());
    document.components = document.components.map(with_parts);
    let rows = operations::all().into_iter().filter(|(path, ..)| !absent.contains(path));
    let paths = rows.fold(PathsBuilder::new(), |paths, (path, method, operation)| {
        paths.path(path, PathItem::new(method, operation))
    });
    document.paths = paths.build();
    document
}

fn with_parts(mut components: Components) -> Components {
    let streams = streams::schemas().map(|(name, schema)| (name.to_owned(), schema.into()));
    components.schemas.extend(streams);
    let headers = headers::all().map(|(name, header)| (name.to_owned(), header.into()));
    components.headers.extend(headers);
    let schemes = security::schemes().map(|(name, scheme)| (name.to_owned(), scheme.into()));
    components.security_schemes.extend(schemes);
    components
}

fn tags() -> Vec<utoipa::openapi::Tag> {
    let tags = [
        ("Answers", "Ask a model, in the format that the client knows."),
        ("Gateway", "Models, health and metrics."),
        ("Pages", "What people look at."),
    ];
    let tag = |(name, text)| TagBuilder::new().name(name).description(Some(text)).build();
    tags.map(tag).into()
}
