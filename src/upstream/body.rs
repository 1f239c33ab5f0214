//! The bytes of an answer, as they come.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;
use futures::stream::BoxStream;
use hyper::body::Incoming;

use super::client::Chunks;
use super::error::UpstreamError;

/// The body of an answer. It ends after the first error.
pub struct Body(Source);

/// A server's body stands where it is read, because each token passes here: a box would be one more
/// piece of memory to fetch for it.
enum Source {
    Server(Chunks),
    Other(BoxStream<'static, Result<Bytes, UpstreamError>>),
}

impl From<Incoming> for Body {
    fn from(body: Incoming) -> Self {
        Self(Source::Server(Chunks(body)))
    }
}

impl From<BoxStream<'static, Result<Bytes, UpstreamError>>> for Body {
    fn from(bytes: BoxStream<'static, Result<Bytes, UpstreamError>>) -> Self {
        Self(Source::Other(bytes))
    }
}

impl Stream for Body {
    type Item = Result<Bytes, UpstreamError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match &mut self.0 {
            Source::Server(chunks) => Pin::new(chunks).poll_next(cx),
            Source::Other(bytes) => bytes.as_mut().poll_next(cx),
        }
    }
}
