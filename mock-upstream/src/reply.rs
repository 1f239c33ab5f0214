//! A response that is known as a whole before its first byte is sent.

use serde_json::{Value, json};

use crate::fault::as_text;

/// Status, headers and body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let body = body.to_string().into_bytes();
        Self { status, content_type: "application/json", headers: Vec::new(), body }
    }

    /// A body from a script: text as it is, anything else as JSON.
    pub(crate) fn scripted(status: u16, body: &Value) -> Self {
        let content_type =
            if body.is_string() { "text/plain; charset=utf-8" } else { "application/json" };
        Self { status, content_type, headers: Vec::new(), body: as_text(body).into_bytes() }
    }

    /// An error in `OpenAI`'s shape.
    pub(crate) fn error(status: u16, param: Option<&str>, message: &str) -> Self {
        Self::json(status, &error_object(status, param, message))
    }

    pub(crate) fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// The error object of a status.
pub(crate) fn error_object(status: u16, param: Option<&str>, message: &str) -> Value {
    let (kind, code) = match status {
        401 | 403 => ("authentication_error", Some("invalid_api_key")),
        404 => ("invalid_request_error", Some("not_found")),
        429 => ("rate_limit_error", Some("rate_limit_exceeded")),
        400..=499 => ("invalid_request_error", None),
        _ => ("server_error", None),
    };
    json!({"error": {"message": message, "type": kind, "param": param, "code": code}})
}

/// The reason phrase that goes with a status.
pub(crate) const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        529 => "Overloaded",
        _ => "Status",
    }
}
