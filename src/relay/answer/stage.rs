//! Where call B stands, what one call has brought, and what is told of it.

use futures::future::BoxFuture;
use reasoning_stream::Piece;

use crate::upstream;
use crate::upstream::error::UpstreamError;

/// Where call B stands.
pub(super) enum Stage {
    /// Until the clock says that the next call is due.
    Waiting,
    /// Until the head of the answer comes.
    Calling(BoxFuture<'static, Result<upstream::Answer, UpstreamError>>),
    /// Until what sleeps is awake; without that, this is why the call failed.
    Waking(BoxFuture<'static, bool>, UpstreamError),
    /// Until its bytes end.
    Reading(upstream::body::Body),
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

/// What happened to call B.
#[derive(Debug)]
pub(in crate::relay) enum Progress {
    /// The head of an answer came.
    Opened,
    /// The first bytes after the head came, and were no fault.
    Flowing,
    /// The call failed and will be made again; nothing of it had come.
    Retrying,
    /// The call failed and will be made again; what came of it is void.
    Restarting,
    /// The model said something.
    Piece(Piece),
    /// The model has finished. Nothing follows.
    Finished,
}
