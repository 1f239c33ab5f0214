//! `/v1/models` and `/upstream-health`: what the upstream says of itself.

use serde_json::{Value, json};
use tokio::time::Instant;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::process::Gateway;

async fn upstream(response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    let models = Mock::given(method("GET")).and(path("/models"));
    models.respond_with(response).mount(&server).await;
    server
}

fn ids(models: &Value) -> Vec<&str> {
    let models = models["data"].as_array().into_iter().flatten();
    models.map(|model| model["id"].as_str().expect("a model has an id")).collect()
}

#[tokio::test]
async fn models_are_the_upstreams_or_the_listed_ones() {
    let list = json!({"data": [{"id": "big", "object": "model"}, {"id": "small"}, {"name": "?"}]});
    let bare = json!([{"id": "only"}]);
    let ok = |body: &Value| ResponseTemplate::new(200).set_body_json(body);
    for (case, response, allowed, expected) in [
        ("upstream's", ok(&list), "", vec!["big", "small"]),
        ("a bare list", ok(&bare), "", vec!["only"]),
        ("listed", ok(&list), "mine, yours", vec!["mine", "yours"]),
        ("upstream down", ResponseTemplate::new(500), "", vec!["502 upstream_failed"]),
        ("upstream down, listed", ResponseTemplate::new(500), "mine", vec!["mine"]),
        ("not a list", ok(&json!({"data": 5})), "", vec!["502 upstream_protocol"]),
        (
            "not JSON",
            ResponseTemplate::new(200).set_body_string("<html>"),
            "",
            vec!["502 upstream_protocol"],
        ),
    ] {
        let upstream = upstream(response).await;
        let gateway = Gateway::at(&upstream.uri(), &[("ALLOW_MODELS", allowed)]).await;
        let reply = gateway.get("/v1/models").await;
        let models = reply.json();
        if let [refusal] = expected[..]
            && let Some((status, code)) = refusal.split_once(' ')
        {
            assert_eq!((reply.status.to_string(), &models["code"]), (status.into(), &json!(code)));
            continue;
        }
        assert_eq!((reply.status, &models["object"]), (200, &json!("list")), "{case}");
        assert_eq!(ids(&models), expected, "{case}");
        for model in models["data"].as_array().unwrap() {
            assert_eq!((&model["object"], &model["capability"]), (&json!("model"), &json!("auto")));
            assert!(model["created"].is_u64() && model["owned_by"].is_string(), "{model}");
        }
    }
}

#[tokio::test]
async fn health_is_what_a_look_at_the_upstream_finds() {
    for (status, word, reachable) in [
        (200, "ok", true),
        (401, "ok", true),
        (404, "ok", true),
        (500, "degraded", false),
        (503, "degraded", false),
    ] {
        let upstream = upstream(ResponseTemplate::new(status)).await;
        let gateway = Gateway::at(&upstream.uri(), &[]).await;
        let reply = gateway.get("/upstream-health").await;
        let health = reply.json();
        assert_eq!(reply.status, 200, "{status}");
        assert_eq!((&health["status"], &health["upstream"]), (&json!(word), &json!(reachable)));
        assert_eq!(health["detail"]["status"], status, "{health}");
        assert!(health["detail"]["took_ms"].is_u64(), "{health}");
        // An upstream that is down is no reason to restart the gateway, or to take it out.
        assert_eq!(gateway.get("/healthz").await.status, 200);
        assert_eq!(gateway.get("/ready").await.status, 200);
    }
    let gateway = Gateway::at("http://127.0.0.1:1", &[]).await;
    let health = gateway.get("/upstream-health").await.json();
    assert_eq!((&health["status"], &health["upstream"]), (&json!("degraded"), &json!(false)));
    assert!(
        health["detail"]["detail"].as_str().is_some_and(|why| why.contains("reached")),
        "{health}"
    );
}

/// A look takes two seconds at most, whatever an upstream does with the connections it takes.
#[tokio::test]
async fn an_upstream_that_says_nothing_is_not_waited_for() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = silent.local_addr().expect("it has an address");
    let gateway = Gateway::at(&format!("http://{address}/v1"), &[]).await;
    let began = Instant::now();
    let (health, models) = tokio::join!(gateway.get("/upstream-health"), gateway.get("/v1/models"));
    let took = began.elapsed().as_secs_f64();
    assert!((2.0..6.0).contains(&took), "{took} s");
    let health = health.json();
    assert_eq!((&health["status"], &health["upstream"]), (&json!("degraded"), &json!(false)));
    let why = health["detail"]["detail"].as_str().unwrap_or_default();
    assert!(why.ends_with("it took too long"), "{health}");
    assert_eq!((models.status, &models.json()["code"]), (502, &json!("upstream_connect")));
}

#[tokio::test]
async fn the_upstream_is_asked_with_the_key() {
    let server = MockServer::start().await;
    let models = Mock::given(method("GET")).and(path("/base/models"));
    let models = models.and(header("authorization", "Bearer our-key"));
    let list = ResponseTemplate::new(200).set_body_json(json!({"data": [{"id": "big"}]}));
    models.respond_with(list).expect(1).mount(&server).await;
    let url = format!("{}/base/", server.uri());
    let gateway = Gateway::at(&url, &[("UPSTREAM_API_KEY", "our-key")]).await;
    assert_eq!(ids(&gateway.get("/v1/models").await.json()), ["big"]);
}
