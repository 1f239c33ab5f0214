//! An OpenAI-compatible server over HTTP: the only file that knows the HTTP client.
//!
//! One pooled client; its own retries, redirects, proxies and decompression are off, because the
//! relay owns what happens after a failure.

use std::error::Error as _;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use futures::{FutureExt, TryStreamExt};
use http::Method;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, ClientBuilder, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, timeout};
use tokio_stream::StreamExt;
use tracing::warn;

use super::error::UpstreamError;
use super::health::Health;
use super::{Answer, Call, Listed, Upstream, response};

/// A whole completion, as summaries need it, is never longer.
const MAX_WHOLE_BODY: usize = 256 * 1024;
/// What is read of an error's body to find its code.
const MAX_ERROR_BODY: usize = 16 * 1024;
/// Connections that are kept for the next call, and for how long.
const MAX_IDLE: usize = 128;
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long one call to an API that manages models may take.
const MANAGEMENT: Duration = Duration::from_secs(10);
/// How long a look at the server, or the body of an error, may take.
const GLANCE: Duration = Duration::from_secs(2);

/// Where an OpenAI-compatible server is, and how to reach it.
#[derive(Debug, Clone)]
pub struct UpstreamConfig {
    /// Scheme, host and base path, without a slash at the end.
    pub base_url: String,
    /// Path of chat completions, below the base.
    pub path: String,
    /// Sent as `Authorization: Bearer`.
    pub api_key: Option<SecretString>,
    /// Sent with every call, too.
    pub headers: Vec<(String, SecretString)>,
    /// How long a connection may take to open, name and TLS included.
    pub connect_timeout: Duration,
}

/// An OpenAI-compatible server.
pub struct OpenAi {
    client: Client,
    completions_url: Url,
    models_url: String,
}

/// An API beside the server's, which manages what serves there.
#[derive(Clone)]
pub(super) struct Management {
    client: Client,
    base_url: String,
    authorization: Option<HeaderValue>,
}

impl Management {
    /// One call without a body: the path below the base, which must need no escapes.
    pub(super) async fn call(&self, method: Method, path: &str) -> Result<Bytes, UpstreamError> {
        let mut request = self.client.request(method, format!("{}/{path}", self.base_url));
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let sent = request.timeout(MANAGEMENT).send().await;
        let response = sent.map_err(|error| send_error(&error))?;
        if !response.status().is_success() {
            return Err(refusal(response).await);
        }
        read_at_most(response, MAX_ERROR_BODY).await.map(|(body, _)| body)
    }
}

impl OpenAi {
    /// Builds the one HTTP client.
    ///
    /// # Errors
    /// When TLS can't be set up, the key can't stand in a header, or the URL is none.
    pub fn new(config: &UpstreamConfig) -> Result<Self, String> {
        let client = build(|| builder(config))?;
        let base = &config.base_url;
        let completions_url = Url::parse(&format!("{base}{}", config.path))
            .map_err(|error| format!("the upstream's URL can't be read: {error}"))?;
        Ok(Self { client, completions_url, models_url: format!("{base}/models") })
    }

    /// An API at another URL, asked with a token of its own, or else with the server's key.
    pub(super) fn management(
        &self,
        base_url: String,
        token: Option<&SecretString>,
    ) -> Result<Management, String> {
        let authorization = token.map(bearer).transpose()?;
        Ok(Management { client: self.client.clone(), base_url, authorization })
    }

    fn post(&self, call: Call) -> impl Future<Output = Result<Response, UpstreamError>> + use<> {
        let mut request = self
            .client
            .post(self.completions_url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .body(call.body);
        if let Some(trace_parent) = call.trace_parent {
            request = request.header("traceparent", trace_parent);
        }
        async move {
            let response = request.send().await.map_err(|error| {
                let (request_id, cause) = (&*call.request_id, cause(&error));
                warn!(request_id, "a call upstream failed: {cause}");
                send_error(&error)
            })?;
            if response.status().is_success() { Ok(response) } else { Err(refusal(response).await) }
        }
    }
}

impl Upstream for OpenAi {
    fn stream(&self, call: Call) -> BoxFuture<'static, Result<Answer, UpstreamError>> {
        let call = self.post(call);
        async move {
            let response = call.await?;
            let framing = response::framing(response.headers())?;
            let bytes = Box::pin(response.bytes_stream().map_err(|_| UpstreamError::Reset));
            Ok(Answer { framing, bytes })
        }
        .boxed()
    }

    fn complete(&self, call: Call) -> BoxFuture<'static, Result<Bytes, UpstreamError>> {
        let call = self.post(call);
        async move {
            let response = call.await?;
            response::framing(response.headers())?;
            match read_at_most(response, MAX_WHOLE_BODY).await? {
                (_, Cut::Yes) => Err(UpstreamError::TooLong { limit: MAX_WHOLE_BODY }),
                (body, Cut::No) if body.trim_ascii().is_empty() => Err(UpstreamError::Empty),
                (body, Cut::No) => Ok(body),
            }
        }
        .boxed()
    }

    fn models(&self) -> BoxFuture<'static, Result<Vec<Listed>, UpstreamError>> {
        let request = self.client.get(&self.models_url).timeout(GLANCE);
        async move {
            let response = request.send().await.map_err(|error| send_error(&error))?;
            if !response.status().is_success() {
                return Err(refusal(response).await);
            }
            let (body, _) = read_at_most(response, 4 * MAX_WHOLE_BODY).await?;
            response::models(&body).ok_or(UpstreamError::Garbled("it is not a list of models"))
        }
        .boxed()
    }

    fn health(&self) -> BoxFuture<'static, Health> {
        let request = self.client.get(&self.models_url).timeout(GLANCE);
        async move {
            let began = Instant::now();
            let sent = request.send().await;
            let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            match sent {
                Ok(response) => {
                    let status = response.status();
                    let reachable = !status.is_server_error();
                    Health { reachable, status: Some(status.as_u16()), took_ms, detail: None }
                }
                Err(error) => {
                    let detail = Some(format!("{}: {}", send_error(&error), cause(&error)));
                    Health { reachable: false, status: None, took_ms, detail }
                }
            }
        }
        .boxed()
    }
}

fn builder(config: &UpstreamConfig) -> Result<ClientBuilder, String> {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if let Some(key) = &config.api_key {
        headers.insert(header::AUTHORIZATION, bearer(key)?);
    }
    for (name, value) in &config.headers {
        let wrong = |_| format!("the upstream's header {name} can't be sent");
        let name = HeaderName::try_from(name).map_err(|_| format!("{name:?} is no header"))?;
        let mut value = HeaderValue::try_from(value.expose_secret()).map_err(wrong)?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(Client::builder()
        .user_agent(concat!("inference-gateway/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .connect_timeout(config.connect_timeout)
        .tcp_nodelay(true)
        .pool_max_idle_per_host(MAX_IDLE)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never()))
}

fn bearer(key: &SecretString) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret()))
        .map_err(|_| "the upstream's key has characters that a header can't hold".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

/// The system's certificates are preferred; a machine without any gets Mozilla's.
fn build(builder: impl Fn() -> Result<ClientBuilder, String>) -> Result<Client, String> {
    // A second call finds the provider in place, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    if let Ok(client) = builder()?.build() {
        return Ok(client);
    }
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .filter_map(|der| reqwest::Certificate::from_der(der).ok());
    let client = builder()?.tls_certs_only(roots).build();
    client.map_err(|error| format!("TLS can't be set up: {error}"))
}

async fn refusal(response: Response) -> UpstreamError {
    let (status, headers) = (response.status(), response.headers().clone());
    let read = timeout(GLANCE, read_at_most(response, MAX_ERROR_BODY)).await;
    let body = read.ok().and_then(Result::ok).map(|(body, _)| body).unwrap_or_default();
    response::refusal(status, &headers, &body)
}

enum Cut {
    Yes,
    No,
}

async fn read_at_most(response: Response, limit: usize) -> Result<(Bytes, Cut), UpstreamError> {
    let mut body = BytesMut::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| UpstreamError::Reset)?;
        let room = limit - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            return Ok((body.freeze(), Cut::Yes));
        }
    }
    Ok((body.freeze(), Cut::No))
}

/// What it means that a request could not be sent, or its answer's head not be read.
fn send_error(error: &reqwest::Error) -> UpstreamError {
    let causes = || std::iter::successors(error.source(), |&cause| cause.source());
    if causes().any(is_certificate_error) {
        UpstreamError::Untrusted
    } else if causes().any(|cause| cause.to_string().starts_with("dns error")) {
        UpstreamError::Unresolved
    } else if error.is_connect() || error.is_timeout() {
        UpstreamError::Unreachable
    } else {
        UpstreamError::Reset
    }
}

/// The deepest cause, such as a refused connection. It names no URL.
fn cause(error: &reqwest::Error) -> String {
    let deepest = std::iter::successors(error.source(), |&cause| cause.source()).last();
    deepest.map_or_else(|| "no further cause".to_owned(), ToString::to_string)
}

/// TLS errors come wrapped in I/O errors, which don't name them as their source.
fn is_certificate_error(cause: &(dyn std::error::Error + 'static)) -> bool {
    match cause.downcast_ref::<rustls::Error>() {
        Some(error) => matches!(error, rustls::Error::InvalidCertificate(_)),
        None => cause
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
            .is_some_and(|inner| is_certificate_error(inner)),
    }
}
