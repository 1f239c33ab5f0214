//! What monitoring asks: the metrics, and on an address of their own whether the process lives.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header;

use super::edge::Told;
use super::problem::Problem;
use super::{health, router};
use crate::metrics::{MEDIA_TYPE, Metrics};
use crate::traces::Tracer;

/// The metrics alone.
pub(super) fn routes<S: Clone + Send + Sync + 'static>(metrics: &Arc<Metrics>) -> Router<S> {
    Router::new().route("/metrics", get(show).with_state(Arc::clone(metrics)))
}

/// `GET /metrics`.
async fn show(State(metrics): State<Arc<Metrics>>) -> Response {
    ([(header::CONTENT_TYPE, MEDIA_TYPE)], metrics.encode()).into_response()
}

/// The service of an address that monitoring alone can reach.
pub fn admin_router(metrics: &Arc<Metrics>) -> Router {
    let routes = routes(metrics)
        .route("/healthz", get(health::live))
        .fallback(async || Problem::NotFound)
        .method_not_allowed_fallback(async || Problem::MethodNotAllowed);
    let told = Told { metrics: Arc::clone(metrics), tracer: Tracer::default() };
    router::layered(routes, told, None)
}
