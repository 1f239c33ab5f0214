//! A raw client: it sees every byte, and how the connection ends.

use std::io::ErrorKind;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use mock_upstream::{Call, Options, Server};

/// How long a broken server may keep a test waiting.
const PATIENCE: Duration = Duration::from_secs(20);

/// How the server ended the connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Close {
    Fin,
    Reset,
}

/// A response that went on until the connection's end.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) head: String,
    /// The body without its framing.
    pub(crate) body: Vec<u8>,
    /// Whether the body's own end was seen.
    pub(crate) complete: bool,
    pub(crate) close: Close,
}

impl Got {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// The data of each event.
    pub(crate) fn data(&self) -> Vec<String> {
        let text = self.text();
        text.lines().filter_map(|line| line.strip_prefix("data: ")).map(str::to_owned).collect()
    }

    /// Joined deltas of a member.
    pub(crate) fn said(&self, member: &str) -> String {
        self.deltas(member).concat()
    }

    pub(crate) fn deltas(&self, member: &str) -> Vec<String> {
        let chunks =
            self.data().into_iter().filter_map(|data| serde_json::from_str::<Value>(&data).ok());
        let texts = chunks.filter_map(|chunk| {
            Some(chunk.pointer(&format!("/choices/0/delta/{member}"))?.as_str()?.to_owned())
        });
        texts.filter(|text| !text.is_empty()).collect()
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

pub(crate) async fn server(script: Value) -> Server {
    Server::start(Options::instant().with_script(script).unwrap()).await.unwrap()
}

/// The calls, once none goes on; that takes no time when the server does what it promises.
pub(crate) async fn idle(server: &Server) -> Vec<Call> {
    tokio::time::timeout(PATIENCE, server.until_idle()).await.expect("a call goes on")
}

pub(crate) fn question(text: &str) -> Value {
    json!({"model": "m", "stream": true, "messages": [{"role": "user", "content": text}]})
}

pub(crate) fn summary_call(system: &str, text: &str) -> Value {
    json!({"model": "s", "stream": false, "messages": [
        {"role": "system", "content": system}, {"role": "user", "content": format!("<text>\n{text}\n</text>")}]})
}

/// The bytes of a request, after which the server is to close.
pub(crate) fn post(path: &str, headers: &str, body: &Value) -> String {
    request("POST", path, &format!("connection: close\r\n{headers}"), &body.to_string())
}

pub(crate) fn request(method: &str, path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: mock\r\n{headers}content-length: {length}\r\n\r\n{body}"
    )
}

pub(crate) async fn ask(server: &Server, body: &Value) -> Got {
    send(server, &post("/v1/chat/completions", "", body)).await
}

pub(crate) async fn send(server: &Server, request: &str) -> Got {
    read_all(open(server, request).await).await
}

pub(crate) async fn open(server: &Server, request: &str) -> TcpStream {
    let mut socket = TcpStream::connect(server.addr()).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    socket
}

/// Reads until the connection's end.
pub(crate) async fn read_all(mut socket: TcpStream) -> Got {
    let mut bytes = Vec::new();
    let close = match socket.read_to_end(&mut bytes).await {
        Ok(_) => Close::Fin,
        Err(error) if error.kind() == ErrorKind::ConnectionReset => Close::Reset,
        Err(error) => panic!("{error}"),
    };
    got(&bytes, close)
}

/// Reads one response and leaves the connection as it is.
pub(crate) async fn read_one(socket: &mut TcpStream) -> Got {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let count = socket.read(&mut piece).await.unwrap();
        bytes.extend_from_slice(&piece[..count]);
        let got = got(&bytes, Close::Fin);
        if got.complete || count == 0 {
            return got;
        }
    }
}

/// Reads until a text has come.
pub(crate) async fn read_until(socket: &mut TcpStream, wanted: &str) -> String {
    let mut text = String::new();
    while !text.contains(wanted) {
        let mut piece = [0; 1024];
        let count = socket.read(&mut piece).await.unwrap();
        assert!(count > 0, "the connection ended before {wanted:?}: {text}");
        text.push_str(&String::from_utf8_lossy(&piece[..count]));
    }
    text
}

fn got(bytes: &[u8], close: Close) -> Got {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let Some(end) = end else {
        return Got { status: 0, head: String::new(), body: Vec::new(), complete: false, close };
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let (body, complete) = unframed(&head, &bytes[end + 4..]);
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Got { status, head, body, complete, close }
}

fn unframed(head: &str, rest: &[u8]) -> (Vec<u8>, bool) {
    if let Some(length) = header(head, "content-length") {
        return (rest.to_vec(), rest.len() == length.parse::<usize>().unwrap());
    }
    if header(head, "transfer-encoding") != Some("chunked") {
        return (rest.to_vec(), false);
    }
    let (mut body, mut rest) = (Vec::new(), rest);
    while let Some(line) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&rest[..line]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        let chunk = &rest[line + 2..];
        if size == 0 {
            return (body, chunk == b"\r\n");
        }
        if chunk.len() < size + 2 {
            break;
        }
        body.extend_from_slice(&chunk[..size]);
        rest = &chunk[size + 2..];
    }
    (body, false)
}
