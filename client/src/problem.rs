//! An HTTP error's body: RFC 9457 problem details, OpenAI's error object, or whatever came.
//!
//! Members of the wrong type are ignored, as the RFC asks; a body that says nothing that is
//! understood is quoted instead, up to [`EXCERPT_CHARS`].

use std::fmt;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde_json::Value;

use crate::http;

/// More of a body than this is not read.
const BODY_LIMIT: usize = 64 * 1024;
/// More of a body that is not understood is not quoted.
const EXCERPT_CHARS: usize = 200;
/// More wrong fields are not listed.
const FIELD_LIMIT: usize = 100;

/// Why a server said no.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// What kind of problem it is, in a few words.
    pub title: Option<String>,
    /// What happened this time.
    pub detail: Option<String>,
    /// A stable identifier.
    pub code: Option<String>,
    /// Which members of the request are wrong, and why.
    pub errors: Vec<FieldError>,
    /// The request's id, for whoever reads the server's log.
    pub request_id: Option<String>,
    /// When to come back: seconds or a date, as the server gave it.
    pub retry_after: Option<String>,
}

/// One wrong member of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The member, such as `messages[0].role`.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl Problem {
    /// Reads an answer whose status is not a success.
    pub(crate) async fn read(response: Response) -> Self {
        let status = response.status();
        let mut problem = Self {
            status: status.as_u16(),
            request_id: header(response.headers(), "x-request-id"),
            retry_after: header(response.headers(), RETRY_AFTER.as_str()),
            ..Self::default()
        };
        if status.is_redirection() {
            problem.detail = header(response.headers(), "location")
                .map(|location| format!("it redirects to {location}, which is not followed"));
        }
        let body = http::body(response, BODY_LIMIT).await.unwrap_or_default();
        problem.learn(&body);
        problem
    }

    /// Takes from a body what it says and what is not known yet.
    fn learn(&mut self, body: &[u8]) {
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let error = &json["error"];
        let one_of = |candidates: [&Value; 4]| candidates.into_iter().find_map(text);
        self.title = text(&json["title"]);
        self.detail = self
            .detail
            .take()
            .or_else(|| one_of([&json["detail"], &error["message"], &json["message"], error]));
        self.code = text(&json["code"]).or_else(|| text(&error["code"]));
        self.request_id = self.request_id.take().or_else(|| text(&json["request_id"]));
        self.errors = fields(&json["errors"]);
        if self.title.is_none() && self.detail.is_none() && self.errors.is_empty() {
            self.detail = excerpt(body);
        }
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn fields(errors: &Value) -> Vec<FieldError> {
    let read = |error: &Value| {
        Some(FieldError { field: text(&error["field"])?, message: text(&error["message"])? })
    };
    errors.as_array().into_iter().flatten().filter_map(read).take(FIELD_LIMIT).collect()
}

fn excerpt(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let quoted: String = text.trim().chars().take(EXCERPT_CHARS).collect();
    (!quoted.is_empty()).then_some(quoted)
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        let reason = StatusCode::from_u16(self.status).ok().and_then(|s| s.canonical_reason());
        if let Some(title) = self.title.as_deref().or(reason) {
            write!(f, " {title}")?;
        }
        if let Some(detail) = &self.detail {
            write!(f, ": {detail}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{EXCERPT_CHARS, Problem};

    fn learnt(status: u16, body: &str) -> Problem {
        let mut problem = Problem { status, ..Problem::default() };
        problem.learn(body.as_bytes());
        problem
    }

    #[test]
    fn says_what_the_body_says() {
        let long = "x".repeat(EXCERPT_CHARS + 1);
        let quoted = format!("502 Bad Gateway: {}", "x".repeat(EXCERPT_CHARS));
        for (case, status, body, said) in [
            ("problem", 422, r#"{"title":"Invalid","detail":"no model"}"#, "422 Invalid: no model"),
            ("no detail", 429, r#"{"title":"Slow down"}"#, "429 Slow down"),
            ("OpenAI", 401, r#"{"error":{"message":"bad key"}}"#, "401 Unauthorized: bad key"),
            ("text error", 400, r#"{"error":"bad"}"#, "400 Bad Request: bad"),
            ("message", 404, r#"{"message":"gone"}"#, "404 Not Found: gone"),
            (
                "wrong types",
                400,
                r#"{"title":7,"detail":[1]}"#,
                r#"400 Bad Request: {"title":7,"detail":[1]}"#,
            ),
            ("plain text", 502, " broken\n", "502 Bad Gateway: broken"),
            ("long text", 502, &long, &quoted),
            ("nothing", 500, "", "500 Internal Server Error"),
            ("unknown status", 799, "", "799"),
        ] {
            assert_eq!(learnt(status, body).to_string(), said, "{case}");
        }
    }

    #[test]
    fn lists_fields_that_are_wrong() {
        let body = r#"{"errors":[{"field":"model","message":"is required"},{"field":1},7]}"#;
        let errors = learnt(422, body).errors;
        assert_eq!(errors.len(), 1);
        assert_eq!((&*errors[0].field, &*errors[0].message), ("model", "is required"));
    }
}
