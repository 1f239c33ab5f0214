//! The sending side of a connection: bytes as a script wants them on the wire.
//!
//! ```text
//!  event ──▶ coalesce (events per write) ──▶ break at byte N ──▶ split (bytes per write) ──▶ framing
//! ```

use std::io;

use tokio::io::AsyncWriteExt;
use tokio::net::tcp::WriteHalf;

use crate::fault::At;
use crate::reply::{Reply, reason};
use crate::script::Script;

/// Why a response ends before all was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The client is gone.
    Left,
    /// The script ends the body here, cleanly.
    Ended,
    /// The script closes the connection.
    Cut,
    /// The script resets the connection.
    Reset,
}

impl From<io::Error> for Stop {
    fn from(_: io::Error) -> Self {
        Self::Left
    }
}

/// How the client learns where the body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length,
    Chunked,
    Close,
}

/// Writes responses, one after another.
#[derive(Debug)]
pub(crate) struct Outbox<'s> {
    socket: WriteHalf<'s>,
    manner: Manner,
    framing: Framing,
    held: Vec<u8>,
    held_events: usize,
    body_bytes: u64,
    /// The status that was sent, if any.
    pub(crate) status: Option<u16>,
    /// Tokens that were sent.
    pub(crate) tokens: u64,
}

/// How one response is to be sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Manner {
    /// Whether the connection is kept afterwards.
    pub(crate) keep_alive: bool,
    /// Whether chunks can be used: HTTP/1.0 has none.
    pub(crate) chunked: bool,
    /// Whether only the head is wanted.
    pub(crate) head_only: bool,
    headers: Vec<(String, String)>,
    split: Option<usize>,
    coalesce: usize,
    crlf: bool,
    bom: bool,
    stop: Option<(u64, Stop)>,
}

impl Manner {
    pub(crate) fn new(script: &Script, keep_alive: bool, chunked: bool) -> Self {
        let stops =
            [(script.end, Stop::Ended), (script.cut, Stop::Cut), (script.reset, Stop::Reset)];
        let at_bytes = stops.into_iter().filter_map(|(at, stop)| match at {
            Some(At::Byte(at)) => Some((at, stop)),
            Some(At::Head | At::Token(_)) | None => None,
        });
        Self {
            keep_alive: keep_alive && !script.close_delimited,
            chunked: chunked && !script.close_delimited,
            head_only: false,
            headers: script.headers.clone().into_iter().collect(),
            split: script.split.map(|bytes| bytes.max(1)),
            coalesce: script.coalesce.unwrap_or(1),
            crlf: script.crlf,
            bom: script.bom,
            stop: at_bytes.min_by_key(|&(at, _)| at),
        }
    }
}

impl<'s> Outbox<'s> {
    pub(crate) fn new(socket: WriteHalf<'s>) -> Self {
        Self {
            socket,
            manner: Manner::default(),
            framing: Framing::Length,
            held: Vec::new(),
            held_events: 0,
            body_bytes: 0,
            status: None,
            tokens: 0,
        }
    }

    /// Gets ready for the next response.
    pub(crate) fn prepare(&mut self, manner: Manner) {
        self.manner = manner;
        self.held.clear();
        self.held_events = 0;
        self.body_bytes = 0;
        self.status = None;
        self.tokens = 0;
    }

    /// Whether another request may follow on this connection.
    pub(crate) fn keeps_alive(&self) -> bool {
        self.manner.keep_alive && self.framing != Framing::Close
    }

    /// Sends a whole response.
    pub(crate) async fn reply(&mut self, reply: &Reply) -> Result<(), Stop> {
        self.framing = Framing::Length;
        let mut headers = reply.headers.clone();
        headers.push(("content-length", reply.body.len().to_string()));
        self.head(reply.status, reply.content_type, &headers).await?;
        self.body(&reply.body).await
    }

    /// Sends the head of a whole response and half of its body.
    pub(crate) async fn half(&mut self, reply: &Reply) -> Result<(), Stop> {
        self.framing = Framing::Length;
        let length = ("content-length", reply.body.len().to_string());
        self.head(reply.status, reply.content_type, &[length]).await?;
        self.body(&reply.body[..reply.body.len() / 2]).await
    }

    /// Sends the head of a response whose length is not known.
    pub(crate) async fn open(&mut self, status: u16, content_type: &str) -> Result<(), Stop> {
        let chunks = ("transfer-encoding", "chunked".to_owned());
        let caching = ("cache-control", "no-cache".to_owned());
        if self.manner.chunked {
            self.framing = Framing::Chunked;
            self.head(status, content_type, &[caching, chunks]).await?;
        } else {
            self.framing = Framing::Close;
            self.head(status, content_type, &[caching]).await?;
        }
        if self.manner.bom { self.body("\u{feff}".as_bytes()).await } else { Ok(()) }
    }

    async fn head(
        &mut self,
        status: u16,
        content_type: &str,
        headers: &[(&str, String)],
    ) -> Result<(), Stop> {
        let own = &self.manner.headers;
        let replaced = |name: &str| own.iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
        let connection = if self.keeps_alive() { "keep-alive" } else { "close" };
        let usual = [("content-type", content_type), ("connection", connection)];
        let usual =
            usual.into_iter().chain(headers.iter().map(|(name, value)| (*name, value.as_str())));

        let mut head = format!("HTTP/1.1 {status} {}\r\n", reason(status));
        let given = own.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in usual.filter(|(name, _)| !replaced(name)).chain(given) {
            head.push_str(&format!("{name}: {}\r\n", value.replace(['\r', '\n'], " ")));
        }
        head.push_str("\r\n");
        self.status = Some(status);
        self.socket.write_all(head.as_bytes()).await?;
        Ok(())
    }

    /// Sends an event.
    pub(crate) async fn event(&mut self, name: Option<&str>, data: &str) -> Result<(), Stop> {
        let end = self.line_end();
        if let Some(name) = name {
            self.held.extend_from_slice(format!("event: {name}{end}").as_bytes());
        }
        for line in data.split('\n') {
            self.held.extend_from_slice(format!("data: {line}{end}").as_bytes());
        }
        self.held.extend_from_slice(end.as_bytes());
        self.ripen().await
    }

    /// Sends a comment.
    pub(crate) async fn comment(&mut self, text: &str) -> Result<(), Stop> {
        let end = self.line_end();
        self.held.extend_from_slice(format!(": {text}{end}{end}").as_bytes());
        self.ripen().await
    }

    /// Sends an event whose data is filled up with a letter, until its line has so many bytes.
    pub(crate) async fn long_line(
        &mut self,
        (before, after): (&str, &str),
        bytes: u64,
    ) -> Result<(), Stop> {
        self.flush().await?;
        let before = format!("data: {before}");
        let mut missing = bytes.saturating_sub((before.len() + after.len()) as u64);
        self.body(before.as_bytes()).await?;
        let filling = [b'x'; 16 * 1024];
        while missing > 0 {
            let now = missing.min(filling.len() as u64);
            self.body(&filling[..usize::try_from(now).unwrap_or(filling.len())]).await?;
            missing -= now;
        }
        let end = self.line_end();
        self.body(format!("{after}{end}{end}").as_bytes()).await
    }

    /// Sends what was held back to go out in one write.
    pub(crate) async fn flush(&mut self) -> Result<(), Stop> {
        self.held_events = 0;
        let held = std::mem::take(&mut self.held);
        let result = self.body(&held).await;
        self.held = held;
        self.held.clear();
        result
    }

    /// Ends the body.
    pub(crate) async fn finish(&mut self) -> Result<(), Stop> {
        self.flush().await?;
        self.terminate().await
    }

    /// Ends the body without what was held back.
    pub(crate) async fn terminate(&mut self) -> Result<(), Stop> {
        if self.framing == Framing::Chunked {
            self.socket.write_all(b"0\r\n\r\n").await?;
        }
        Ok(())
    }

    /// Says that nothing more will be sent on this connection.
    pub(crate) async fn close(&mut self) {
        drop(self.socket.shutdown().await);
    }

    /// Tells a client that waits for it to send its body.
    pub(crate) async fn go_on(&mut self) -> io::Result<()> {
        self.socket.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await
    }

    /// Sends bytes of the body, up to the byte at which the script stops it.
    pub(crate) async fn body(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        if self.manner.head_only {
            return Ok(());
        }
        let room = self.manner.stop.map(|(at, _)| at.saturating_sub(self.body_bytes));
        let room = room.and_then(|room| usize::try_from(room).ok()).unwrap_or(usize::MAX);
        let now = &bytes[..bytes.len().min(room)];
        for piece in now.chunks(self.manner.split.unwrap_or(now.len()).max(1)) {
            self.write(piece).await?;
            if self.manner.split.is_some() {
                tokio::task::yield_now().await;
            }
        }
        self.body_bytes += now.len() as u64;
        match self.manner.stop {
            Some((at, stop)) if self.body_bytes >= at => Err(stop),
            Some(_) | None => Ok(()),
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.framing != Framing::Chunked {
            return self.socket.write_all(bytes).await;
        }
        let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
        chunk.extend_from_slice(bytes);
        chunk.extend_from_slice(b"\r\n");
        self.socket.write_all(&chunk).await
    }

    const fn line_end(&self) -> &'static str {
        if self.manner.crlf { "\r\n" } else { "\n" }
    }

    /// Sends what is held, once enough events are together.
    async fn ripen(&mut self) -> Result<(), Stop> {
        self.held_events += 1;
        if self.held_events >= self.manner.coalesce { self.flush().await } else { Ok(()) }
    }
}
