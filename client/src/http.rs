//! Builds the HTTP client: the one place that knows TLS, proxies and redirects.

use std::error::Error as StdError;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::{Certificate, ClientBuilder, Response, Url, redirect};
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

use crate::Error;

/// How long a TCP and TLS handshake may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Reads a URL that can be called: `http` or `https`, with a host.
pub(crate) fn url(text: &str) -> Result<Url, Error> {
    let wrong = |why: String| Error::Url { url: text.to_owned(), why };
    let url = Url::parse(text).map_err(|cause| wrong(cause.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it must begin with http:// or https://".to_owned()));
    }
    Ok(url)
}

/// A client for calls to `url`. A machine without CA certificates of its own gets Mozilla's.
pub(crate) fn client(url: &Url) -> Result<reqwest::Client, Error> {
    // Fails only where the process has a provider already, which then serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    builder(url)
        .build()
        .or_else(|_| builder(url).tls_certs_only(mozilla_roots()).build())
        .map_err(Error::Setup)
}

fn builder(url: &Url) -> ClientBuilder {
    let builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(redirect::Policy::none())
        // A connection that waits for the next question may go stale, unnoticed until then.
        .pool_max_idle_per_host(0)
        .user_agent(concat!("gateway-client/", env!("CARGO_PKG_VERSION")));
    if is_loopback(url) { builder.no_proxy() } else { builder }
}

fn mozilla_roots() -> impl Iterator<Item = Certificate> {
    TLS_SERVER_ROOT_CERTS.iter().filter_map(|root| Certificate::from_der(root).ok())
}

/// Whether a URL means this machine, where a proxy would only be in the way.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match address {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// A URL as people may see it: without user name and password.
pub(crate) fn shown(url: &Url) -> String {
    let mut shown = url.clone();
    // Neither fails on a URL that has a host.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.to_string()
}

/// The innermost reason: outer ones only say that something failed.
pub(crate) fn root_cause(error: &dyn StdError) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// Reads a body up to `limit` bytes; what is beyond is left unread.
pub(crate) async fn body(mut response: Response, limit: usize) -> reqwest::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = limit - body.len();
        if chunk.len() >= room {
            body.extend_from_slice(&chunk[..room]);
            break;
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::{is_loopback, shown, url};

    #[test]
    fn reads_only_urls_that_can_be_called() {
        for (text, ok) in [
            ("http://localhost:8000/v1/chat/completions", true),
            ("https://gateway.example/v1", true),
            ("localhost:8000", false),
            ("ftp://gateway.example", false),
            ("http://", false),
            ("nonsense", false),
            ("", false),
        ] {
            assert_eq!(url(text).is_ok(), ok, "{text}");
        }
    }

    #[test]
    fn knows_this_machine() {
        for (text, loopback) in [
            ("http://localhost:1/", true),
            ("http://api.localhost/", true),
            ("http://127.0.0.1/", true),
            ("http://127.9.9.9/", true),
            ("http://[::1]:8000/", true),
            ("http://10.0.0.1/", false),
            ("http://localhost.example/", false),
            ("https://127.0.0.1.example/", false),
        ] {
            assert_eq!(is_loopback(&url(text).unwrap()), loopback, "{text}");
        }
    }

    #[test]
    fn shows_no_password() {
        let url = url("http://me:secret@host:1/path?x=1").unwrap();
        assert_eq!(shown(&url), "http://host:1/path?x=1");
    }
}
