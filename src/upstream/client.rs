//! The HTTP client: a pool of connections to one server, plain or by TLS, each for one call at a time.
//!
//! It makes a call once and follows nothing: the relay owns what happens after a failure.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use futures::{FutureExt, Stream, StreamExt, TryFutureExt};
use http::{Request, Response, Uri};
use http_body::Body;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::ConfigVerifierExt;
use tokio::time::timeout;
use tower::Service;

use super::error::UpstreamError;

/// Connections that are kept for the next call, and for how long.
const MAX_IDLE: usize = 128;
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection is silent before it is asked whether it lives; how often, how many times.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const KEEP_ALIVE_PROBES: u32 = 3;
/// How long what was sent may stay unacknowledged (`TCP_USER_TIMEOUT`).
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

type Pool<C> = legacy::Client<Within<C>, Full<Bytes>>;
type BoxError = Box<dyn Error + Send + Sync>;

/// The client of the servers behind URLs of one scheme.
#[derive(Clone)]
pub(super) enum Client {
    /// `http`: connections carry no room for what TLS would need.
    Plain(Pool<HttpConnector>),
    /// `https`.
    Secure(Pool<HttpsConnector<HttpConnector>>),
}

/// Why there is no response.
pub(super) struct Unanswered {
    pub(super) error: UpstreamError,
    /// The deepest cause, such as a refused connection. It names no URL.
    pub(super) cause: String,
}

impl Client {
    /// The client for this URL, whose connections take at most so long to open, name and TLS included.
    ///
    /// # Errors
    /// When TLS can't be set up.
    pub(super) fn new(url: &Uri, connect_timeout: Duration) -> Result<Self, String> {
        // A second call finds the provider in place, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(connect_timeout));
        http.set_keepalive(Some(KEEP_ALIVE));
        http.set_keepalive_interval(Some(KEEP_ALIVE));
        http.set_keepalive_retries(Some(KEEP_ALIVE_PROBES));
        http.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
        Ok(if url.scheme_str() == Some("https") {
            let connector = HttpsConnector::from((http, tls()?));
            Self::Secure(pool(Within { connector, limit: connect_timeout }))
        } else {
            Self::Plain(pool(Within { connector: http, limit: connect_timeout }))
        })
    }

    /// Sends a request; ready when the head of its response is there.
    pub(super) fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> impl Future<Output = Result<Response<Incoming>, Unanswered>> + Send + use<> {
        let sent = match self {
            Self::Plain(pool) => pool.request(request),
            Self::Secure(pool) => pool.request(request),
        };
        sent.map_err(|error| Unanswered::of(&error))
    }
}

fn pool<C>(connector: Within<C>) -> Pool<C>
where
    Within<C>: Connect + Clone,
{
    legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(MAX_IDLE)
        .build(connector)
}

/// The system's certificates are preferred; a machine without any gets Mozilla's.
fn tls() -> Result<Arc<ClientConfig>, String> {
    let mut config = ClientConfig::with_platform_verifier().or_else(|_| {
        let mut roots = RootCertStore::empty();
        let known = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned();
        roots.add_parsable_certificates(known);
        if roots.is_empty() {
            return Err("TLS can't be set up: there are no certificates".to_owned());
        }
        Ok(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
    })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// A connector with a bound to its time.
#[derive(Clone)]
pub(super) struct Within<C> {
    connector: C,
    limit: Duration,
}

impl<C> Service<Uri> for Within<C>
where
    C: Service<Uri, Error: Into<BoxError>, Future: Send + 'static>,
{
    type Response = C::Response;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<C::Response, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connector.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let opened = timeout(self.limit, self.connector.call(url));
        opened.map(|opened| opened?.map_err(Into::into)).boxed()
    }
}

/// The bytes of a body, as they come.
pub(super) struct Chunks(pub(super) Incoming);

impl Stream for Chunks {
    type Item = Result<Bytes, UpstreamError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match ready!(Pin::new(&mut self.0).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    // What is no data is a trailer, which says nothing of the answer.
                    if let Ok(bytes) = frame.into_data() {
                        return Poll::Ready(Some(Ok(bytes)));
                    }
                }
                Some(Err(_)) => return Poll::Ready(Some(Err(UpstreamError::Reset))),
                None => return Poll::Ready(None),
            }
        }
    }
}

/// Whether there was more than was read.
pub(super) enum Cut {
    Yes,
    No,
}

/// The beginning of a body.
pub(super) async fn read_at_most(
    body: Incoming,
    limit: usize,
) -> Result<(Bytes, Cut), UpstreamError> {
    let mut read = BytesMut::new();
    let mut chunks = Chunks(body);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        let room = limit - read.len();
        read.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            return Ok((read.freeze(), Cut::Yes));
        }
    }
    Ok((read.freeze(), Cut::No))
}

impl Unanswered {
    /// It took longer than it may.
    pub(super) fn late() -> Self {
        Self { error: UpstreamError::Unreachable, cause: "it took too long".to_owned() }
    }

    /// What it means that a request could not be sent, or its answer's head not be read.
    fn of(error: &legacy::Error) -> Self {
        let causes = || std::iter::successors(error.source(), |&cause| cause.source());
        let deepest = causes().last().map(ToString::to_string);
        let cause = deepest.unwrap_or_else(|| "no further cause".to_owned());
        let error = if causes().any(is_certificate_error) {
            UpstreamError::Untrusted
        } else if causes().any(|cause| cause.to_string().starts_with("dns error")) {
            UpstreamError::Unresolved
        } else if error.is_connect() {
            UpstreamError::Unreachable
        } else {
            UpstreamError::Reset
        };
        Self { error, cause }
    }
}

/// TLS errors come wrapped in I/O errors, which don't name them as their source.
fn is_certificate_error(cause: &(dyn Error + 'static)) -> bool {
    match cause.downcast_ref::<rustls::Error>() {
        Some(error) => matches!(error, rustls::Error::InvalidCertificate(_)),
        None => cause
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
            .is_some_and(|inner| is_certificate_error(inner)),
    }
}
