//! Where call B stands, and what one call has brought.

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;

use crate::upstream;
use crate::upstream::error::UpstreamError;

/// Where call B stands.
pub(super) enum Stage {
    /// Until the clock says that the next call is due.
    Waiting,
    /// Until the head of the answer comes.
    Calling(BoxFuture<'static, Result<upstream::Answer, UpstreamError>>),
    /// Until its bytes end.
    Reading(BoxStream<'static, Result<Bytes, UpstreamError>>),
    /// Until the reader's last pieces are taken.
    Ending(Ending),
    /// For good.
    Over,
}

/// How the bytes ended.
pub(super) enum Ending {
    /// The stream said that it is over.
    Marked,
    /// They ended, and that may be in order.
    Closed,
    /// They broke off.
    Broken(UpstreamError),
}

/// What one call has brought so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Heard {
    Nothing,
    Bytes,
    Tokens,
    /// Why the model stopped: the stream may end.
    Finish,
}
