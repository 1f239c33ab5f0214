//! `POST /v1/chat/completions`.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use http::header;
use tokio::sync::OwnedSemaphorePermit;

use super::dialect::SummaryDialect;
use super::edge::Context;
use super::event_body::EventBody;
use super::problem::Problem;
use super::router::Gateway;
use super::whole::Whole;
use super::{body, validate};
use crate::relay::outbox::Encoder;
use crate::relay::request::ChatRequest;
use crate::relay::serve::Frames;

/// Answers one chat request.
pub(super) async fn chat(
    State(gateway): State<Arc<Gateway>>,
    Extension(context): Extension<Context>,
    request: Request,
) -> Result<Response, Problem> {
    if gateway.is_draining() {
        return Err(Problem::ShuttingDown);
    }
    let permit =
        Arc::clone(&gateway.streams).try_acquire_owned().map_err(|_| Problem::Overloaded)?;
    let (parts, body) = request.into_parts();
    let body = body::read(&parts.headers, body, gateway.config.max_body_bytes).await?;
    let request = validate::parse(&body, context.clone())?;
    gateway.config.allow(&request)?;
    context.relay();
    if request.stream {
        Ok(stream(&gateway, request, permit).await)
    } else {
        Ok(whole(&gateway, request).await)
    }
}

async fn stream(gateway: &Gateway, request: ChatRequest, permit: OwnedSemaphorePermit) -> Response {
    match gateway.relay.serve(request, Box::new(SummaryDialect)).await {
        Ok(frames) => (stream_headers(), Body::new(EventBody::new(frames, permit))).into_response(),
        Err(failure) => Problem::Failed(failure).into_response(),
    }
}

async fn whole(gateway: &Gateway, request: ChatRequest) -> Response {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let encoder: Box<dyn Encoder> = Box::new(Whole::new(request.model.clone(), now.as_secs()));
    match gateway.relay.serve(request, encoder).await {
        Ok(frames) => {
            ([(header::CONTENT_TYPE, "application/json")], gather(frames).await).into_response()
        }
        Err(failure) => Problem::Failed(failure).into_response(),
    }
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
