//! What monitors and clients ask about the gateway itself: health, and its models.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::StatusCode;
use serde_json::{Value, json};

use super::problem::Problem;
use super::router::Gateway;
use crate::relay::caller::Caller;
use crate::relay::catalog::Model;

/// `GET /healthz`, `/health/live`: the process lives.
pub(super) async fn live() -> Json<Value> {
    Json(json!({"status": "ok", "scope": "gateway"}))
}

/// `GET /ready`, `/health/ready`: it may take traffic.
pub(super) async fn ready(State(gateway): State<Arc<Gateway>>) -> Response {
    if gateway.is_draining() {
        let body = Json(json!({"status": "draining", "scope": "gateway"}));
        return (StatusCode::SERVICE_UNAVAILABLE, body).into_response();
    }
    Json(json!({"status": "ready", "scope": "gateway"})).into_response()
}

/// `GET /upstream-health`: the upstreams can be reached. Always 200: the gateway could tell.
pub(super) async fn upstream(State(gateway): State<Arc<Gateway>>) -> Json<Value> {
    let upstreams = gateway.relay.upstream_health().await;
    let reachable = upstreams.iter().filter(|(_, health)| health.reachable).count();
    let status = if reachable == upstreams.len() { "ok" } else { "degraded" };
    let mut body = json!({"status": status, "upstream": reachable > 0});
    if let [(_, only)] = &upstreams[..] {
        body["detail"] = json!(only);
    } else {
        body["upstreams"] =
            upstreams.into_iter().map(|(name, health)| (name, json!(health))).collect();
    }
    Json(body)
}

/// `GET /v1/models`: the models that the caller may ask for. Where none are listed, the gateway serves
/// whatever the upstreams do.
pub(super) async fn models(
    State(gateway): State<Arc<Gateway>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Value>, Problem> {
    let (allowed, catalog) = (&gateway.config.allow_models, gateway.relay.catalog(&caller));
    let models = if !allowed.is_empty() {
        let may_ask = |name: &&String| caller.may_ask(&catalog, name);
        catalog.models(&allowed.iter().filter(may_ask).cloned().collect::<Vec<_>>())
    } else {
        gateway.relay.models(&caller).await.map_err(Problem::Failed)?
    };
    Ok(Json(json!({"object": "list", "data": models.iter().map(model).collect::<Value>()})))
}

fn model(it: &Model) -> Value {
    let capability = it.capability.as_str();
    let mut model = json!({"id": it.name, "object": "model", "created": 0, "owned_by": "upstream", "capability": capability});
    if let Some(told_apart) = it.told_apart {
        model["reasoning_separable"] = told_apart.into();
    }
    model
}
