//! `GET /` and `GET /assets/…`: the playground, files of this folder that the program carries.
//!
//! The page may load what it brings, call this gateway, and nothing else: its policy says so.
//! Browsers keep the files, and ask each time whether theirs is still the one.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue};

use super::asset::{Asset, HTML, SCRIPT, STYLE, SVG};
use super::problem::Problem;
use super::router::Gateway;

/// Nothing but files of this origin; no inline script or style, no framing, no HTML from text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

static INDEX: LazyLock<Asset> =
    LazyLock::new(|| file("index.html", HTML, include_str!("page/index.html")));

static ASSETS: LazyLock<[Asset; 12]> = LazyLock::new(|| {
    [
        file("app.js", SCRIPT, include_str!("page/app.js")),
        file("dom.js", SCRIPT, include_str!("page/dom.js")),
        file("icon.svg", SVG, include_str!("page/icon.svg")),
        file("inspector.js", SCRIPT, include_str!("page/inspector.js")),
        file("markdown.js", SCRIPT, include_str!("page/markdown.js")),
        file("order.js", SCRIPT, include_str!("page/order.js")),
        file("pane.js", SCRIPT, include_str!("page/pane.js")),
        file("request.js", SCRIPT, include_str!("page/request.js")),
        file("sse.js", SCRIPT, include_str!("page/sse.js")),
        file("style.css", STYLE, include_str!("page/style.css")),
        file("timeline.js", SCRIPT, include_str!("page/timeline.js")),
        file("turn.js", SCRIPT, include_str!("page/turn.js")),
    ]
});

fn file(name: &'static str, media_type: &'static str, text: &'static str) -> Asset {
    Asset::new(name, media_type, text.as_bytes())
        .with(header::CONTENT_SECURITY_POLICY, POLICY)
        .with(HeaderName::from_static("cross-origin-resource-policy"), "same-origin")
}

/// The page's routes.
pub(super) fn routes() -> Router<Arc<Gateway>> {
    Router::new().route("/", get(index)).route("/assets/{name}", get(asset))
}

/// The page itself, with the challenge of a gateway that wants a key (RFC 9110, section 11.6.1):
/// the page then asks for one before it asks for anything in vain.
async fn index(State(gateway): State<Arc<Gateway>>, headers: HeaderMap) -> Response {
    let mut response = INDEX.answer(&headers);
    if gateway.relay.wants_key() {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let asset = ASSETS.iter().find(|asset| asset.name == name).ok_or(Problem::NotFound)?;
    Ok(asset.answer(&headers))
}
