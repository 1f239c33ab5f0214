//! Where to ask, as whom, and how long to wait.

use std::fmt;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::conversation::{self, Conversation, Patience};
use crate::health::{Health, Reached};
use crate::models::{List, Model};
use crate::problem::Problem;
use crate::request::Request;
use crate::{Error, http};

/// Where a gateway listens unless it is told otherwise.
pub const DEFAULT_URL: &str = "http://localhost:8000/v1/chat/completions";

/// Where the gateway's endpoint is, if a URL names only its host.
const DEFAULT_PATH: &str = "/v1/chat/completions";
/// Six of the gateway's keep-alives, which come every 15 seconds.
const DEFAULT_SILENCE: Duration = Duration::from_secs(90);

/// How long it may take to look at a list or at the health, unless a client has a timeout.
const LOOK_TIMEOUT: Duration = Duration::from_secs(15);
/// More of such a reply is not read, in bytes.
const LOOK_LIMIT: usize = 4 * 1024 * 1024;

/// Asks one gateway. Cheap to keep, and to clone. Each request has a connection of its own.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: Url,
    key: Option<HeaderValue>,
    silence: Duration,
    timeout: Option<Duration>,
}

impl Client {
    /// A client of the gateway at `url`; a URL without a path means its chat endpoint.
    ///
    /// # Errors
    /// [`Error::Url`] if it is no `http` or `https` URL, [`Error::Setup`] if TLS can't be set up.
    pub fn new(url: &str) -> Result<Self, Error> {
        let mut url = http::url(url)?;
        if url.path() == "/" {
            url.set_path(DEFAULT_PATH);
        }
        let http = http::client(&url)?;
        Ok(Self { http, url, key: None, silence: DEFAULT_SILENCE, timeout: None })
    }

    /// Sends a key with each request, as a bearer token.
    ///
    /// # Errors
    /// [`Error::Key`] if a header can't carry it.
    pub fn api_key(mut self, key: &str) -> Result<Self, Error> {
        self.key = Some(bearer(key)?);
        Ok(self)
    }

    /// How long a stream may show no sign of life, keep-alives included; 90 seconds by default.
    #[must_use]
    pub fn silence(mut self, silence: Duration) -> Self {
        self.silence = silence;
        self
    }

    /// How long a whole conversation may take; without it, as long as it shows signs of life.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The address that is called, without user name and password.
    pub fn url(&self) -> String {
        http::shown(&self.url)
    }

    /// Asks, and returns as soon as the gateway has accepted the request.
    ///
    /// # Errors
    /// [`Error::Connect`], [`Error::Refused`], [`Error::Protocol`], [`Error::Broken`],
    /// [`Error::Silent`] or [`Error::Late`].
    pub async fn ask(&self, request: &Request) -> Result<Conversation, Error> {
        let patience = Patience::new(request.stream.then_some(self.silence), self.timeout);
        let Some((limit, error)) = patience.next() else {
            return self.converse(request, patience).await;
        };
        match timeout(limit, self.converse(request, patience)).await {
            Ok(conversation) => conversation,
            Err(_) => Err(error),
        }
    }

    /// The models that the gateway serves, as it lists them.
    ///
    /// # Errors
    /// [`Error::Connect`], [`Error::Refused`], [`Error::Protocol`], [`Error::Broken`] or
    /// [`Error::Late`].
    pub async fn models(&self) -> Result<Vec<Model>, Error> {
        let response = accepted(self.get("/v1/models").await?).await?;
        let list: List = read(response).await?;
        Ok(list.data)
    }

    /// Whether the gateway takes requests, and reaches its upstreams.
    ///
    /// # Errors
    /// [`Error::Connect`], [`Error::Refused`], [`Error::Protocol`], [`Error::Broken`] or
    /// [`Error::Late`].
    pub async fn health(&self) -> Result<Health, Error> {
        let response = self.get("/ready").await?;
        let ready = response.status() != StatusCode::SERVICE_UNAVAILABLE;
        if ready {
            accepted(response).await?;
        }
        let reached: Reached = read(accepted(self.get("/upstream-health").await?).await?).await?;
        Ok(Health { ready, upstreams: reached.by_name() })
    }

    /// Where the gateway itself is: the address that is called, without the endpoint's path.
    pub fn base(&self) -> String {
        http::shown(&self.beside(""))
    }

    /// Another of the gateway's paths.
    fn beside(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        let base = self.url.path().strip_suffix(DEFAULT_PATH).unwrap_or_default();
        url.set_path(&format!("{base}{path}"));
        url.set_query(None);
        url
    }

    async fn get(&self, path: &str) -> Result<Response, Error> {
        let url = self.beside(path);
        let limit = self.timeout.unwrap_or(LOOK_TIMEOUT);
        let request = with_key(self.http.get(url.clone()), self.key.as_ref());
        match timeout(limit, request.send()).await {
            Ok(response) => response.map_err(|cause| failure(&url, cause)),
            Err(_) => Err(Error::Late(limit)),
        }
    }

    async fn converse(&self, request: &Request, patience: Patience) -> Result<Conversation, Error> {
        let response =
            self.post(request).send().await.map_err(|cause| failure(&self.url, cause))?;
        let response = accepted(response).await?;
        let shown = conversation::header(&response, "x-reasoning-visibility");
        let order = request.order(shown.as_deref());
        Conversation::begin(response, order, patience).await
    }

    fn post(&self, request: &Request) -> RequestBuilder {
        let accept = if request.stream { "text/event-stream" } else { "application/json" };
        let post = self.http.post(self.url.clone()).header(ACCEPT, accept).json(request);
        with_key(post, self.key.as_ref())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("url", &self.url()).finish_non_exhaustive()
    }
}

/// A key as a header that doesn't show itself in debug output.
pub(crate) fn bearer(key: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| Error::Key)?;
    value.set_sensitive(true);
    Ok(value)
}

pub(crate) fn with_key(request: RequestBuilder, key: Option<&HeaderValue>) -> RequestBuilder {
    match key {
        Some(key) => request.header(AUTHORIZATION, key),
        None => request,
    }
}

/// An answer whose status is a success; any other is a refusal.
pub(crate) async fn accepted(response: Response) -> Result<Response, Error> {
    if response.status().is_success() {
        return Ok(response);
    }
    Err(Error::Refused(Box::new(Problem::read(response).await)))
}

/// A small reply, read whole.
async fn read<T: DeserializeOwned>(response: Response) -> Result<T, Error> {
    let body = http::body(response, LOOK_LIMIT).await.map_err(Error::Broken)?;
    serde_json::from_slice(&body)
        .map_err(|cause| Error::Protocol(format!("its reply can't be read: {cause}")))
}

/// What it means that a request got no answer.
pub(crate) fn failure(url: &Url, cause: reqwest::Error) -> Error {
    if cause.is_connect() || cause.is_timeout() {
        return Error::Connect { url: http::shown(url), cause: cause.without_url() };
    }
    Error::Broken(cause.without_url())
}
