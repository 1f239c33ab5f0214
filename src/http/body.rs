//! Reads a request's body: not too much, not too slowly, not encoded.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt;
use tokio::time::timeout;

use super::problem::Problem;

/// How long the body may stall.
const STALL: Duration = Duration::from_secs(10);

/// The whole body.
pub(super) async fn read(
    headers: &HeaderMap,
    mut body: Body,
    limit: usize,
) -> Result<Bytes, Problem> {
    if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(Problem::EncodedBody);
    }
    if announced(headers).is_some_and(|length| length > limit) {
        return Err(Problem::BodyTooLarge(limit));
    }
    let mut whole = BytesMut::new();
    while let Some(frame) = timeout(STALL, body.frame()).await.map_err(|_| Problem::BodyTimeout)? {
        let frame = frame.map_err(|_| Problem::ClientLeft)?;
        let Ok(data) = frame.into_data() else { continue };
        if whole.len() + data.len() > limit {
            return Err(Problem::BodyTooLarge(limit));
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
