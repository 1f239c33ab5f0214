//! The routes that ask for an answer: one way through, whatever the dialect.

use std::future::poll_fn;
use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use http::{HeaderName, HeaderValue, header};
use tokio::sync::OwnedSemaphorePermit;

use super::body;
use super::dialect::{Asked, Dialect};
use super::edge::Context;
use super::event_body::EventBody;
use super::problem::Problem;
use super::router::Gateway;
use crate::relay::caller::Caller;
use crate::relay::serve::Frames;

/// Says whether an answer was given before.
const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

/// Says which model was chosen, where the request named one that stands for several.
const X_GATEWAY_MODEL: HeaderName = HeaderName::from_static("x-gateway-model");

/// Says how much of the reasoning an answer shows: whoever asked for more hears why it does not come.
const X_REASONING_VISIBILITY: HeaderName = HeaderName::from_static("x-reasoning-visibility");

/// `POST /v1/chat/completions`.
pub(super) async fn chat(
    state: State<Arc<Gateway>>,
    context: Extension<Context>,
    request: Request,
) -> Result<Response, Problem> {
    let dialect = Dialect::named_in(request.headers())?;
    answer(dialect, state, context, request).await
}

/// `POST /openai/v1/chat/completions`.
pub(super) async fn openai(
    state: State<Arc<Gateway>>,
    context: Extension<Context>,
    request: Request,
) -> Result<Response, Problem> {
    answer(Dialect::OpenAi, state, context, request).await
}

/// `POST /v1/responses`.
pub(super) async fn responses(
    state: State<Arc<Gateway>>,
    context: Extension<Context>,
    request: Request,
) -> Result<Response, Problem> {
    answer(Dialect::Responses, state, context, request).await
}

/// `POST /v1/messages`.
pub(super) async fn messages(
    state: State<Arc<Gateway>>,
    context: Extension<Context>,
    request: Request,
) -> Result<Response, Problem> {
    answer(Dialect::Messages, state, context, request).await
}

async fn answer(
    dialect: Dialect,
    State(gateway): State<Arc<Gateway>>,
    Extension(context): Extension<Context>,
    mut request: Request,
) -> Result<Response, Problem> {
    if gateway.is_draining() {
        return Err(Problem::ShuttingDown);
    }
    let permit =
        Arc::clone(&gateway.streams).try_acquire_owned().map_err(|_| Problem::Overloaded)?;
    // Every path but the open ones has passed the check of who asks.
    let caller = request.extensions_mut().remove::<Caller>().ok_or(Problem::Internal)?;
    let mut asked = dialect.read(&whole_body(&gateway, request).await?, context.clone())?;
    asked.request.summaries.limit(gateway.config.visibility);
    gateway.config.allow(&asked.request)?;
    context.relay();
    let is_stream = asked.request.stream;
    let Asked { request, encoder } = asked;
    let frames = gateway.relay.serve(request, &caller, encoder).await.map_err(Problem::from)?;
    let repeated = frames.is_repeated();
    let visibility = HeaderValue::from_static(frames.visibility().as_str());
    let chosen = frames.chosen().and_then(|model| HeaderValue::from_bytes(model.as_bytes()).ok());
    let mut response = if is_stream {
        stream(frames, dialect.keep_alive(), permit)
    } else {
        let json = [(header::CONTENT_TYPE, "application/json")];
        (json, gather(frames).await).into_response()
    };
    response.headers_mut().insert(X_REASONING_VISIBILITY, visibility);
    if let Some(repeated) = repeated {
        let value = HeaderValue::from_static(if repeated { "HIT" } else { "MISS" });
        response.headers_mut().insert(X_CACHE, value);
    }
    if let Some(chosen) = chosen {
        response.headers_mut().insert(X_GATEWAY_MODEL, chosen);
    }
    Ok(response)
}

/// The request itself ends here: its head would keep the connection's buffer as long as the answer lasts.
async fn whole_body(gateway: &Gateway, request: Request) -> Result<Bytes, Problem> {
    let (parts, body) = request.into_parts();
    body::read(&parts.headers, body, gateway.config.max_body_bytes).await
}

fn stream(frames: Frames, keep_alive: Bytes, permit: OwnedSemaphorePermit) -> Response {
    (stream_headers(), Body::new(EventBody::new(frames, keep_alive, permit))).into_response()
}

async fn gather(mut frames: Frames) -> Body {
    let mut whole = BytesMut::new();
    while let Some(frame) = poll_fn(|cx| frames.poll_next(cx)).await {
        whole.extend_from_slice(&frame);
    }
    whole.freeze().into()
}

/// Proxies must neither keep, compress nor hold back a stream.
fn stream_headers() -> impl axum::response::IntoResponseParts {
    [
        (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache, no-transform"),
        (http::HeaderName::from_static("x-accel-buffering"), "no"),
    ]
}
