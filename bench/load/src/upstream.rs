//! A model server that says what was serialised ahead of time.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, yield_now};
use tokio::time::{Instant, sleep, sleep_until};

use crate::script::{HEAD, Script};
use crate::stamp::Epoch;
use crate::workload::Workload;

/// How much later than asked for a timer may ring.
const TIMERS_ARE_LATE: Duration = Duration::from_millis(2);
/// The longest request.
const LONGEST_REQUEST: usize = 64 << 10;
/// What answers a summary's call.
const SUMMARY: &str =
    "{\"choices\":[{\"message\":{\"content\":\"A short summary.\"},\"finish_reason\":\"stop\"}]}";

/// The upstream of one run. Dropping it ends it, not the streams under way.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    plan: Arc<Plan>,
    listening: AbortHandle,
}

struct Plan {
    script: Script,
    pace: Option<Duration>,
    summary_latency: Duration,
    epoch: Epoch,
    chunks: AtomicU64,
    summaries: AtomicU64,
}

impl Upstream {
    pub(crate) async fn start(workload: &Workload, epoch: Epoch) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let plan = Arc::new(Plan {
            script: Script::new(workload),
            pace: workload.rate.map(|rate| Duration::from_secs(1) / rate),
            summary_latency: workload.summary_latency,
            epoch,
            chunks: AtomicU64::new(0),
            summaries: AtomicU64::new(0),
        });
        let listening = crate::run::start(listen(listener, Arc::clone(&plan))).abort_handle();
        Ok(Self { address, plan, listening })
    }

    /// Chunks written so far.
    pub(crate) fn chunks(&self) -> u64 {
        self.plan.chunks.load(Ordering::Relaxed)
    }

    /// Summaries asked for so far.
    pub(crate) fn summaries(&self) -> u64 {
        self.plan.summaries.load(Ordering::Relaxed)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, plan: Arc<Plan>) {
    while let Ok((stream, _)) = listener.accept().await {
        let plan = Arc::clone(&plan);
        // A peer that leaves is its own affair: what it missed is counted by the client.
        drop(crate::run::start(async move { plan.serve(stream).await.ok() }));
    }
}

impl Plan {
    async fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut request = Vec::new();
        while next_request(&mut stream, &mut request).await? {
            if memmem::find(&request, b"\"stream\":true").is_some() {
                self.stream(&mut stream).await?;
                continue;
            }
            if request.starts_with(b"POST") {
                self.summaries.fetch_add(1, Ordering::Relaxed);
                wait(self.summary_latency).await;
            }
            let length = SUMMARY.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{SUMMARY}"
            );
            stream.write_all(answer.as_bytes()).await?;
        }
        Ok(())
    }

    async fn stream(&self, stream: &mut TcpStream) -> io::Result<()> {
        stream.write_all(HEAD).await?;
        let mut scratch = Vec::new();
        let mut due = Instant::now();
        for write in &self.script.writes {
            match self.pace {
                None => yield_now().await,
                Some(pace) => {
                    due += pace;
                    sleep_until(due).await;
                }
            }
            let (bytes, chunks) = write.bytes(self.epoch, &mut scratch);
            stream.write_all(bytes).await?;
            self.chunks.fetch_add(chunks, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Waits just so long: the last moments awake, because timers ring up to a millisecond late.
async fn wait(time: Duration) {
    let due = Instant::now() + time;
    sleep(time.saturating_sub(TIMERS_ARE_LATE)).await;
    while Instant::now() < due {
        yield_now().await;
    }
}

/// Reads one request, head and body; `false` at the connection's end.
async fn next_request(stream: &mut TcpStream, request: &mut Vec<u8>) -> io::Result<bool> {
    request.clear();
    loop {
        if let Some(length) = request_length(request)
            && request.len() >= length
        {
            return Ok(true);
        }
        if request.len() > LONGEST_REQUEST {
            return Err(io::Error::other("a request is too long"));
        }
        if stream.read_buf(request).await? == 0 {
            return Ok(false);
        }
    }
}

/// The whole length of a request, once its head is there.
fn request_length(request: &[u8]) -> Option<usize> {
    let head = memmem::find(request, b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    Some(head + length.and_then(|length| length.trim().parse().ok()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::request_length;

    #[test]
    fn knows_where_a_request_ends() {
        for (request, length) in [
            ("GET / HTTP/1.1\r\n", None),
            ("GET / HTTP/1.1\r\n\r\n", Some(18)),
            ("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab", Some(43)),
        ] {
            assert_eq!(request_length(request.as_bytes()), length, "{request}");
        }
    }
}
