//! Accepts connections, and ends in order: an own loop, because the framework's has no time limit
//! for request heads and waits for open streams for ever.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use futures::stream::FuturesUnordered;
use http::header::CONNECTION;
use http::{HeaderValue, Request};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio::time::{sleep, timeout};
use tokio_stream::StreamExt;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::HttpConfig;
use super::client_address::Peer;
use super::edge::Unseen;
use crate::relay::seldom::Seldom;
use crate::relay::serve::Relay;
use crate::relay::task::{Started, start};

/// How long a request's head may take, and how long a connection may idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// The most bytes of a head; hyper answers 431 to more.
const MAX_HEAD_BYTES: usize = 32 * 1024;
/// The most headers.
const MAX_HEADERS: usize = 100;
/// How long sent bytes may stay unread before the client counts as gone.
#[cfg(target_os = "linux")]
const UNREAD_TIMEOUT: Duration = Duration::from_secs(30);
/// What the system may hold for a slow reader; its own choice would grow to megabytes.
const SEND_BUFFER: usize = 64 * 1024;
/// How long the fatal events of streams that were cut off may take to be written.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How long a kept-alive connection outlives the end of listening. Whoever asks again just then
/// hears that the gateway stops, and not a connection that breaks.
const FAREWELL: Duration = Duration::from_millis(500);

/// Serves until `draining` is cancelled, then lets open answers finish within the grace.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    relay: &Relay,
    config: &HttpConfig,
    draining: CancellationToken,
) {
    let mut connections = FuturesUnordered::<Started<()>>::new();
    loop {
        let has_room = connections.len() < config.max_connections;
        select! {
            accepted = listener.accept(), if has_room => match accepted {
                Ok((stream, peer)) => {
                    let work = connection(stream, peer.ip(), router.clone(), draining.clone());
                    connections.push(start(work));
                }
                Err(error) => accept_failed(&error).await,
            },
            Some(_) = connections.next() => {}
            () = draining.cancelled() => break,
        }
    }
    drop(listener);
    drain(connections, relay, config.shutdown_grace).await;
}

async fn drain(mut connections: FuturesUnordered<Started<()>>, relay: &Relay, grace: Duration) {
    info!(open = connections.len(), "draining {} connections", connections.len());
    let all_ended =
        async |connections: &mut FuturesUnordered<_>| while connections.next().await.is_some() {};
    if timeout(grace, all_ended(&mut connections)).await.is_ok() {
        return;
    }
    warn!(open = connections.len(), "cutting off {} connections", connections.len());
    relay.stop_streams();
    let _ = timeout(LAST_WORDS, all_ended(&mut connections)).await;
}

/// Out of file descriptors, mostly: waiting is all that helps.
async fn accept_failed(error: &io::Error) {
    warn!("a connection can't be accepted: {error}");
    sleep(Duration::from_millis(100)).await;
}

async fn connection(stream: TcpStream, peer: IpAddr, router: Router, draining: CancellationToken) {
    if let Err(error) = tune(&stream) {
        debug!("a connection ended at once: {error}");
        return;
    }
    let router = TowerToHyperService::new(router);
    let asked = AtomicBool::new(false);
    let service = service_fn(|mut request: Request<_>| {
        asked.store(true, Ordering::Relaxed);
        let unseen = Unseen::new(&request);
        request.extensions_mut().insert(Peer(peer));
        request.extensions_mut().insert(unseen);
        let answered = router.call(request);
        async {
            let mut response = answered.await?;
            if draining.is_cancelled() {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(response)
        }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD_BYTES)
        // An event is short: to copy it costs less than to write it in parts.
        .writev(false)
        .serve_connection(TokioIo::new(stream), service);
    let mut served = pin!(served);
    let stopping = pin!(draining.cancelled());
    let mut word = Seldom::new(stopping);
    let ended = select! {
        biased;
        ended = served.as_mut() => ended,
        () = poll_fn(|cx| word.poll(cx, |_| draining.is_cancelled())) => {
            // hyper would wait for the first request of a connection that has not sent one.
            if !asked.load(Ordering::Relaxed) {
                return;
            }
            match timeout(FAREWELL, served.as_mut()).await {
                Ok(ended) => ended,
                Err(_) => {
                    served.as_mut().graceful_shutdown();
                    served.await
                }
            }
        }
    };
    if let Err(error) = ended {
        debug!("a connection broke: {error}");
    }
}

/// Events go out at once, a slow reader costs little, and one that is gone is noticed.
fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    socket.set_send_buffer_size(SEND_BUFFER)?;
    limit_unread(&socket)
}

#[cfg(target_os = "linux")]
fn limit_unread(socket: &SockRef<'_>) -> io::Result<()> {
    socket.set_tcp_user_timeout(Some(UNREAD_TIMEOUT))
}

/// Elsewhere there is no such limit: a reader that is gone is noticed when the request's deadline
/// passes, or by the system.
#[cfg(not(target_os = "linux"))]
fn limit_unread(socket: &SockRef<'_>) -> io::Result<()> {
    socket.set_keepalive(true)
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use socket2::SockRef;
    use tokio::net::{TcpListener, TcpStream};

    use super::{UNREAD_TIMEOUT, connection, tune};
    use crate::relay::prefetch::READERS_TASK;

    fn size<A, B, C, D, F>(_: impl Fn(A, B, C, D) -> F) -> usize {
        size_of::<F>()
    }

    /// What tokio keeps of a task beside its future.
    const TOKIOS_OWN: usize = 104;

    #[test]
    fn a_connection_is_no_larger_than_what_is_fetched_of_it() {
        let bytes = size(connection) + TOKIOS_OWN;
        assert!(bytes <= READERS_TASK, "{bytes} bytes");
    }

    #[tokio::test]
    async fn unread_bytes_end_a_connection_in_time() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        let timeout = |stream: &TcpStream| SockRef::from(stream).tcp_user_timeout().unwrap();
        assert_eq!(timeout(&accepted), None, "the system has no limit");
        tune(&accepted).unwrap();
        assert_eq!(timeout(&accepted), Some(UNREAD_TIMEOUT));
        assert!(accepted.nodelay().unwrap());
        drop(client);
    }
}
