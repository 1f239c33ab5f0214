//! One connection: requests and responses in turn, until one side has enough.

use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::access_log;
use crate::call::Ending;
use crate::call_log::End;
use crate::exchange::Exchange;
use crate::inbox::{Inbox, NoRequest, Request};
use crate::outbox::{Manner, Outbox, Stop};
use crate::reply::Reply;
use crate::script::Script;
use crate::shared::Shared;

/// How long a connection may lie idle between two requests.
const IDLE: Duration = Duration::from_secs(75);
/// How long a refused client may go on sending.
const LINGER: Duration = Duration::from_secs(2);

/// What becomes of a connection after a response.
enum Next {
    /// Another request, if it begins in time.
    Request(Duration),
    Close,
    Reset,
}

/// Serves one connection.
pub(crate) async fn serve(shared: Arc<Shared>, mut stream: TcpStream) {
    drop(stream.set_nodelay(true));
    if converse(&shared, &mut stream).await {
        drop(SockRef::from(&stream).set_linger(Some(Duration::ZERO)));
    }
}

/// Whether the connection is to be reset at its end.
async fn converse(shared: &Shared, stream: &mut TcpStream) -> bool {
    let number = shared.next_connection();
    let (reading, writing) = stream.split();
    let (mut inbox, mut out) = (Inbox::new(reading), Outbox::new(writing));
    let mut idle = IDLE;
    loop {
        let next = match inbox.request(idle, &mut out).await {
            Ok(request) => exchange(shared, request, number, &mut inbox, &mut out).await,
            Err(NoRequest::Refused(status, message)) => {
                refuse(&mut out, status, message).await;
                drop(timeout(LINGER, inbox.drain()).await);
                Next::Close
            }
            Err(NoRequest::Gone) => Next::Close,
        };
        match next {
            Next::Request(within) => idle = within,
            Next::Close => return false,
            Next::Reset => return true,
        }
    }
}

/// One request and its response, which ends at once when the client leaves.
async fn exchange(
    shared: &Shared,
    request: Request,
    connection: u64,
    inbox: &mut Inbox<'_>,
    out: &mut Outbox<'_>,
) -> Next {
    let bytes = request.body.len();
    let exchange = Exchange::new(shared, request);
    let call = exchange.call(connection, shared.now());
    let line = shared.options.access_log.then(|| call.clone());
    let ticket = shared.log.begin(call, bytes);

    let result = tokio::select! {
        result = exchange.respond(shared, out) => result,
        () = inbox.gone() => Err(Stop::Left),
    };
    let (ending, next) = conclude(result, exchange.script(), out).await;

    let end = End { ending, at: shared.now(), status: out.status, tokens: out.tokens };
    if let Some(call) = line {
        access_log::write(&call, &end);
    }
    shared.log.end(ticket, &end);
    next
}

/// Brings the connection into the state that the response's end asks for.
async fn conclude(
    result: Result<(), Stop>,
    script: &Script,
    out: &mut Outbox<'_>,
) -> (Ending, Next) {
    let result = match result {
        Err(Stop::Ended) => out.terminate().await.and(Err(Stop::Ended)),
        result => result,
    };
    let ending = match result {
        Ok(()) => Ending::Completed,
        Err(Stop::Left) => Ending::ClientLeft,
        Err(Stop::Ended | Stop::Cut | Stop::Reset) => Ending::Scripted,
    };
    let idle = script.idle_close_ms.map_or(IDLE, Duration::from_millis);
    let next = match result {
        Ok(()) | Err(Stop::Ended) if out.keeps_alive() => Next::Request(idle),
        Err(Stop::Reset) => Next::Reset,
        Ok(()) | Err(Stop::Left | Stop::Ended | Stop::Cut) => {
            out.close().await;
            Next::Close
        }
    };
    (ending, next)
}

async fn refuse(out: &mut Outbox<'_>, status: u16, message: &str) {
    out.prepare(Manner::default());
    let _ = out.reply(&Reply::error(status, None, message)).await;
    out.close().await;
}
