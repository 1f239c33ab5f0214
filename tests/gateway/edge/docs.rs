//! The API reference as a page: what goes with its files, and that they need nobody else.

use crate::process::Gateway;
use crate::process::wire::Reply;

/// What the page loads; the last two are somebody else's, and compressed.
const FILES: [(&str, &str); 6] = [
    ("/docs", "text/html; charset=utf-8"),
    ("/docs/docs.js", "text/javascript; charset=utf-8"),
    ("/docs/docs.css", "text/css; charset=utf-8"),
    ("/docs/icon.svg", "image/svg+xml"),
    ("/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    ("/docs/swagger-ui.css", "text/css; charset=utf-8"),
];

/// All of the page's bytes, as they go over the wire.
const MAX_BYTES: usize = 512 * 1024;

async fn gateway() -> Gateway {
    Gateway::at("http://127.0.0.1:1", &[]).await
}

#[tokio::test]
async fn every_file_comes_with_its_type_and_its_guards() {
    let gateway = gateway().await;
    let mut bytes = 0;
    for (path, media_type) in FILES {
        let reply = gateway.get(path).await;
        assert_eq!(reply.status, 200, "{path}");
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
        assert_strict(&reply);
        let is_packed = reply.body.starts_with(&[0x1f, 0x8b]);
        assert_eq!(reply.header("content-encoding"), is_packed.then_some("gzip"), "{path}");
        bytes += reply.body.len();
    }
    println!("{bytes} bytes");
    assert!(bytes <= MAX_BYTES, "{bytes} bytes");
}

/// Files and calls of the gateway's own origin, and nothing from a text.
#[track_caller]
fn assert_strict(reply: &Reply) {
    let policy = reply.header("content-security-policy").expect("a policy");
    let parts: Vec<&str> = policy.split("; ").map(str::trim).collect();
    for part in
        ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"]
    {
        assert!(parts.contains(&part), "{part}: {policy}");
    }
    for loose in ["unsafe", "*", "http:", "https:", "blob:"] {
        assert!(!policy.contains(loose), "{loose}: {policy}");
    }
}

#[tokio::test]
async fn our_files_name_each_other_and_nobody_else() {
    let gateway = gateway().await;
    let page = gateway.get("/docs").await.text();
    for (path, _) in &FILES[1..] {
        assert!(page.contains(&format!("\"{}\"", &path[1..])), "{path} is not named");
    }
    for (path, _) in &FILES[..4] {
        let text = gateway.get(path).await.text().replace("http://www.w3.org/2000/svg", "");
        for never in ["http://", "https://", "//cdn", "innerHTML", "eval(", "<style", " style="] {
            assert!(!text.contains(never), "{path} has {never}");
        }
    }
}

#[tokio::test]
async fn who_writes_a_slash_is_shown_the_way() {
    let gateway = gateway().await;
    let reply = gateway.get("/docs/").await;
    assert_eq!((reply.status, reply.header("location")), (308, Some("../docs")));
    for path in ["/docs/other.js", "/docs/../docs.js", "/docs/a/b", "/docs/index.html"] {
        let reply = gateway.get(path).await;
        assert_eq!((reply.status, &reply.json()["code"]), (404, &"not_found".into()), "{path}");
    }
}

#[tokio::test]
async fn a_browser_that_has_a_file_is_told_so() {
    let gateway = gateway().await;
    for (path, _) in FILES {
        let tag = gateway.get(path).await.header("etag").expect("a tag").to_owned();
        let mut wire = gateway.connect().await;
        wire.request("GET", path, &[("If-None-Match", &tag)], b"").await;
        let reply = wire.reply().await;
        assert_eq!((reply.status, reply.body.len()), (304, 0), "{path}");
    }
}
