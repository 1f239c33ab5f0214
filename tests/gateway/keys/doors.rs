//! Which doors ask for a key, what opens them, and what a key may ask behind them.

use std::path::Path;

use mock_upstream::Server;
use serde_json::{Value, json};

use super::{KeyFile, ask, ask_as, outcome};
use crate::process::wire::Reply;
use crate::process::{Gateway, mock, question, with};

/// The paths that need no key.
const OPEN: [&str; 4] = ["/healthz", "/health/live", "/ready", "/health/ready"];

/// Every route, as the gateway lists them to whoever asks for another one.
async fn routes(gateway: &Gateway, secret: &str) -> Vec<(String, String)> {
    let reply = send(gateway, "GET", "/no-such-path", &[("X-API-Key", secret)]).await;
    assert_eq!(reply.status, 404, "{}", reply.text());
    let problem = reply.json();
    let listed = problem["detail"].as_str().expect("a text").trim_start_matches("the paths are ");
    let routes = listed.split(", ").map(|route| route.split_once(' ').expect("method and path"));
    routes.map(|(method, path)| (method.to_owned(), path.to_owned())).collect()
}

async fn send(gateway: &Gateway, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut wire = gateway.connect().await;
    wire.request(method, path, headers, b"").await;
    wire.reply().await
}

fn calls(upstream: &Server) -> usize {
    upstream.calls().len()
}

#[tokio::test]
async fn every_route_but_health_docs_and_page_asks_for_a_key() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let file = KeyFile::new("doors-walk");
    let secret = file.make(&["alice"]).await;
    let gateway = file.gateway(&upstream, &[]).await;
    let routes = routes(&gateway, &secret).await;
    assert!(routes.len() >= 7, "{routes:?}");
    let others = [("GET", "/nothing"), ("PUT", "/v1/models"), ("GET", "/v1/chat/completions")];
    let others = others.map(|(method, path)| (method.to_owned(), path.to_owned()));
    for (method, path) in routes.iter().chain(&others) {
        for headers in [&[][..], &[("X-API-Key", "wrong")], &[("Authorization", "Bearer ")]] {
            let reply = send(&gateway, method, path, headers).await;
            if is_open(path) {
                // The page says that a key is wanted, so that it asks for nothing in vain.
                let challenge = (path == "/").then_some("Bearer");
                assert_eq!(
                    (reply.status, reply.header("www-authenticate")),
                    (200, challenge),
                    "{path}"
                );
                continue;
            }
            assert_eq!(reply.status, 401, "{method} {path} {headers:?}");
            assert_eq!(reply.header("www-authenticate"), Some("Bearer"), "{method} {path}");
            assert!(reply.json()["error"].is_object(), "{method} {path}: {}", reply.text());
        }
        let reply = send(&gateway, method, path, &[("X-API-Key", &secret)]).await;
        assert_ne!(reply.status, 401, "{method} {path} with a key");
    }
    assert!(OPEN.iter().all(|open| routes.iter().any(|(_, path)| path == open)), "{routes:?}");
}

fn is_open(path: &str) -> bool {
    OPEN.contains(&path)
        || path == "/"
        || path.starts_with("/docs")
        || path == "/openapi.json"
        || path.starts_with("/assets/")
}

/// The first argument of every `.route(…)` below `src/http`: what is registered, wherever that is.
fn registered() -> Vec<String> {
    let mut paths = Vec::new();
    for text in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http")) {
        for other in [".route_service(", ".nest(", ".nest_service(", ".fallback_service("] {
            assert!(!text.contains(other), "{other} registers what this test does not see");
        }
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for after in text.split(".route(").skip(1) {
            let argument = after.split(',').next().unwrap_or_default().trim();
            let literal = argument.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let known = (argument == "anthropic::PATH").then_some("/v1/messages");
            let path = literal.or(known);
            paths.push(path.unwrap_or_else(|| panic!("what path is {argument}?")).to_owned());
        }
    }
    paths.sort();
    paths.dedup();
    paths
}

/// Every source below a folder.
fn sources(folder: &Path) -> Vec<String> {
    let entries =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let texts = entries.flat_map(|path| match path.extension() {
        _ if path.is_dir() => sources(&path),
        Some(end) if end == "rs" => vec![std::fs::read_to_string(&path).expect("a source")],
        _ => vec![],
    });
    texts.collect()
}

/// A route can be registered without being listed; it can't be registered without being here.
#[tokio::test]
async fn no_route_that_the_sources_register_is_left_out() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let file = KeyFile::new("doors-sources");
    let secret = file.make(&["alice"]).await;
    let gateway = file.gateway(&upstream, &[]).await;
    let listed: Vec<String> =
        routes(&gateway, &secret).await.into_iter().map(|(_, path)| path).collect();
    let registered = registered();
    assert!(registered.len() >= 15, "{registered:?}");
    for route in &registered {
        let path = route.replace("{name}", "app.js");
        assert!(!path.contains('{'), "{path}: what would stand there?");
        for method in ["GET", "POST", "PUT", "DELETE"] {
            let status = send(&gateway, method, &path, &[]).await.status;
            assert_eq!(status == 401, !is_open(&path), "{method} {path}: {status}");
        }
        assert!(is_open(&path) || listed.contains(route), "{route} is registered, and not listed");
    }
    for path in &listed {
        assert!(registered.contains(path), "{path} is listed, and not registered");
    }
}

#[tokio::test]
async fn only_a_key_that_holds_opens() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let file = KeyFile::new("doors-keys");
    let secret = file.make(&["alice"]).await;
    let ended = file.make(&["bob", "--expires-in=1d"]).await;
    file.change(|keys| keys["keys"][1]["expires"] = "2020-01-01T00:00:00Z".into());
    let gateway = file.gateway(&upstream, &[]).await;
    let (bearer, basic) = (format!("Bearer {secret}"), format!("Basic {secret}"));
    let shouted = format!("BEARER {secret}");
    let upper = secret.to_uppercase();
    for (case, headers, code) in [
        ("bearer", &[("Authorization", bearer.as_str())][..], "ok"),
        ("own header", &[("X-API-Key", &secret)], "ok"),
        ("none", &[], "missing_api_key"),
        ("another", &[("Authorization", "Bearer igw_another")], "invalid_api_key"),
        ("another case", &[("X-API-Key", &upper)], "invalid_api_key"),
        ("a part", &[("X-API-Key", &secret[..20])], "invalid_api_key"),
        ("another scheme", &[("Authorization", &basic)], "missing_api_key"),
        ("a proxy's scheme", &[("Authorization", "Basic dTpw"), ("X-API-Key", &secret)], "ok"),
        ("an empty bearer", &[("Authorization", "Bearer "), ("X-API-Key", &secret)], "ok"),
        ("any case", &[("Authorization", &shouted), ("X-API-Key", "no")], "ok"),
        (
            "the first counts",
            &[("Authorization", "Bearer no"), ("X-API-Key", &secret)],
            "invalid_api_key",
        ),
    ] {
        let before = calls(&upstream);
        let reply = ask_as(&gateway, headers).await;
        let status = if code == "ok" { 200 } else { 401 };
        assert_eq!(outcome(&reply), (status, code.to_owned()), "{case}");
        assert_eq!(calls(&upstream) > before, code == "ok", "{case}: calls");
    }
    let reply = ask(&gateway, &ended).await;
    assert_eq!(outcome(&reply), (401, "expired_api_key".to_owned()));
    for line in gateway.stderr() {
        assert!(!line.contains(&secret) && !line.contains(&ended), "a key in the log: {line}");
    }
}

#[tokio::test]
async fn keys_and_anybody_may_be_let_in_side_by_side() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let file = KeyFile::new("doors-anonymous");
    let secret = file.make(&["alice"]).await;
    let gateway = file.gateway(&upstream, &[("ALLOW_ANONYMOUS", "true")]).await;
    assert_eq!(ask_as(&gateway, &[]).await.status, 200);
    assert_eq!(ask(&gateway, &secret).await.status, 200);
    assert_eq!(outcome(&ask(&gateway, "wrong").await), (401, "invalid_api_key".to_owned()));
    // Without keys whatever an SDK sends as one is welcome.
    let open = Gateway::before(&upstream, &[]).await;
    assert_eq!(ask(&open, "whatever").await.status, 200);
}

/// Asks with a key, for a model and a summary model.
async fn ask_for(gateway: &Gateway, secret: &str, members: Value) -> Reply {
    let mut wire = gateway.connect().await;
    wire.chat_as(&[("X-API-Key", secret)], with(question("hi"), members)).await;
    wire.reply().await
}

#[tokio::test]
async fn a_key_asks_the_models_that_it_may() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let file = KeyFile::new("doors-models");
    let secret = file.make(&["alice", "--models=big,small"]).await;
    let gateway = file.gateway(&upstream, &[]).await;
    for (members, status) in [
        (json!({"model": "big"}), 200),
        (json!({"model": "small", "summary_model": "big"}), 200),
        (json!({"model": "other"}), 403),
        (json!({"model": "big", "summary_model": "other"}), 403),
        (json!({"model": "Big"}), 403),
    ] {
        let before = calls(&upstream);
        let reply = ask_for(&gateway, &secret, members.clone()).await;
        assert_eq!(reply.status, status, "{members}: {}", reply.text());
        if status == 403 {
            assert_eq!(reply.json()["code"], "model_forbidden");
            assert_eq!(calls(&upstream), before, "{members}: nobody is called");
            let id = reply.json()["request_id"].as_str().unwrap().to_owned();
            let logged = gateway.until_logged(|line| line["request_id"] == id).await;
            assert_eq!(
                (&logged["status"], &logged["code"]),
                (&403.into(), &"model_forbidden".into())
            );
        }
    }
}

#[tokio::test]
async fn a_key_may_be_kept_from_seeing_how_a_model_thinks() {
    let upstream = mock(json!({"reasoning": "hm", "answer": "fine"})).await;
    let file = KeyFile::new("doors-visibility");
    let blind = file.make(&["blind", "--visibility=none"]).await;
    let seeing = file.make(&["seeing", "--visibility=summary"]).await;
    let trusted = file.make(&["trusted", "--visibility=raw"]).await;
    let gateway = file.gateway(&upstream, &[("REASONING_VISIBILITY", "raw")]).await;
    let body = with(question("hi"), json!({"summaries": {"visibility": "raw"}}));
    for (secret, shown, raw) in
        [(&blind, false, false), (&seeing, true, false), (&trusted, true, true)]
    {
        let mut wire = gateway.connect().await;
        wire.chat_as(&[("X-API-Key", secret)], &body).await;
        let text = wire.reply().await.text();
        assert_eq!(text.contains("event: summary.reasoning\n"), shown, "{text}");
        assert_eq!(text.contains("event: reasoning.delta\n"), raw, "{text}");
        assert!(text.contains("event: output.done"), "{text}");
    }
}
