//! An OpenAI-compatible server over HTTP.

use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, timeout};
use tracing::warn;

use super::client::{Client, Cut, Unanswered, read_at_most};
use super::error::UpstreamError;
use super::health::Health;
use super::{Answer, Call, Listed, Upstream, response};

/// A whole completion, as summaries need it, is never longer.
const MAX_WHOLE_BODY: usize = 256 * 1024;
/// What is read of an error's body to find its code.
const MAX_ERROR_BODY: usize = 16 * 1024;
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
    completions: Uri,
    models: Uri,
    /// What every call has.
    headers: HeaderMap,
    connect_timeout: Duration,
}

/// An API beside the server's, which manages what serves there.
#[derive(Clone)]
pub(super) struct Management {
    client: Client,
    base_url: String,
    headers: HeaderMap,
}

impl Management {
    /// One call without a body: the path below the base, which must need no escapes.
    pub(super) async fn call(&self, method: Method, path: &str) -> Result<Bytes, UpstreamError> {
        let url = format!("{}/{path}", self.base_url).parse();
        let url = url.map_err(|_| UpstreamError::NotFound)?;
        let request = request(method, url, &self.headers, Bytes::new());
        let read = async {
            let response = self.client.send(request).await.map_err(|it| it.error)?;
            if !response.status().is_success() {
                return Err(refusal(response).await);
            }
            read_at_most(response.into_body(), MAX_ERROR_BODY).await.map(|(body, _)| body)
        };
        timeout(MANAGEMENT, read).await.unwrap_or(Err(UpstreamError::Unreachable))
    }
}

impl OpenAi {
    /// Builds its HTTP client.
    ///
    /// # Errors
    /// When TLS can't be set up, the key can't stand in a header, or the URL is none.
    pub fn new(config: &UpstreamConfig) -> Result<Self, String> {
        let base = &config.base_url;
        let completions = url(&format!("{base}{}", config.path))?;
        let client = Client::new(&completions, config.connect_timeout)?;
        let (models, headers) = (url(&format!("{base}/models"))?, headers(config)?);
        Ok(Self { client, completions, models, headers, connect_timeout: config.connect_timeout })
    }

    /// An API at another URL, asked with a token of its own, or else with the server's key.
    pub(super) fn management(
        &self,
        base_url: String,
        token: Option<&SecretString>,
    ) -> Result<Management, String> {
        let client = Client::new(&url(&base_url)?, self.connect_timeout)?;
        let mut headers = self.headers.clone();
        if let Some(token) = token {
            headers.insert(header::AUTHORIZATION, bearer(token)?);
        }
        Ok(Management { client, base_url, headers })
    }

    fn post(
        &self,
        call: Call,
    ) -> impl Future<Output = Result<Response<Incoming>, UpstreamError>> + use<> {
        let mut request = request(Method::POST, self.completions.clone(), &self.headers, call.body);
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let trace_parent = call.trace_parent.and_then(|it| HeaderValue::try_from(it).ok());
        if let Some(trace_parent) = trace_parent {
            headers.insert("traceparent", trace_parent);
        }
        let sent = self.client.send(request);
        async move {
            let response = sent.await.map_err(|Unanswered { error, cause }| {
                let request_id = &*call.request_id;
                warn!(request_id, "a call upstream failed: {cause}");
                error
            })?;
            if response.status().is_success() { Ok(response) } else { Err(refusal(response).await) }
        }
    }

    /// Asks for the list of models.
    fn list(&self) -> impl Future<Output = Result<Response<Incoming>, Unanswered>> + Send + use<> {
        let request = request(Method::GET, self.models.clone(), &self.headers, Bytes::new());
        self.client.send(request)
    }
}

impl Upstream for OpenAi {
    fn stream(&self, call: Call) -> BoxFuture<'static, Result<Answer, UpstreamError>> {
        let call = self.post(call);
        async move {
            let response = call.await?;
            let framing = response::framing(response.headers())?;
            let bytes = response.into_body().into();
            Ok(Answer { framing, bytes })
        }
        .boxed()
    }

    fn complete(&self, call: Call) -> BoxFuture<'static, Result<Bytes, UpstreamError>> {
        let call = self.post(call);
        async move {
            let response = call.await?;
            response::framing(response.headers())?;
            match read_at_most(response.into_body(), MAX_WHOLE_BODY).await? {
                (_, Cut::Yes) => Err(UpstreamError::TooLong { limit: MAX_WHOLE_BODY }),
                (body, Cut::No) if body.trim_ascii().is_empty() => Err(UpstreamError::Empty),
                (body, Cut::No) => Ok(body),
            }
        }
        .boxed()
    }

    fn models(&self) -> BoxFuture<'static, Result<Vec<Listed>, UpstreamError>> {
        let listed = self.list();
        let read = async move {
            let response = listed.await.map_err(|it| it.error)?;
            if !response.status().is_success() {
                return Err(refusal(response).await);
            }
            let (body, _) = read_at_most(response.into_body(), 4 * MAX_WHOLE_BODY).await?;
            response::models(&body).ok_or(UpstreamError::Garbled("it is not a list of models"))
        };
        async { timeout(GLANCE, read).await.unwrap_or(Err(UpstreamError::Unreachable)) }.boxed()
    }

    fn health(&self) -> BoxFuture<'static, Health> {
        let listed = self.list();
        async move {
            let began = Instant::now();
            let listed = timeout(GLANCE, listed).await;
            let listed = listed.unwrap_or_else(|_| Err(Unanswered::late()));
            let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            match listed {
                Ok(response) => {
                    let status = response.status();
                    let reachable = !status.is_server_error();
                    Health { reachable, status: Some(status.as_u16()), took_ms, detail: None }
                }
                Err(Unanswered { error, cause }) => {
                    let detail = Some(format!("{error}: {cause}"));
                    Health { reachable: false, status: None, took_ms, detail }
                }
            }
        }
        .boxed()
    }
}

fn url(text: &str) -> Result<Uri, String> {
    text.parse().map_err(|error| format!("the upstream's URL can't be read: {error}"))
}

fn request(method: Method, url: Uri, headers: &HeaderMap, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = url;
    request.headers_mut().clone_from(headers);
    request
}

/// What every call has. What is configured goes before what is usual.
fn headers(config: &UpstreamConfig) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    let agent = concat!("inference-gateway/", env!("CARGO_PKG_VERSION"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static(agent));
    headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
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
    Ok(headers)
}

fn bearer(key: &SecretString) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret()))
        .map_err(|_| "the upstream's key has characters that a header can't hold".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

async fn refusal(response: Response<Incoming>) -> UpstreamError {
    let (head, body) = response.into_parts();
    let read = timeout(GLANCE, read_at_most(body, MAX_ERROR_BODY)).await;
    let body = read.ok().and_then(Result::ok).map(|(body, _)| body).unwrap_or_default();
    response::refusal(head.status, &head.headers, &body)
}
