//! An upstream that sends one answer as fast as it is taken, and counts what was taken.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use inference_gateway::relay::task::{Started, start};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

/// No byte taken for so long means that nobody takes any.
const STILL: Duration = Duration::from_millis(400);
/// The text of one delta; its number stands before it.
const WORDS: &str = " bottles of \\\"beer\\\" on the wäll\\n";
/// Bytes of each block that say nothing: they make the way long, and the answer short.
const PADDING: usize = 600;
const HEAD: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
const END: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

/// A server with one answer.
pub(crate) struct FireHose {
    addr: SocketAddr,
    deltas: u64,
    total: u64,
    sent: watch::Receiver<u64>,
    _work: Started<()>,
}

impl FireHose {
    /// A server whose answer has about so many bytes, for one request.
    pub(crate) async fn open(bytes: u64) -> Self {
        Self::open_for(1, bytes).await
    }

    /// The same for so many requests.
    pub(crate) async fn open_for(requests: usize, bytes: u64) -> Self {
        let deltas = bytes / text(1_000_000).len() as u64;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let addr = listener.local_addr().expect("it is bound");
        let (sent, sent_out) = watch::channel(0);
        let total = deltas.saturating_mul(block(1_000_000).len() as u64);
        let work = start(async move {
            let sent = Arc::new(sent);
            let mut pouring = Vec::new();
            for _ in 0..requests {
                let (stream, _) = listener.accept().await.expect("a connection");
                pouring.push(start(pour(stream, deltas, Arc::clone(&sent))));
            }
            drop(sent);
            join_all(pouring).await;
        });
        Self { addr, deltas, total, sent: sent_out, _work: work }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Bytes that it wants to send with each answer.
    pub(crate) const fn total(&self) -> u64 {
        self.total
    }

    /// What it says.
    pub(crate) fn answer(&self) -> String {
        (0..self.deltas).map(|number| text(1_000_000 + number)).collect()
    }

    /// The first bytes of what it says.
    pub(crate) fn answer_of(&self, bytes: usize) -> String {
        let mut answer = String::new();
        for number in 0..self.deltas {
            if answer.len() >= bytes {
                break;
            }
            answer.push_str(&text(1_000_000 + number));
        }
        answer.truncate(bytes);
        answer
    }

    /// Waits until bytes were taken and no more are, and returns how many.
    pub(crate) async fn until_still(&self) -> u64 {
        let mut sent = self.sent.clone();
        let _ = sent.wait_for(|sent| *sent > 0).await;
        while timeout(STILL, sent.changed()).await.is_ok_and(|changed| changed.is_ok()) {
            sent.mark_unchanged();
        }
        *self.sent.borrow()
    }

    /// Waits until it has ended.
    pub(crate) async fn until_closed(&self) {
        let mut sent = self.sent.clone();
        while sent.changed().await.is_ok() {}
    }
}

/// Sends the answer; whoever has had enough closes the connection, which is as good an end.
async fn pour(
    mut stream: TcpStream,
    deltas: u64,
    sent: Arc<watch::Sender<u64>>,
) -> std::io::Result<()> {
    let mut request = vec![0; 64 * 1024];
    assert!(stream.read(&mut request).await? > 0, "a request");
    stream.write_all(HEAD.as_bytes()).await?;
    for number in 0..deltas {
        let block = block(1_000_000 + number);
        stream.write_all(block.as_bytes()).await?;
        sent.send_modify(|sent| *sent += block.len() as u64);
    }
    stream.write_all(END.as_bytes()).await?;
    stream.shutdown().await
}

fn block(number: u64) -> String {
    let delta = format!("{{\"content\":\"{number}{WORDS}\"}}");
    let padding = "x".repeat(PADDING);
    format!(
        "data: {{\"choices\":[{{\"index\":0,\"delta\":{delta}}}],\"padding\":\"{padding}\"}}\n\n"
    )
}

/// What a block says.
fn text(number: u64) -> String {
    format!("{number}{}", WORDS.replace("\\\"", "\"").replace("\\n", "\n"))
}
