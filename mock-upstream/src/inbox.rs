//! The receiving side of a connection: requests, and the news that the client is gone.

use std::io;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::tcp::ReadHalf;
use tokio::time::timeout;

use crate::outbox::Outbox;

const MAX_HEAD: usize = 32 * 1024;
const MAX_HEADERS: usize = 100;
/// Bytes of a request's body.
pub(crate) const MAX_BODY: usize = 4 * 1024 * 1024;
/// Bytes read ahead while a response is on its way.
const MAX_AHEAD: usize = 64 * 1024;
/// How long a request may take to arrive, once it has begun.
const ARRIVAL: Duration = Duration::from_secs(30);

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path, without query.
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) http10: bool,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn says(&self, name: &str, token: &str) -> bool {
        let value = self.header(name).unwrap_or_default();
        value.split(',').any(|part| part.trim().eq_ignore_ascii_case(token))
    }

    /// Whether the connection may be kept after the response.
    pub(crate) fn keep_alive(&self) -> bool {
        let asked = self.says("connection", "keep-alive");
        !self.says("connection", "close") && (!self.http10 || asked)
    }
}

/// Why there is no request.
#[derive(Debug)]
pub(crate) enum NoRequest {
    /// The client is gone, or took too long.
    Gone,
    /// It can't be read: the status to answer, and what is wrong.
    Refused(u16, &'static str),
}

impl From<io::Error> for NoRequest {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

/// Reads requests, one after another.
#[derive(Debug)]
pub(crate) struct Inbox<'s> {
    socket: ReadHalf<'s>,
    buffer: Vec<u8>,
}

impl<'s> Inbox<'s> {
    pub(crate) const fn new(socket: ReadHalf<'s>) -> Self {
        Self { socket, buffer: Vec::new() }
    }

    /// The next request; the first byte may take as long as `idle`.
    pub(crate) async fn request(
        &mut self,
        idle: Duration,
        outbox: &mut Outbox<'_>,
    ) -> Result<Request, NoRequest> {
        if self.buffer.is_empty() {
            timeout(idle, self.more()).await.map_err(|_| NoRequest::Gone)??;
        }
        timeout(ARRIVAL, self.arriving(outbox)).await.map_err(|_| NoRequest::Gone)?
    }

    async fn arriving(&mut self, outbox: &mut Outbox<'_>) -> Result<Request, NoRequest> {
        let mut request = loop {
            if let Some((request, length)) = parse_head(&self.buffer)? {
                self.buffer.drain(..length);
                break request;
            }
            if self.buffer.len() > MAX_HEAD {
                return Err(NoRequest::Refused(431, "the request head is too large"));
            }
            self.more().await?;
        };
        if request.says("expect", "100-continue") {
            outbox.go_on().await?;
        }
        request.body = if request.says("transfer-encoding", "chunked") {
            self.chunked_body().await?
        } else {
            self.sized_body(&request).await?
        };
        Ok(request)
    }

    async fn sized_body(&mut self, request: &Request) -> Result<Vec<u8>, NoRequest> {
        let Ok(length) = request.header("content-length").unwrap_or("0").trim().parse::<usize>()
        else {
            return Err(NoRequest::Refused(400, "content-length is not a number"));
        };
        self.take(length, 0).await
    }

    async fn chunked_body(&mut self) -> Result<Vec<u8>, NoRequest> {
        let mut body = Vec::new();
        loop {
            let (line, length) = self.chunk_size().await?;
            self.buffer.drain(..line);
            let chunk = self.take(length, body.len()).await?;
            let end = self.take(2, 0).await?;
            if end != b"\r\n" {
                return Err(NoRequest::Refused(400, "a chunk of the body has the wrong length"));
            }
            if length == 0 {
                return Ok(body);
            }
            body.extend_from_slice(&chunk);
        }
    }

    /// Bytes of the line that announces a chunk, and bytes of the chunk.
    async fn chunk_size(&mut self) -> Result<(usize, usize), NoRequest> {
        loop {
            match httparse::parse_chunk_size(&self.buffer) {
                Ok(httparse::Status::Complete((line, length))) => {
                    return Ok((line, usize::try_from(length).unwrap_or(usize::MAX)));
                }
                Ok(httparse::Status::Partial) if self.buffer.len() < MAX_HEAD => {
                    self.more().await?
                }
                Ok(httparse::Status::Partial) | Err(_) => {
                    return Err(NoRequest::Refused(400, "a chunk's size can't be read"));
                }
            }
        }
    }

    /// So many bytes, if with those before them they are not too many.
    async fn take(&mut self, length: usize, before: usize) -> Result<Vec<u8>, NoRequest> {
        if length.saturating_add(before) > MAX_BODY {
            return Err(NoRequest::Refused(413, "the request body is larger than 4 MiB"));
        }
        while self.buffer.len() < length {
            self.more().await?;
        }
        Ok(self.buffer.drain(..length).collect())
    }

    /// Resolves when the client has closed the connection.
    pub(crate) async fn gone(&mut self) {
        while self.buffer.len() < MAX_AHEAD {
            if self.more().await.is_err() {
                return;
            }
        }
        std::future::pending::<()>().await;
    }

    /// Reads and drops what still comes, so that closing doesn't destroy a response on its way.
    pub(crate) async fn drain(&mut self) {
        let mut read = 0;
        while read < 4 * MAX_BODY && self.more().await.is_ok() {
            read += self.buffer.len();
            self.buffer.clear();
        }
    }

    async fn more(&mut self) -> io::Result<()> {
        self.buffer.reserve(16 * 1024);
        match self.socket.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// The head, once it is complete, and its length in bytes.
fn parse_head(buffer: &[u8]) -> Result<Option<(Request, usize)>, NoRequest> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(buffer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(NoRequest::Refused(431, "the request has too many headers"));
        }
        Err(_) => return Err(NoRequest::Refused(400, "the request head can't be read")),
    };
    let target = parsed.path.unwrap_or_default();
    let named = parsed.headers.iter().map(|header| {
        (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).into_owned())
    });
    let request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: target.split('?').next().unwrap_or_default().to_owned(),
        headers: named.collect(),
        http10: parsed.version == Some(0),
        body: Vec::new(),
    };
    Ok(Some((request, length)))
}
