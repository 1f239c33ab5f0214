//! What headers say, in requests and in responses.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Header, HeaderBuilder, Ref, Required, ResponseBuilder};

/// Every header of a response: its name, what kind of value it has, and what that says.
const HEADERS: &[(&str, Type, &str)] = &[
    (
        "X-Request-Id",
        Type::String,
        "The request's id: the client's own, if it is plain, or a new one.",
    ),
    ("Retry-After", Type::Integer, "Seconds to wait before asking again."),
    ("WWW-Authenticate", Type::String, "`Bearer`: how a key may be sent."),
    (
        "X-Should-Retry",
        Type::String,
        "`false`: the gateway has asked again already, or it is hopeless.",
    ),
    (
        "X-Cache",
        Type::String,
        "`HIT` for an answer that was given before, else `MISS`; only where the gateway keeps answers.",
    ),
    (
        "X-Gateway-Model",
        Type::String,
        "The model that was chosen, where the request's name stands for several.",
    ),
    (
        "X-Reasoning-Visibility",
        Type::String,
        "How much of the reasoning the answer shows: `raw`, `summary`, or `none`, and then no summary of it comes.",
    ),
    ("Request-Id", Type::String, "The same as `X-Request-Id`, by Anthropic's name."),
    (
        "RateLimit-Policy",
        Type::String,
        "The limits of the caller (draft-ietf-httpapi-ratelimit-headers).",
    ),
    ("RateLimit", Type::String, "What is left of them."),
    ("X-RateLimit-Limit-Requests", Type::Integer, "Requests that the caller may make in a minute."),
    ("X-RateLimit-Remaining-Requests", Type::Integer, "Requests that are left."),
    ("X-RateLimit-Reset-Requests", Type::String, "When all are there again, such as `6m0s`."),
    ("X-RateLimit-Limit-Tokens", Type::Integer, "Tokens that the caller may use in a minute."),
    ("X-RateLimit-Remaining-Tokens", Type::Integer, "Tokens that are left."),
    ("X-RateLimit-Reset-Tokens", Type::String, "When all are there again, such as `120ms`."),
    ("X-RateLimit-Limit-Tokens-Day", Type::Integer, "Tokens of a day, where they are spent."),
    ("X-RateLimit-Remaining-Tokens-Day", Type::Integer, "`0`: none is left."),
    ("X-RateLimit-Reset-Tokens-Day", Type::String, "When the next day begins, at midnight UTC."),
    ("X-RateLimit-Limit-Concurrency", Type::Integer, "Answers at once, where as many are open."),
    ("X-RateLimit-Remaining-Concurrency", Type::Integer, "`0`: none more may be opened."),
    ("X-RateLimit-Reset-Concurrency", Type::String, "When to ask again."),
];

/// All of them, by their names.
pub(super) fn all() -> impl Iterator<Item = (&'static str, Header)> {
    HEADERS.iter().map(|(name, kind, text)| {
        let schema = ObjectBuilder::new().schema_type(kind.clone());
        (*name, HeaderBuilder::new().schema(Some(schema)).description(Some(*text)).build())
    })
}

/// Which headers a response of this status may have.
pub(super) fn of(status: u16, is_guarded: bool, response: ResponseBuilder) -> ResponseBuilder {
    let names = HEADERS.iter().map(|(name, ..)| *name);
    names
        .filter(|name| belongs(name, status, is_guarded))
        .fold(response, |response, name| response.header_ref(name, place(name)))
}

/// Where the document describes a header.
pub(super) fn place(name: &str) -> Ref {
    Ref::new(format!("#/components/headers/{name}"))
}

fn belongs(name: &str, status: u16, is_guarded: bool) -> bool {
    match name {
        "X-Request-Id" => true,
        "Retry-After" => matches!(status, 429 | 503),
        "WWW-Authenticate" => status == 401,
        "X-Should-Retry" => matches!(status, 409 | 429 | 500..),
        "X-Cache" | "X-Gateway-Model" | "X-Reasoning-Visibility" | "Request-Id" => false,
        name if name.ends_with("-Tokens-Day") || name.ends_with("-Concurrency") => {
            is_guarded && status == 429
        }
        // The rest tells limits, to whoever got through the door or was turned away by one.
        _ => is_guarded && !matches!(status, 401 | 431 | 500),
    }
}

/// A header that a client may send.
pub(super) fn sent(name: &str, text: &str, words: &[&str]) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String);
    let schema = if words.is_empty() { schema } else { schema.enum_values(Some(words.to_vec())) };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(text))
        .schema(Some(schema))
        .build()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::HEADERS;
    use crate::http::cors::EXPOSED;

    #[test]
    fn pages_of_other_origins_may_read_what_is_described() {
        let described: BTreeSet<_> = HEADERS.iter().map(|(name, ..)| name.to_lowercase()).collect();
        assert_eq!(described, BTreeSet::from(EXPOSED.map(str::to_owned)));
    }
}
