//! What every request passes first: its id, its log line, and the rendering of problems.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method};
use tokio::time::Instant;
use tracing::{debug, info};

use super::anthropic;
use super::problem::Problem;
use super::request_id::{HEADER, request_id};
use super::router::ROUTES;
use crate::metrics::Metrics;
use crate::relay::precedence::tokens_first;
use crate::traces::trace::{End, Trace};
use crate::traces::{Tracer, context as trace_context, names};

/// The most bytes of headers. The connection's own limit is coarser: it counts what one read brings.
const MAX_HEADER_BYTES: usize = 32 * 1024;

/// Paths that machines ask every few seconds: their success is no news.
const PROBED: [&str; 6] =
    ["/healthz", "/health/live", "/ready", "/health/ready", "/upstream-health", "/metrics"];

/// The most bytes of a path in the log.
const MAX_LOGGED_PATH: usize = 128;

/// What handlers know of the request they serve.
#[derive(Debug, Clone)]
pub(super) struct Context {
    /// Its id.
    pub(super) request_id: String,
    /// The path that it asks, cut where that is long.
    pub(super) path: String,
    /// When it arrived.
    pub(super) arrived: Instant,
    /// What becomes of it, step by step.
    pub(super) trace: Trace,
    relayed: Arc<AtomicBool>,
}

impl Context {
    /// A request for this path that arrives at this moment.
    pub(super) fn new(request_id: String, path: &str) -> Self {
        Self {
            request_id,
            path: path[..path.floor_char_boundary(MAX_LOGGED_PATH)].to_owned(),
            arrived: Instant::now(),
            trace: Trace::default(),
            relayed: Arc::default(),
        }
    }

    /// Leaves the log line to the relay.
    pub(super) fn relay(&self) {
        self.relayed.store(true, Ordering::Relaxed);
    }

    fn is_relayed(&self) -> bool {
        self.relayed.load(Ordering::Relaxed)
    }
}

/// A request that was read. Its connection may drop it before anything here has its turn: then it is
/// logged as one whose client has left.
#[derive(Debug)]
pub(super) struct Unseen {
    context: Context,
    method: Method,
    is_seen: AtomicBool,
}

impl Unseen {
    /// One that was read at this moment.
    pub(super) fn new<B>(request: &http::Request<B>) -> Arc<Self> {
        Arc::new(Self {
            context: Context::new(request_id(request.headers()), request.uri().path()),
            method: request.method().clone(),
            is_seen: AtomicBool::new(false),
        })
    }

    fn seen(&self) -> Context {
        self.is_seen.store(true, Ordering::Relaxed);
        self.context.clone()
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        if !self.is_seen.load(Ordering::Relaxed) {
            log(&self.context, &self.method, 499, "client_left");
        }
    }
}

/// A request until it is answered; dropped before, it is logged as one whose client has left.
struct Unanswered {
    metrics: Arc<Metrics>,
    context: Context,
    method: Method,
    path: String,
    is_answered: bool,
}

impl Unanswered {
    fn answered(&mut self, status: u16, code: &str) {
        self.is_answered = true;
        self.metrics.responded(status);
        if !self.context.is_relayed() {
            log(&self.context, &self.method, status, code);
            self.context.trace.end(End { status, code, is_error: status >= 500 });
        }
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        if !self.is_answered {
            self.answered(499, "client_left");
        }
    }
}

/// What the outermost layer writes to.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) metrics: Arc<Metrics>,
    pub(super) tracer: Tracer,
}

/// The outermost layer.
pub(super) async fn edge(
    State(Told { metrics, tracer }): State<Told>,
    mut request: Request,
    next: Next,
) -> Response {
    let read = request.extensions_mut().remove::<Arc<Unseen>>();
    let fresh = || Context::new(request_id(request.headers()), request.uri().path());
    let mut context = read.map_or_else(fresh, |read| read.seen());
    context.trace = trace(&tracer, &context, &request);
    request.extensions_mut().insert(context.clone());
    let mut unanswered = Unanswered {
        metrics,
        context: context.clone(),
        method: request.method().clone(),
        path: request.uri().path().to_owned(),
        is_answered: false,
    };
    tokens_first().await;
    let mut response = if header_bytes(request.headers()) > MAX_HEADER_BYTES {
        Problem::HeadTooLarge(MAX_HEADER_BYTES).into_response()
    } else {
        next.run(request).await
    };
    let problem = response.extensions_mut().remove::<Problem>();
    if let Some(problem) = &problem {
        let rendered = problem.render(&context.request_id, &unanswered.path);
        // Headers of the inner layers (CORS, Allow) stay.
        let (mut parts, body) = rendered.into_parts();
        for (name, value) in response.headers() {
            parts.headers.entry(name).or_insert_with(|| value.clone());
        }
        response = Response::from_parts(parts, body);
    }
    if let Ok(id) = HeaderValue::from_str(&context.request_id) {
        if anthropic::is_at(&unanswered.path) {
            response.headers_mut().insert("request-id", id.clone());
        }
        response.headers_mut().insert(HEADER, id);
    }
    let code = problem.as_ref().map_or("ok", Problem::code);
    unanswered.answered(response.status().as_u16(), code);
    response
}

/// The trace of a request that is work: probes and lists leave none.
fn trace(tracer: &Tracer, context: &Context, request: &Request) -> Trace {
    if request.method() != Method::POST {
        return Trace::default();
    }
    let asked = format!("POST {}", request.uri().path());
    let known = ROUTES.contains(&asked.as_str());
    let parent = request.headers().get(trace_context::HEADER);
    let parent = parent.and_then(|header| header.to_str().ok());
    let trace = tracer.begin(if known { &asked } else { "POST" }, context.arrived, parent);
    trace.set(names::HTTP_METHOD, "POST");
    trace.set(names::URL_SCHEME, "http");
    trace.set(names::REQUEST_ID, context.request_id.as_str());
    if known {
        trace.set(names::HTTP_ROUTE, request.uri().path());
    }
    trace
}

/// The headers as they came: name, colon, blank, value, line end.
fn header_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}

fn log(context: &Context, method: &Method, status: u16, code: &str) {
    let (request_id, path) = (context.request_id.as_str(), context.path.as_str());
    let (took_ms, method) = (took_ms(context.arrived), method.as_str());
    let is_news = status >= 400 || !PROBED.contains(&path);
    if is_news {
        info!(request_id, method, path, status, code, took_ms, "{method} {path}: {status} {code}");
    } else {
        debug!(request_id, method, path, status, code, took_ms, "{method} {path}: {status} {code}");
    }
}

fn took_ms(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::{Arc, mpsc};

    use axum::Router;
    use axum::body::Body;
    use axum::extract::Request;
    use axum::routing::get;
    use futures::{FutureExt, join};
    use tokio::task::yield_now;
    use tower::ServiceExt;

    use super::Told;
    use crate::http::router::layered;
    use crate::metrics::Metrics;
    use crate::relay::precedence::frame_sent;
    use crate::traces::Tracer;

    /// Answers one path, and says when it is asked.
    fn router(metrics: &Arc<Metrics>, asked: mpsc::Sender<&'static str>) -> Router {
        let answer = get(async move || asked.send("a request").unwrap());
        let told = Told { metrics: Arc::clone(metrics), tracer: Tracer::default() };
        layered(Router::new().route("/", answer), told, None)
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_begins_after_the_tokens_of_others() {
        let (happened, order) = mpsc::channel();
        let router = router(&Metrics::new(), happened.clone());
        let flow = async {
            for _ in 0..1_000 {
                frame_sent();
                yield_now().await;
            }
            happened.send("the last token").unwrap();
        };
        let (answered, ()) = join!(router.oneshot(Request::new(Body::empty())), flow);
        assert_eq!(answered.unwrap().status(), 200);
        assert_eq!(order.try_iter().collect::<Vec<_>>(), ["the last token", "a request"]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_leaves_while_the_request_waits_is_counted() {
        let (asked, order) = mpsc::channel();
        let metrics = Metrics::new();
        {
            let mut request = pin!(router(&metrics, asked).oneshot(Request::new(Body::empty())));
            for _ in 0..10 {
                frame_sent();
                assert!(request.as_mut().now_or_never().is_none(), "it waits");
            }
        }
        assert!(order.try_recv().is_err(), "nobody asks any more");
        let counted = metrics.encode();
        assert!(counted.contains("gateway_http_responses_total{status=\"499\"} 1"), "{counted}");
    }
}
