//! The routes, and every layer around them.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures::FutureExt;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::util::option_layer;
use tower_http::cors::CorsLayer;
use tracing::error;

use super::problem::Problem;
use super::{
    HttpConfig, access, admin, anthropic, chat, cors, docs, edge, health, page, reference,
};
use crate::relay::serve::Relay;

/// Every path of the interface, for those who ask for another.
pub(super) const ROUTES: [&str; 15] = [
    "POST /v1/chat/completions",
    "POST /openai/v1/chat/completions",
    "GET /openai/v1/models",
    "POST /v1/responses",
    "POST /openai/v1/responses",
    "POST /v1/messages",
    "GET /v1/models",
    "GET /healthz",
    "GET /health/live",
    "GET /ready",
    "GET /health/ready",
    "GET /upstream-health",
    "GET /metrics",
    "GET /docs",
    "GET /openapi.json",
];

/// What handlers share.
pub(super) struct Gateway {
    pub(super) relay: Arc<Relay>,
    pub(super) config: HttpConfig,
    pub(super) streams: Arc<Semaphore>,
    pub(super) draining: CancellationToken,
}

impl Gateway {
    pub(super) fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }
}

/// The whole service. `draining` is cancelled when no new work is to be taken.
pub fn router(relay: Arc<Relay>, config: HttpConfig, draining: CancellationToken) -> Router {
    let streams =
        Arc::new(Semaphore::new(config.max_concurrent_streams.min(Semaphore::MAX_PERMITS)));
    let cors_layer = cors::layer(&config.cors_origins);
    let page = if config.playground { page::routes() } else { Router::new() };
    let metrics = Arc::clone(relay.metrics());
    metrics.know_models(config.allow_models.iter().chain(&config.summary_model));
    let absent = [(!config.playground, "/"), (config.metrics_apart, "/metrics")];
    let absent = absent.into_iter().filter(|(is_absent, _)| *is_absent).map(|(_, path)| path);
    let reference = reference::routes(absent.collect());
    let counts = if config.metrics_apart { Router::new() } else { admin::routes(&metrics) };
    let told = edge::Told { metrics, tracer: config.tracer.clone() };
    let gateway = Arc::new(Gateway { relay, config, streams, draining });
    let routes = Router::new()
        .route("/v1/chat/completions", post(chat::chat))
        .route("/openai/v1/chat/completions", post(chat::openai))
        .route("/openai/v1/models", get(health::models))
        .route("/v1/responses", post(chat::responses))
        .route("/openai/v1/responses", post(chat::responses))
        .route(anthropic::PATH, post(chat::messages))
        .route("/v1/models", get(health::models))
        .route("/healthz", get(health::live))
        .route("/health/live", get(health::live))
        .route("/ready", get(health::ready))
        .route("/health/ready", get(health::ready))
        .route("/upstream-health", get(health::upstream))
        .merge(page)
        .merge(counts)
        .merge(reference)
        .merge(docs::routes())
        .fallback(async || Problem::NotFound)
        .method_not_allowed_fallback(async || Problem::MethodNotAllowed)
        .layer(from_fn_with_state(Arc::clone(&gateway), access::access))
        .with_state(gateway);
    layered(routes, told, cors_layer)
}

/// Every layer. The first one here is the innermost; a request meets them from the last one inwards.
pub(super) fn layered(routes: Router, told: edge::Told, cors: Option<CorsLayer>) -> Router {
    routes
        .layer(from_fn(catch_panic))
        .layer(from_fn_with_state(told, edge::edge))
        .layer(option_layer(cors))
}

/// An own layer, because the library's puts the body into another box, which each event would pass.
async fn catch_panic(request: Request, next: Next) -> Response {
    AssertUnwindSafe(next.run(request)).catch_unwind().await.unwrap_or_else(|_| {
        error!("a handler panicked");
        Problem::Internal.into_response()
    })
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use http::{Request, header};
    use http_body_util::BodyExt;
    use serde_json::Value;
    use tower::ServiceExt;

    use super::layered;
    use crate::http::edge::Told;
    use crate::metrics::Metrics;
    use crate::traces::Tracer;

    #[tokio::test]
    async fn a_panic_in_a_handler_is_a_problem_and_no_more() {
        async fn broken() -> &'static str {
            panic!("a defect")
        }
        let routes =
            Router::new().route("/broken", get(broken)).route("/sound", get(async || "fine"));
        let service =
            layered(routes, Told { metrics: Metrics::new(), tracer: Tracer::default() }, None);
        let ask = async |path: &str| {
            let request =
                Request::get(path).header("x-request-id", "r-1").body(Body::empty()).unwrap();
            service.clone().oneshot(request).await.unwrap()
        };
        let response = ask("/broken").await;
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let problem: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&problem["code"], &problem["request_id"]), (&"internal".into(), &"r-1".into()));
        assert_eq!(ask("/sound").await.status(), 200);
    }
}
