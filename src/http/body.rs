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
/// How long the whole of it may take: one that comes in drops keeps others out as well.
const UPLOAD: Duration = Duration::from_secs(120);

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
    let received = timeout(UPLOAD, receive(&mut body, limit)).await;
    received.map_err(|_| Problem::BodyTimeout)?
}

async fn receive(body: &mut Body, limit: usize) -> Result<Bytes, Problem> {
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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::time::Duration;

    use axum::body::Body;
    use bytes::Bytes;
    use futures::{StreamExt, stream};
    use http::HeaderMap;
    use tokio::time::{Instant, sleep};

    use super::read;
    use crate::http::problem::Problem;

    /// A body of `count` bytes, one every `pause`.
    fn drops(count: usize, pause: Duration) -> Body {
        Body::from_stream(stream::iter(0..count).then(move |_| async move {
            sleep(pause).await;
            Ok::<_, Infallible>(Bytes::from_static(b" "))
        }))
    }

    #[tokio::test(start_paused = true)]
    async fn waits_neither_for_stalled_bodies_nor_for_endless_drops() {
        for (count, pause, after) in [
            (10, 9, None),
            (13, 9, None),
            (14, 9, Some(120)),
            (1000, 5, Some(120)),
            (2, 11, Some(10)),
        ] {
            let began = Instant::now();
            let body = drops(count, Duration::from_secs(pause));
            let outcome = read(&HeaderMap::new(), body, 10_000).await;
            let row = format!("{count} bytes, one each {pause} s");
            match after {
                None => assert_eq!(outcome.ok().map(|body| body.len()), Some(count), "{row}"),
                Some(seconds) => {
                    assert!(matches!(outcome, Err(Problem::BodyTimeout)), "{row}");
                    assert_eq!(began.elapsed().as_secs(), seconds, "{row}");
                }
            }
        }
    }
}
