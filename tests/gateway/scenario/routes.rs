//! A scenario behind the real routes: what a client reads in its own dialect, and when.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use futures::StreamExt;
use http::Request;
use inference_gateway::http::HttpConfig;
use inference_gateway::http::router::router;
use inference_gateway::relay::request::Visibility;
use inference_gateway::traces::Tracer;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::rig::Rig;

/// An edge that allows raw reasoning to those who ask for it.
fn http_config() -> HttpConfig {
    HttpConfig {
        allow_models: vec![],
        summary_model: None,
        visibility: Visibility::Raw,
        cors_origins: vec![],
        playground: false,
        max_body_bytes: 10_000,
        max_concurrent_streams: 1,
        max_connections: 1,
        trusted_proxies: Vec::new(),
        metrics_apart: false,
        tracer: Tracer::default(),
        shutdown_grace: Duration::ZERO,
    }
}

/// Posts a body, and returns the status and each frame with its time, in milliseconds.
pub(crate) async fn post(rig: &Rig, path: &str, body: &Value) -> (u16, Vec<(u64, String)>) {
    let routes = router(Arc::clone(&rig.relay), http_config(), CancellationToken::new());
    let request = Request::post(path).header("content-type", "application/json");
    let request = request.body(Body::from(body.to_string())).expect("a request");
    let response = routes.oneshot(request).await.expect("routes never fail");
    let status = response.status().as_u16();
    let mut frames = response.into_body().into_data_stream();
    let mut heard = Vec::new();
    while let Some(frame) = frames.next().await {
        let frame = frame.expect("a body never fails").to_vec();
        heard.push((rig.log.ms(), String::from_utf8(frame).expect("frames are text")));
    }
    (status, heard)
}
