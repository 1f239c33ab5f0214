//! Every error that a client may be told: its status, its code, and what it means.
//!
//! A test compares the table with the code that makes errors.

use std::borrow::Cow;
use std::collections::BTreeMap;

use reasoning_stream::Stage;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::http::problem::{FieldError, Problem};
use crate::relay::failure::Failure;

/// Where an error can come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// From the connection, at every path.
    Anywhere,
    /// From a path or a method that does not exist.
    Nowhere,
    /// From whoever asks for a key.
    Door,
    /// From a request for an answer.
    Answer,
    /// From a model server, before an answer or a list of models.
    Upstream,
    /// From whatever is told in an event alone.
    Event,
}

/// One error.
pub(super) type Row = (u16, &'static str, Place, &'static str);

pub(super) const ERRORS: &[Row] = &[
    (400, "invalid_json", Place::Answer, "the body is not JSON"),
    (400, "model_not_allowed", Place::Answer, "the gateway's settings do not list the model"),
    (401, "missing_api_key", Place::Door, "send a key"),
    (401, "invalid_api_key", Place::Door, "there is no such key"),
    (401, "expired_api_key", Place::Door, "the key has expired"),
    (403, "model_forbidden", Place::Answer, "the key does not allow the model"),
    (404, "not_found", Place::Nowhere, "there is nothing at this path"),
    (404, "model_not_found", Place::Answer, "nobody serves the model"),
    (405, "method_not_allowed", Place::Nowhere, "the path knows other methods: see `Allow`"),
    (408, "body_timeout", Place::Answer, "the body stopped arriving"),
    (413, "body_too_large", Place::Answer, "the body has too many bytes"),
    (415, "unsupported_encoding", Place::Answer, "send the body without `Content-Encoding`"),
    (422, "invalid_request", Place::Answer, "members are wrong: each is named"),
    (422, "context_length_exceeded", Place::Answer, "the prompt has too many tokens"),
    (
        422,
        "no_model_fits",
        Place::Answer,
        "none of the models that the name stands for offers this",
    ),
    (429, "rate_limit_exceeded", Place::Door, "too many requests or tokens in a minute"),
    (429, "concurrency_limit_exceeded", Place::Answer, "too many of the caller's answers are open"),
    (429, "budget_exceeded", Place::Answer, "the tokens of the day are spent"),
    (431, "head_too_large", Place::Anywhere, "the headers have too many bytes"),
    (500, "internal", Place::Anywhere, "the gateway has a defect; its log says more"),
    (503, "overloaded", Place::Answer, "too many answers are open: ask again in a moment"),
    (503, "shutting_down", Place::Answer, "the gateway stops: ask another one"),
    (400, "upstream_refused", Place::Upstream, "the model server takes no such request"),
    (413, "upstream_refused", Place::Upstream, "the request is too large for the model server"),
    (422, "upstream_refused", Place::Upstream, "the model server takes no such request"),
    (502, "upstream_refused", Place::Upstream, "the model server refused for another reason"),
    (404, "upstream_not_found", Place::Upstream, "the model server knows no such model or path"),
    (429, "upstream_busy", Place::Upstream, "the model server is busy: see `Retry-After`"),
    (409, "upstream_failed", Place::Upstream, "the model server is in conflict with itself"),
    (502, "upstream_failed", Place::Upstream, "the model server failed"),
    (503, "upstream_failed", Place::Upstream, "the model server is overloaded or away"),
    (504, "upstream_failed", Place::Upstream, "the model server timed out"),
    (502, "upstream_dns", Place::Upstream, "the model server's name has no address"),
    (502, "upstream_connect", Place::Upstream, "the model server can't be reached"),
    (502, "upstream_tls", Place::Upstream, "the model server's certificate is not trusted"),
    (502, "upstream_auth", Place::Upstream, "the model server does not take the gateway's key"),
    (502, "upstream_reset", Place::Upstream, "the model server broke off"),
    (502, "upstream_truncated", Place::Upstream, "the model server ended too early"),
    (502, "upstream_protocol", Place::Upstream, "the model server sent what can't be read"),
    (502, "upstream_empty", Place::Upstream, "the model server sent nothing"),
    (502, "upstream_line_too_long", Place::Upstream, "the model server sent too long a line"),
    (502, "upstream_redirect", Place::Upstream, "the model server has moved"),
    (503, "upstream_quota", Place::Upstream, "the gateway's quota at the model server is spent"),
    (503, "circuit_open", Place::Upstream, "the model keeps failing: it is left alone for a while"),
    (503, "upstream_asleep", Place::Upstream, "the model's endpoint sleeps, and wakes too slowly"),
    (504, "upstream_timeout", Place::Upstream, "the model server said nothing for too long"),
    (504, "deadline_exceeded", Place::Upstream, "the answer took too long"),
    (502, "reasoning_limit", Place::Upstream, "the model thought for too long"),
    (502, "output_limit", Place::Upstream, "the answer is too long"),
    (422, "unsupported", Place::Event, "the model's server can't be told one of the members"),
    (502, "summary_empty", Place::Event, "the summary model said nothing"),
    (502, "summary_quotes", Place::Event, "the summary quoted the reasoning"),
    (502, "summary_filtered", Place::Event, "a filter cut the summary off"),
    (504, "summary_late", Place::Event, "the summary took longer than the answer may wait"),
];

/// The status and the text of each response that tells errors of these places, and their codes.
pub(super) fn by_status(places: &[Place]) -> BTreeMap<u16, Vec<&'static Row>> {
    let mut found: BTreeMap<u16, Vec<&Row>> = BTreeMap::new();
    for row in ERRORS.iter().filter(|(_, _, place, _)| places.contains(place)) {
        found.entry(row.0).or_default().push(row);
    }
    found
}

/// An error of this row, as the gateway itself would make it.
pub(super) fn made(&(status, code, place, meaning): &Row) -> Problem {
    let message = || "expected a number from 0 to 2, got 3".to_owned();
    let wrong = || FieldError { field: "temperature".to_owned(), message: message() };
    match code {
        "invalid_json" => Problem::InvalidJson("the body ends too early (line 1, column 9)".into()),
        "invalid_request" => Problem::InvalidFields(vec![wrong()]),
        "model_not_allowed" => Problem::ModelNotAllowed("model"),
        "body_too_large" => Problem::BodyTooLarge(10 * 1024 * 1024),
        "head_too_large" => Problem::HeadTooLarge(32 * 1024),
        "body_timeout" => Problem::BodyTimeout,
        "unsupported_encoding" => Problem::EncodedBody,
        "overloaded" => Problem::Overloaded,
        "shutting_down" => Problem::ShuttingDown,
        "internal" => Problem::Internal,
        _ => Problem::Failed(failure(status, code, place, meaning)),
    }
}

fn failure(status: u16, code: &'static str, place: Place, meaning: &str) -> Failure {
    let stage = match place {
        Place::Upstream => Stage::UpstreamStream,
        Place::Event => Stage::ReasoningSummary,
        Place::Anywhere | Place::Nowhere | Place::Door | Place::Answer => Stage::Gateway,
    };
    let retryable = matches!(status, 429 | 502..=504);
    let message = meaning.to_owned();
    Failure { stage, status, code, message, retryable, ..Failure::internal() }
}

/// A stable identifier of an error.
pub(super) struct ErrorCode;

impl PartialSchema for ErrorCode {
    fn schema() -> RefOr<Schema> {
        let mut codes = BTreeMap::new();
        for (_, code, _, meaning) in ERRORS {
            codes.entry(*code).or_insert(*meaning);
        }
        let told = codes.iter().map(|(code, meaning)| format!("- `{code}`: {meaning}"));
        let told = told.collect::<Vec<_>>().join("\n");
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(format!("A stable identifier:\n\n{told}")))
            .enum_values(Some(codes.into_keys()))
            .build()
            .into()
    }
}

impl ToSchema for ErrorCode {
    fn name() -> Cow<'static, str> {
        "ErrorCode".into()
    }
}
