//! Redis behind TLS, with a certificate that was made for these tests alone.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{ask, key};
use crate::process::redis::RedisServer;
use crate::process::{Gateway, command, empty_folder, mock, output};

const CERTIFICATE: &[u8] = include_bytes!("../edge/tls/certificate.der");
const KEY: &[u8] = include_bytes!("../edge/tls/key.der");

/// Writes bytes as PEM, and says where.
fn pem(folder: &Path, name: &str, label: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    let encoded = STANDARD.encode(bytes);
    let text = format!("-----BEGIN {label}-----\n{encoded}\n-----END {label}-----\n");
    fs::write(&path, text).expect("a file can be written");
    path
}

/// A Redis that speaks TLS, and the certificate that it is believed by.
async fn redis(name: &str) -> (RedisServer, String) {
    let folder = empty_folder(name);
    let certificate = pem(&folder, "certificate.pem", "CERTIFICATE", CERTIFICATE);
    let key = pem(&folder, "key.pem", "PRIVATE KEY", KEY);
    let server = RedisServer::with_tls(&certificate, &key).await;
    (server, certificate.display().to_string())
}

#[tokio::test]
async fn keys_and_limits_are_shared_through_tls() {
    let (server, roots) = redis("redis-tls").await;
    let (url, upstream) = (server.url(), mock(json!({"answer": "fine"})).await);
    let settings = [
        ("REDIS_URL", url.as_str()),
        ("REDIS_CA_FILE", roots.as_str()),
        ("KEYS_IN_REDIS", "true"),
        ("RATE_LIMIT_REQUESTS", "3"),
    ];
    let made = output(command(&settings).args(["key", "new", "alice"])).await;
    let secret = String::from_utf8(made.stdout).expect("text").trim_end().to_owned();
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    let one = Gateway::before(&upstream, &settings).await;
    let other = Gateway::before(&upstream, &settings).await;
    for (gateway, status) in [(&one, 200), (&other, 200), (&one, 200), (&other, 429)] {
        assert_eq!(ask(gateway, &secret).await.status, status);
    }
}

#[tokio::test]
async fn a_redis_that_cannot_prove_who_it_is_is_not_spoken_to() {
    let (server, _) = redis("redis-tls-unknown").await;
    let (code, told) = key(&server.url(), &["new", "alice"]).await;
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("Redis"), "{told}");
}
