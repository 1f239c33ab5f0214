//! The one place that begins work beside the caller's own.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::JoinHandle;

/// Work that has begun. Dropping the handle stops it at its next await.
///
/// As a future it is ready when the work is done; `None` means that the work panicked.
#[derive(Debug)]
#[must_use = "dropping the handle stops the work"]
pub struct Started<T>(JoinHandle<T>);

/// Begins `work` now, beside the caller.
#[expect(clippy::disallowed_methods, reason = "this is the one spawn site")]
pub fn start<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Started<T> {
    Started(tokio::spawn(work))
}

impl<T> Future for Started<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        Pin::new(&mut self.0).poll(cx).map(Result::ok)
    }
}

impl<T> Drop for Started<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
