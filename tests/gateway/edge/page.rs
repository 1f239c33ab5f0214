//! The playground's files: what goes with them, what they may not hold, and the switch.

use std::collections::BTreeSet;

use crate::process::Gateway;
use crate::process::wire::Reply;

/// All of the page's bytes.
const MAX_BYTES: usize = 60_000;

const ASSETS: [&str; 12] = [
    "app.js",
    "dom.js",
    "icon.svg",
    "inspector.js",
    "markdown.js",
    "order.js",
    "pane.js",
    "request.js",
    "sse.js",
    "style.css",
    "timeline.js",
    "turn.js",
];

/// A gateway that has no upstream: the page does not need any.
async fn gateway(playground: &str) -> Gateway {
    Gateway::at("http://127.0.0.1:1", &[("PLAYGROUND", playground)]).await
}

fn paths() -> Vec<String> {
    let assets = ASSETS.iter().map(|name| format!("/assets/{name}"));
    std::iter::once("/".to_owned()).chain(assets).collect()
}

async fn asked(gateway: &Gateway, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut wire = gateway.connect().await;
    wire.request(method, path, headers, b"").await;
    wire.reply().await
}

#[tokio::test]
async fn every_file_comes_with_its_type_and_its_guards() {
    let gateway = gateway("true").await;
    for path in paths() {
        let reply = gateway.get(&path).await;
        assert_eq!(reply.status, 200, "{path}");
        let media_type = match path.rsplit('.').next() {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => "text/html; charset=utf-8",
        };
        for (name, value) in [
            ("content-type", media_type),
            ("cache-control", "no-cache"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(reply.header(name), Some(value), "{path}");
        }
        assert!(reply.header("x-request-id").is_some(), "{path}");
        assert_eq!(reply.header("www-authenticate"), None, "{path}: nobody needs a key");
        assert_strict(reply.header("content-security-policy").unwrap());
    }
}

#[track_caller]
fn assert_strict(policy: &str) {
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{part}: {policy}");
    }
    for loose in ["unsafe", "*", "http:", "https:", "data:", "blob:"] {
        assert!(!policy.contains(loose), "{loose}: {policy}");
    }
}

#[tokio::test]
async fn all_of_the_page_is_small_and_needs_nobody_else() {
    let gateway = gateway("true").await;
    let mut bytes = 0;
    for path in paths() {
        let text = gateway.get(&path).await.text();
        bytes += text.len();
        let own = text.replace("http://www.w3.org/2000/svg", "");
        for never in [
            "http://",
            "https://",
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "<style",
            " style=",
            " onclick=",
            "localStorage",
            "sessionStorage",
            "document.cookie",
        ] {
            assert!(!own.contains(never), "{path} has {never}");
        }
    }
    println!("{bytes} bytes");
    assert!(bytes <= MAX_BYTES, "{bytes} bytes");
}

#[tokio::test]
async fn the_page_names_all_that_is_served_and_no_more() {
    let gateway = gateway("true").await;
    let mut named = BTreeSet::new();
    for path in paths() {
        let text = gateway.get(&path).await.text();
        for before in ["\"assets/", "from \"./"] {
            let names = text.split(before).skip(1).filter_map(|rest| rest.split('"').next());
            named.extend(names.map(str::to_owned));
        }
    }
    assert_eq!(named, ASSETS.map(str::to_owned).into());
}

#[tokio::test]
async fn a_browser_that_has_the_file_is_told_so() {
    let gateway = gateway("true").await;
    for path in paths() {
        let first = gateway.get(&path).await;
        let tag = first.header("etag").unwrap().to_owned();
        for (known, status) in [
            (tag.clone(), 304),
            (format!("W/{tag}"), 304),
            (format!("\"other\", {tag}"), 304),
            ("*".to_owned(), 304),
            ("\"other\"".to_owned(), 200),
        ] {
            let reply = asked(&gateway, "GET", &path, &[("If-None-Match", &known)]).await;
            assert_eq!((reply.status, reply.header("etag")), (status, Some(&*tag)), "{known}");
            assert_eq!(reply.body.is_empty(), status == 304, "{path} {known}");
            assert!(reply.header("content-security-policy").is_some(), "{path} {known}");
        }
    }
    assert_ne!(
        gateway.get("/").await.header("etag"),
        gateway.get("/assets/app.js").await.header("etag")
    );
}

#[tokio::test]
async fn only_get_and_head_are_answered() {
    let gateway = gateway("true").await;
    for path in ["/", "/assets/app.js"] {
        for method in ["POST", "PUT", "DELETE"] {
            let reply = asked(&gateway, method, path, &[]).await;
            assert_eq!((reply.status, reply.header("allow")), (405, Some("GET,HEAD")), "{method}");
        }
        let whole = gateway.get(path).await;
        let mut wire = gateway.connect().await;
        wire.request("HEAD", path, &[("Connection", "close")], b"").await;
        let head = wire.head().await;
        let length = whole.body.len().to_string();
        assert_eq!((head.status, head.header("content-length")), (200, Some(&*length)), "{path}");
        assert!(wire.closed().await.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn other_names_are_not_files() {
    let gateway = gateway("true").await;
    for path in [
        "/assets",
        "/assets/",
        "/assets/index.html",
        "/assets/../app.js",
        "/assets/a/app.js",
        "/assets/%2e%2e%2fapp.js",
    ] {
        let reply = gateway.get(path).await;
        assert_eq!((reply.status, &reply.json()["code"]), (404, &"not_found".into()), "{path}");
    }
}

#[tokio::test]
async fn the_page_can_be_switched_off() {
    let gateway = gateway("false").await;
    for path in paths() {
        assert_eq!(gateway.get(&path).await.status, 404, "{path}");
    }
    assert_eq!(gateway.get("/healthz").await.status, 200);
}
