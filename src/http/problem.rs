//! Every error as a body: RFC 9457 problem details that OpenAI's SDKs can read too.

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use reasoning_stream::{OpenAiError, Stage};
use serde_json::{Value, json};

use super::anthropic;
use crate::relay::failure::Failure;

/// Everything that can be wrong with a request, or happen to it before its answer begins.
#[derive(Debug, Clone)]
pub(super) enum Problem {
    /// The body is not JSON.
    InvalidJson(String),
    /// Members that don't hold what they should.
    InvalidFields(Vec<FieldError>),
    /// The model that this member names is not on the list.
    ModelNotAllowed(&'static str),
    /// The body has more bytes than this.
    BodyTooLarge(usize),
    /// The headers have more bytes than this.
    HeadTooLarge(usize),
    /// The body did not come in time.
    BodyTimeout,
    /// The body broke off: nobody reads this any more, but the log.
    ClientLeft,
    /// The body is encoded.
    EncodedBody,
    /// No such path.
    NotFound,
    /// The path knows other methods.
    MethodNotAllowed,
    /// Too many answers are open.
    Overloaded,
    /// The gateway stops.
    ShuttingDown,
    /// The gateway has a defect.
    Internal,
    /// The relay could not answer.
    Failed(Failure),
}

/// One member that does not hold what it should.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct FieldError {
    /// Where it is, such as `messages[1].role`.
    pub(super) field: String,
    /// What came, and what was expected.
    pub(super) message: String,
}

/// The parts of a problem's body that depend on its kind.
struct Shape {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: String,
}

impl Problem {
    fn shape(&self) -> Shape {
        let (status, code, title, detail) = match self {
            Self::InvalidJson(detail) => {
                (400, "invalid_json", "The body is not valid JSON", detail.clone())
            }
            Self::InvalidFields(errors) => {
                (422, "invalid_request", "The request is not valid", named(errors))
            }
            Self::ModelNotAllowed(_) => {
                (400, "model_not_allowed", "The model is not allowed", "Model not allowed".into())
            }
            Self::BodyTooLarge(limit) => {
                let detail = format!("the body may have at most {limit} bytes");
                (413, "body_too_large", "The body is too large", detail)
            }
            Self::HeadTooLarge(limit) => {
                let detail = format!("the headers may have at most {limit} bytes");
                (431, "head_too_large", "The headers are too large", detail)
            }
            Self::BodyTimeout => {
                let detail = "the body stopped arriving".into();
                (408, "body_timeout", "The body did not arrive in time", detail)
            }
            Self::ClientLeft => {
                (499, "client_left", "The client left", "the body broke off".into())
            }
            Self::EncodedBody => {
                let detail = "send the body as it is, without Content-Encoding".into();
                (415, "unsupported_encoding", "The body is encoded", detail)
            }
            Self::NotFound => (404, "not_found", "There is nothing at this path", routes()),
            Self::MethodNotAllowed => {
                (405, "method_not_allowed", "The path does not know this method", routes())
            }
            Self::Overloaded => {
                let detail = "too many answers are open; try again in a moment".into();
                (503, "overloaded", "The gateway is overloaded", detail)
            }
            Self::ShuttingDown => {
                let detail = "the gateway is shutting down".into();
                (503, "shutting_down", "The gateway is shutting down", detail)
            }
            Self::Internal => {
                let detail = "the gateway failed; its log says more".into();
                (500, "internal", "The gateway failed", detail)
            }
            Self::Failed(failure) => {
                (failure.status, failure.code, title(failure), failure.message.clone())
            }
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Shape { status, code, title, detail }
    }

    /// The HTTP status.
    pub(super) fn status(&self) -> u16 {
        self.shape().status.as_u16()
    }

    /// The stable identifier, for the log.
    pub(super) fn code(&self) -> &'static str {
        self.shape().code
    }

    /// The whole response.
    pub(super) fn render(&self, request_id: &str, path: &str) -> Response {
        let media_type = HeaderValue::from_static(Self::media_type(path));
        let status = self.shape().status;
        let mut response = (status, Json(self.body(request_id, path))).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, media_type);
        self.add_headers(&mut response);
        response
    }

    /// What problems of this path are, to the client.
    fn media_type(path: &str) -> &'static str {
        if anthropic::is_at(path) { "application/json" } else { "application/problem+json" }
    }

    /// The body, in the shape that clients of this path read.
    pub(super) fn body(&self, request_id: &str, path: &str) -> Value {
        let Shape { status, code, title, detail } = self.shape();
        let errors = self.field_errors();
        let message = if errors.is_empty() { detail.clone() } else { explained(errors) };
        if anthropic::is_at(path) {
            return anthropic::problem::body(status.as_u16(), code, &message, request_id);
        }
        let mut body = json!({
            "type": format!("urn:inference-gateway:problem:{code}"),
            "title": title,
            "status": status.as_u16(),
            "detail": detail,
            "instance": path,
            "request_id": request_id,
            "code": code,
            "error": {"message": message, "type": OpenAiError::kind_of(status.as_u16()), "param": self.param(), "code": code},
        });
        if !errors.is_empty() {
            body["errors"] = json!(errors);
        }
        body
    }

    /// The wrong members, if that is the problem.
    pub(super) fn field_errors(&self) -> &[FieldError] {
        if let Self::InvalidFields(errors) = self { errors } else { &[] }
    }

    /// The first member that is at fault.
    fn param(&self) -> Option<&str> {
        if let Self::ModelNotAllowed(field) = self {
            return Some(field);
        }
        self.field_errors().first().map(|error| error.field.as_str())
    }

    fn add_headers(&self, response: &mut Response) {
        let headers = response.headers_mut();
        if let Some(wait) = self.retry_after() {
            // Rounded up: a client that comes too early has come for nothing.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, seconds.max(1).into());
        }
        if self.status() == 401 {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.is_settled() {
            headers.insert("x-should-retry", HeaderValue::from_static("false"));
        }
    }

    /// Whether SDKs, which ask again by themselves, should not: the gateway has asked again already,
    /// or asking again is hopeless.
    fn is_settled(&self) -> bool {
        let Self::Failed(failure) = self else { return false };
        failure.stage == Stage::UpstreamStream && (failure.retryable || failure.status >= 500)
    }

    fn retry_after(&self) -> Option<Duration> {
        if let Self::Failed(failure) = self {
            return failure.retry_after;
        }
        matches!(self, Self::Overloaded | Self::ShuttingDown).then_some(Duration::from_secs(1))
    }
}

/// A failure of the relay that names a member is told like one that was found here.
impl From<Failure> for Problem {
    fn from(mut failure: Failure) -> Self {
        match failure.field.take() {
            Some(field) => {
                Self::InvalidFields(vec![FieldError { field, message: failure.message }])
            }
            None => Self::Failed(failure),
        }
    }
}

/// Until the edge renders it, a problem is an empty response that carries it.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.shape().status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

fn title(failure: &Failure) -> &'static str {
    match (failure.stage, failure.status) {
        (Stage::Gateway, 401) => "A key is needed",
        (Stage::Gateway, 403) => "The key does not allow this",
        (Stage::Gateway, 422) => "The request is not valid",
        (Stage::Gateway, 429) => "A limit is reached",
        (_, 429) => "The upstream is busy",
        _ => "The answer failed",
    }
}

fn named(errors: &[FieldError]) -> String {
    let mut fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
    fields.dedup();
    format!("these members are not valid: {}", fields.join(", "))
}

fn explained(errors: &[FieldError]) -> String {
    let lines = errors.iter().map(|error| format!("{}: {}", error.field, error.message));
    lines.collect::<Vec<_>>().join("; ")
}

fn routes() -> String {
    format!("the paths are {}", super::router::ROUTES.join(", "))
}
