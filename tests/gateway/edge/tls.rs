//! An upstream that can't prove who it is hears nothing of the request.
//!
//! `tls/` holds a self-signed certificate for `localhost` and its key, made for this test alone.

use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, Stream};
use serde_json::json;

use crate::process::{Gateway, question};

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

#[tokio::test]
async fn a_self_made_certificate_is_refused_at_once() {
    let (addr, hears) = serve();
    let url = format!("https://localhost:{}", addr.port());
    let gateway = Gateway::at(&url, &[("UPSTREAM_API_KEY", "key-canary")]).await;
    let mut body = question("prompt-canary");
    body["summaries"] = json!({"prompt": false, "reasoning": false});
    let reply = gateway.post(body).await;
    let problem = reply.json();
    assert_eq!((reply.status, &problem["code"]), (502, &json!("upstream_tls")), "{problem}");
    assert_eq!(hears.recv().unwrap(), 0, "the upstream heard something");
    assert!(hears.try_recv().is_err(), "the upstream was asked again");
}
