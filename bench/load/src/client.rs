//! One client: asks, reads, and notes when what came.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use memchr::{memchr, memmem};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::chunked::Body;
use crate::stamp::{Epoch, MARK, TIME_DIGITS, read_digits};
use crate::verdict::{Server, whole};
use crate::workload::Workload;

/// How long an answer may pause.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest head.
const LONGEST_HEAD: usize = 16 << 10;
/// How often was asked.
static ASKED: AtomicU64 = AtomicU64::new(0);

/// What one stream showed.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// From the request to the first token of the answer.
    pub(crate) first_answer: Duration,
    /// From the upstream's writing of the first token to its reading here.
    pub(crate) stall: Duration,
    /// The same of every further token.
    pub(crate) delays: Vec<Delay>,
}

/// How long a token took through the server, and when it was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delay {
    pub(crate) read: Duration,
    pub(crate) took: Duration,
}

/// A client of one server, with one connection at a time.
pub(crate) struct Client {
    server: Server,
    workload: Workload,
    address: SocketAddr,
    epoch: Epoch,
    stream: Option<TcpStream>,
}

impl Client {
    pub(crate) fn new(
        server: Server,
        workload: Workload,
        address: SocketAddr,
        epoch: Epoch,
    ) -> Self {
        Self { server, workload, address, epoch, stream: None }
    }

    /// Asks once, over the connection of the time before.
    ///
    /// # Errors
    /// Whatever made the stream less than whole, in words.
    pub(crate) async fn ask(&mut self) -> Result<Heard, String> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(self.address).await.map_err(|error| format!("connect: {error}"))?,
        };
        let request = request(&self.workload, self.address, ASKED.fetch_add(1, Ordering::Relaxed));
        let began = self.epoch.now();
        let mut reading = Reading {
            client: self,
            began,
            body: Body::default(),
            seen: 0,
            heard: Heard::default(),
        };
        let sent = stream.write_all(&request).await;
        sent.map_err(|error| format!("send: {error}"))?;
        reading.read(&mut stream).await.map_err(|error| error.to_string())?;
        let Reading { body, heard, .. } = reading;
        whole(self.server, &self.workload, body.bytes())?;
        self.stream = Some(stream);
        Ok(heard)
    }
}

/// One answer while it is read.
struct Reading<'a> {
    client: &'a Client,
    began: Duration,
    body: Body,
    /// How much of the body was searched for tokens.
    seen: usize,
    heard: Heard,
}

impl Reading<'_> {
    async fn read(&mut self, stream: &mut TcpStream) -> io::Result<()> {
        let rest = head(stream).await?;
        self.body.push(&rest)?;
        self.look();
        let mut buffer = [0; 16 << 10];
        while !self.body.is_over() {
            let read = patiently(stream.read(&mut buffer)).await?;
            if read == 0 {
                return Err(io::Error::other("the connection ended in the middle"));
            }
            self.body.push(&buffer[..read])?;
            self.look();
        }
        Ok(())
    }

    /// Looks for tokens among what is new.
    fn look(&mut self) {
        let is_stamped = self.client.workload.rate.is_some();
        let is_first = self.heard.first_answer.is_zero();
        if !is_stamped && !is_first {
            return;
        }
        let now = self.client.epoch.now();
        while let Some(offset) = memchr(MARK, &self.body.bytes()[self.seen..]) {
            let at = self.seen + offset + 1;
            if self.heard.first_answer.is_zero() {
                self.heard.first_answer = now.saturating_sub(self.began);
            }
            if !is_stamped {
                return;
            }
            let Some(nanos) = read_digits(&self.body.bytes()[at..], TIME_DIGITS) else {
                self.seen = at - 1;
                return;
            };
            let took = now.saturating_sub(Duration::from_nanos(nanos));
            self.note(Delay { read: now, took });
            self.seen = at + TIME_DIGITS;
        }
        self.seen = self.body.bytes().len();
    }

    fn note(&mut self, delay: Delay) {
        if self.heard.stall.is_zero() {
            self.heard.stall = delay.took;
        } else {
            self.heard.delays.push(delay);
        }
    }
}

/// Nobody has asked this before: no summary of it is kept.
fn request(workload: &Workload, address: SocketAddr, number: u64) -> Vec<u8> {
    let summaries = if workload.summaries {
        ""
    } else {
        ",\"summaries\":{\"prompt\":false,\"reasoning\":false}"
    };
    let body = format!(
        "{{\"model\":\"bench\",\"stream\":true,\"messages\":[{{\"role\":\"user\",\"content\":\"What is {number:07} times seven, and how would you check it?\"}}]{summaries}}}"
    );
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    (head + &body).into_bytes()
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = patiently(TcpStream::connect(address)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Reads the head; gives what came after it.
async fn head(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(1 << 10);
    loop {
        if let Some(end) = memmem::find(&head, b"\r\n\r\n") {
            if !head.starts_with(b"HTTP/1.1 200 ") {
                let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
                return Err(io::Error::other(String::from_utf8_lossy(line).into_owned()));
            }
            return Ok(head.split_off(end + 4));
        }
        let read = patiently(stream.read_buf(&mut head)).await?;
        if read == 0 || head.len() > LONGEST_HEAD {
            return Err(io::Error::other("no head came"));
        }
    }
}

async fn patiently<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(io::Error::other("nothing came")))
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::request;
    use crate::workload::all;

    /// A summary that was written for another would be told again, and a call not be made.
    #[test]
    fn nobody_asks_what_was_asked_before() {
        let address = SocketAddr::from(([127, 0, 0, 1], 80));
        let [first, second] = [9, 10].map(|number| request(&all(false)[1], address, number));
        assert_ne!(first, second);
        assert_eq!(first.len(), second.len(), "both cost the same to read");
    }
}
