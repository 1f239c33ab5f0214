//! A server that answers each connection by script, over plain TCP.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// No test waits longer for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\
    X-Request-Id: req-1\r\nConnection: close\r\n\r\n";

/// What the server does with a connection, one after the other.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Sends these bytes, at once.
    Send(Vec<u8>),
    /// Waits until the client leaves.
    Hold,
}

/// A request as it came.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) head: String,
    pub(crate) body: Value,
}

/// One server, as long as its script.
pub(crate) struct Gateway {
    port: u16,
    requests: Receiver<Seen>,
    left: Receiver<()>,
}

impl Gateway {
    /// A server that answers one connection per script.
    pub(crate) fn start(scripts: Vec<Vec<Act>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let ((seen, requests), (leaves, left)) = (channel(), channel());
        thread::spawn(move || {
            for script in scripts {
                serve(listener.accept().unwrap().0, &script, &seen, &leaves);
            }
        });
        Self { port, requests, left }
    }

    /// A server that streams these events, and ends.
    pub(crate) fn streaming(events: &[String]) -> Self {
        Self::start(vec![stream(events)])
    }

    pub(crate) fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/v1/chat/completions", self.base())
    }

    /// The next request that came.
    pub(crate) fn request(&self) -> Seen {
        self.requests.recv_timeout(PATIENCE).expect("a request comes")
    }

    /// Waits until a client has left a connection that is held.
    pub(crate) fn wait_until_left(&self) {
        self.left.recv_timeout(PATIENCE).expect("the client leaves");
    }
}

fn serve(mut stream: TcpStream, script: &[Act], seen: &Sender<Seen>, leaves: &Sender<()>) {
    stream.set_nodelay(true).unwrap();
    let Some(request) = read(&mut stream) else { return };
    let _ = seen.send(request);
    for act in script {
        match act {
            // A client may leave before the script's end.
            Act::Send(bytes) => drop(stream.write_all(bytes)),
            Act::Hold => {
                let _ = stream.read(&mut [0; 1]);
                let _ = leaves.send(());
            }
        }
    }
}

fn read(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let end = loop {
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
        if let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let missing = length.map_or(0, |it| it.parse().unwrap()) + end - bytes.len();
    let mut rest = vec![0; missing];
    stream.read_exact(&mut rest).ok()?;
    bytes.extend(rest);
    let body = serde_json::from_slice(&bytes[end..]).unwrap_or_default();
    Some(Seen { head, body })
}

/// A script that streams events, and ends.
pub(crate) fn stream(events: &[String]) -> Vec<Act> {
    vec![send(format!("{HEAD}{}", events.concat()))]
}

pub(crate) fn send(text: impl Into<String>) -> Act {
    Act::Send(text.into().into_bytes())
}

/// A script that answers with a status and a body.
pub(crate) fn answer(status: &str, kind: &str, body: &str) -> Vec<Act> {
    let length = body.len();
    vec![send(format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         X-Request-Id: req-1\r\nRetry-After: 7\r\nConnection: close\r\n\r\n{body}"
    ))]
}

pub(crate) fn event(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

pub(crate) fn asked(text: &str) -> String {
    event("summary.prompt", &json!({"text": text, "request_id": "req-1", "source": "model"}))
}

pub(crate) fn thought(text: &str) -> String {
    event("summary.reasoning", &json!({"text": text, "request_id": "req-1", "source": "model"}))
}

pub(crate) fn mused(text: &str) -> String {
    event("reasoning.delta", &json!({"text": text, "request_id": "req-1"}))
}

pub(crate) fn said(text: &str) -> String {
    event("output.delta", &json!({"text": text, "request_id": "req-1"}))
}

pub(crate) fn done(reason: &str) -> String {
    event(
        "output.done",
        &json!({
            "request_id": "req-1", "finish_reason": reason,
            "usage": {"prompt_tokens": 5, "completion_tokens": 100, "total_tokens": 105},
            "timings": {"prompt_summary": 120, "first_reasoning": 100, "reasoning_summary": 900,
                "first_answer_upstream": 800, "first_answer_sent": 910, "stall": 110, "total": 2100},
            "warnings": [], "attempts": {"a": 1, "b": 1, "c": 1},
        }),
    )
}

pub(crate) fn failed(stage: &str, fatal: bool, message: &str) -> String {
    event(
        "error",
        &json!({
            "message": message, "stage": stage, "request_id": "req-1", "detail": "timeout",
            "code": "summary_timeout", "status": 504, "retryable": true, "fatal": fatal,
            "error": {"message": message, "type": "server_error", "param": null, "code": "summary_timeout"},
        }),
    )
}

/// A whole conversation without a flaw.
pub(crate) fn flawless() -> Vec<String> {
    vec![asked("P"), thought("R"), said("4"), said("2"), done("stop")]
}
