//! A raw HTTP/1.1 client: it sees every byte, and how the connection ends.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::soon;

/// A response whose body came whole.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The body without its framing.
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The fields that a 422 names.
    #[track_caller]
    pub(crate) fn fields(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["field"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// A connection.
pub(crate) struct Wire {
    stream: TcpStream,
    unread: Vec<u8>,
    /// The most that one read takes.
    bite: usize,
}

/// What one read takes, unless a reader is slow.
const BITE: usize = 64 * 1024;

impl Wire {
    pub(crate) async fn connect(addr: SocketAddr) -> Self {
        let stream = soon("a connection", TcpStream::connect(addr)).await.expect("it listens");
        stream.set_nodelay(true).expect("it is a TCP connection");
        Self { stream, unread: Vec::new(), bite: BITE }
    }

    /// A connection whose kernel keeps hardly anything for a reader who doesn't read.
    pub(crate) async fn connect_small(addr: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket is free");
        socket.set_recv_buffer_size(4096).expect("it is a TCP socket");
        let stream = soon("a connection", socket.connect(addr)).await.expect("it listens");
        Self { stream, unread: Vec::new(), bite: BITE }
    }

    /// Takes no more than so many bytes with each read.
    pub(crate) const fn read_slowly(&mut self, bytes: usize) {
        self.bite = bytes;
    }

    pub(crate) const fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        soon("room to write", self.stream.write_all(bytes)).await.expect("it is open");
    }

    /// Sends what may be refused half-way.
    pub(crate) async fn try_send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        soon("room to write", self.stream.write_all(bytes)).await
    }

    /// Sends a whole request.
    pub(crate) async fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) {
        let mut bytes = head(method, path, headers).into_bytes();
        if !body.is_empty() {
            bytes.truncate(bytes.len() - 2);
            bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
        }
        bytes.extend_from_slice(body);
        self.send(&bytes).await;
    }

    /// Sends a chat request.
    pub(crate) async fn chat(&mut self, body: impl ToString) {
        self.chat_as(&[], body).await;
    }

    /// Sends a chat request with headers.
    pub(crate) async fn chat_as(&mut self, headers: &[(&str, &str)], body: impl ToString) {
        let headers = [&[("Content-Type", "application/json")], headers].concat();
        self.request("POST", "/v1/chat/completions", &headers, body.to_string().as_bytes()).await;
    }

    /// Says that nothing more will be sent.
    pub(crate) async fn half_close(&mut self) {
        let _ = self.stream.shutdown().await;
    }

    /// More bytes; nothing at the connection's end, however it ended.
    pub(crate) async fn read(&mut self) -> Vec<u8> {
        if !self.unread.is_empty() {
            return std::mem::take(&mut self.unread);
        }
        let mut bytes = vec![0; self.bite];
        let read = self.stream.read(&mut bytes).await.unwrap_or(0);
        bytes.truncate(read);
        bytes
    }

    /// The head of a response, with an empty body.
    pub(crate) async fn head(&mut self) -> Reply {
        let head = soon("a response's head", self.until(b"\r\n\r\n")).await;
        let head = String::from_utf8(head.expect("a response")).expect("a head is text");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers =
            headers.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
        Reply { status: status.expect("a status"), headers, body: Vec::new() }
    }

    /// A whole response.
    pub(crate) async fn reply(&mut self) -> Reply {
        let mut reply = self.head().await;
        self.body(&mut reply).await;
        reply
    }

    /// A whole response; once its body has these words, this is done.
    pub(crate) async fn reply_until(&mut self, words: &str, then: impl FnOnce()) -> Reply {
        let mut reply = self.head().await;
        let mut then = Some(then);
        if reply.header("transfer-encoding") != Some("chunked") {
            self.body(&mut reply).await;
            return reply;
        }
        while let Some(chunk) = soon("the body", self.chunk()).await.expect("a whole body") {
            reply.body.extend_from_slice(&chunk);
            if reply.text().contains(words)
                && let Some(then) = then.take()
            {
                then();
            }
        }
        reply
    }

    /// The body that belongs to a head.
    pub(crate) async fn body(&mut self, reply: &mut Reply) {
        let length = reply.header("content-length").map(|length| length.parse().expect("a number"));
        if let Some(length) = length {
            reply.body = soon("the body", self.exactly(length)).await.expect("a whole body");
        } else if reply.header("transfer-encoding") == Some("chunked") {
            while let Some(chunk) = soon("the body", self.chunk()).await.expect("a whole body") {
                reply.body.extend_from_slice(&chunk);
            }
        }
    }

    /// The next chunk of a body, `None` after the last; an error if the connection breaks off.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Vec<u8>>, Broken> {
        let line = self.until(b"\r\n").await?;
        let size = std::str::from_utf8(&line).ok().map(str::trim);
        let size = size.and_then(|size| usize::from_str_radix(size, 16).ok());
        let mut chunk = self.exactly(size.expect("a chunk's size") + 2).await?;
        chunk.truncate(chunk.len() - 2);
        Ok((!chunk.is_empty()).then_some(chunk))
    }

    /// Waits until the other side has closed the connection; what came before is returned.
    pub(crate) async fn closed(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        loop {
            let bytes = self.read().await;
            if bytes.is_empty() {
                return rest;
            }
            rest.extend_from_slice(&bytes);
        }
    }

    async fn more(&mut self) -> Result<(), Broken> {
        let before = self.unread.len();
        self.unread.reserve(64 * 1024);
        let read = self.stream.read_buf(&mut self.unread).await;
        if read.is_ok_and(|read| read > 0) && self.unread.len() > before {
            Ok(())
        } else {
            Err(Broken)
        }
    }

    async fn until(&mut self, mark: &[u8]) -> Result<Vec<u8>, Broken> {
        loop {
            let at = self.unread.windows(mark.len()).position(|window| window == mark);
            if let Some(at) = at {
                return Ok(self.unread.drain(..at + mark.len()).collect());
            }
            self.more().await?;
        }
    }

    async fn exactly(&mut self, length: usize) -> Result<Vec<u8>, Broken> {
        while self.unread.len() < length {
            self.more().await?;
        }
        Ok(self.unread.drain(..length).collect())
    }
}

/// The connection ended in the middle of something.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Broken;

/// A request's head, up to its empty line.
pub(crate) fn head(method: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{method} {path} HTTP/1.1\r\nHost: gateway\r\n{headers}\r\n")
}
