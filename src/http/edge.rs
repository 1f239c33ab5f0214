//! What every request passes first: its id, its log line, and the rendering of problems.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue};
use tokio::time::Instant;
use tracing::{debug, info};

use super::problem::Problem;
use super::request_id::{HEADER, request_id};

/// The most bytes of headers. The connection's own limit is coarser: it counts what one read brings.
const MAX_HEADER_BYTES: usize = 32 * 1024;

/// What handlers know of the request they serve.
#[derive(Debug, Clone)]
pub(super) struct Context {
    /// Its id.
    pub(super) request_id: String,
    /// When it arrived.
    pub(super) arrived: Instant,
}

/// Marks a response whose log line the relay writes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Relayed;

/// The outermost layer.
pub(super) async fn edge(mut request: Request, next: Next) -> Response {
    let context = Context { request_id: request_id(request.headers()), arrived: Instant::now() };
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    request.extensions_mut().insert(context.clone());
    let mut response = if header_bytes(request.headers()) > MAX_HEADER_BYTES {
        Problem::HeadTooLarge(MAX_HEADER_BYTES).into_response()
    } else {
        next.run(request).await
    };
    let relayed = response.extensions().get::<Relayed>().is_some();
    let problem = response.extensions_mut().remove::<Problem>();
    if let Some(problem) = &problem {
        let rendered = problem.render(&context.request_id, &path);
        // Headers of the inner layers (CORS, Allow) stay.
        let (mut parts, body) = rendered.into_parts();
        for (name, value) in response.headers() {
            parts.headers.entry(name).or_insert_with(|| value.clone());
        }
        response = Response::from_parts(parts, body);
    }
    if let Ok(id) = HeaderValue::from_str(&context.request_id) {
        response.headers_mut().insert(HEADER, id);
    }
    if !relayed {
        let code = problem.as_ref().map_or("ok", Problem::code);
        log(&context, method.as_str(), &path, response.status().as_u16(), code);
    }
    response
}

/// The headers as they came: name, colon, blank, value, line end.
fn header_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}

fn log(context: &Context, method: &str, path: &str, status: u16, code: &str) {
    let request_id = context.request_id.as_str();
    let took_ms = u64::try_from(context.arrived.elapsed().as_millis()).unwrap_or(u64::MAX);
    // A probe's success every few seconds is no news.
    if status < 400 && method == "GET" {
        debug!(request_id, method, path, status, code, took_ms, "{method} {path}: {status} {code}");
    } else {
        info!(request_id, method, path, status, code, took_ms, "{method} {path}: {status} {code}");
    }
}
