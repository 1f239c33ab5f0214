//! An upstream that can't prove who it is hears nothing of the request; one that can answers.
//!
//! `tls/` holds a self-signed certificate for `localhost` and its key, made for this test alone.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, Stream};
use serde_json::{Value, json};

use crate::process::{Gateway, empty_folder, question};

const CERTIFICATE: &[u8] = include_bytes!("tls/certificate.der");
const KEY: &[u8] = include_bytes!("tls/key.der");

fn config() -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider);
    let builder =
        builder.with_safe_default_protocol_versions().expect("ring has them").with_no_client_auth();
    let key = PrivatePkcs8KeyDer::from(KEY).into();
    Arc::new(builder.with_single_cert(vec![CERTIFICATE.into()], key).expect("they belong together"))
}

/// Serves TLS on a thread of its own, and tells what each connection said inside of it.
fn serve() -> (SocketAddr, Receiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let addr = listener.local_addr().expect("it is bound");
    let (heard, hears) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let told = stream.is_ok_and(|stream| heard.send(bytes_inside(stream)).is_ok());
            if !told {
                return;
            }
        }
    });
    (addr, hears)
}

fn bytes_inside(mut socket: TcpStream) -> usize {
    let mut connection = ServerConnection::new(config()).expect("it is valid");
    let mut stream = Stream::new(&mut connection, &mut socket);
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text);
    text.len()
}

fn without_summaries(prompt: &str) -> Value {
    let mut body = question(prompt);
    body["summaries"] = json!({"prompt": false, "reasoning": false});
    body
}

/// Where there are no certificates of the system's, Mozilla's don't know this one either.
#[tokio::test]
async fn a_self_made_certificate_is_refused_at_once() {
    for system in [&[][..], &[("SSL_CERT_FILE", "/dev/null")]] {
        let (addr, hears) = serve();
        let url = format!("https://localhost:{}", addr.port());
        let variables = [&[("UPSTREAM_API_KEY", "key-canary")], system].concat();
        let gateway = Gateway::at(&url, &variables).await;
        let reply = gateway.post(without_summaries("prompt-canary")).await;
        let problem = reply.json();
        let told = (reply.status, &problem["code"]);
        assert_eq!(told, (502, &json!("upstream_tls")), "{system:?}: {problem}");
        assert_eq!(hears.recv().unwrap(), 0, "{system:?}: the upstream heard something");
        assert!(hears.try_recv().is_err(), "{system:?}: the upstream was asked again");
    }
}

/// Answers one call over TLS, and tells what was asked.
fn answer_one(listener: &TcpListener) -> String {
    let (mut socket, _) = listener.accept().expect("somebody asks");
    let mut connection = ServerConnection::new(config()).expect("it is valid");
    let mut stream = Stream::new(&mut connection, &mut socket);
    let mut asked = Vec::new();
    while !asked.ends_with(b"}") {
        let mut read = [0; 1 << 10];
        let length = stream.read(&mut read).expect("a request");
        asked.extend_from_slice(&read[..length]);
    }
    let body = json!({"choices": [{"message": {"content": "Over TLS."}, "finish_reason": "stop"}]});
    let body = body.to_string();
    let head = format!("content-type: application/json\r\ncontent-length: {}", body.len());
    let answer = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}");
    stream.write_all(answer.as_bytes()).expect("somebody listens");
    String::from_utf8(asked).expect("text")
}

#[tokio::test]
async fn a_certificate_that_the_system_trusts_is_good() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    let asked = thread::spawn(move || answer_one(&listener));
    let file = empty_folder("trusted-upstream").join("certificate.pem");
    let trusted = BASE64_STANDARD.encode(CERTIFICATE);
    let pem = format!("-----BEGIN CERTIFICATE-----\n{trusted}\n-----END CERTIFICATE-----\n");
    std::fs::write(&file, pem).expect("a file can be written");
    let file = file.to_str().expect("a path of plain text");
    let variables = [("UPSTREAM_API_KEY", "key-canary"), ("SSL_CERT_FILE", file)];
    let gateway = Gateway::at(&format!("https://localhost:{port}/v1"), &variables).await;
    let reply = gateway.post(without_summaries("Who are you?")).await;
    assert!(reply.text().contains("Over TLS."), "{}", reply.text());
    let asked = asked.join().expect("it ran").to_ascii_lowercase();
    for line in [
        "post /v1/chat/completions http/1.1",
        &format!("host: localhost:{port}"),
        "authorization: bearer key-canary",
        "accept: */*",
        "accept-encoding: identity",
        "content-type: application/json",
        concat!("user-agent: inference-gateway/", env!("CARGO_PKG_VERSION")),
    ] {
        assert!(asked.lines().any(|it| it == line), "{line}: {asked}");
    }
}
