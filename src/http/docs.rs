//! `GET /docs`: the API reference as a page, Swagger UI from the program itself.
//!
//! What others have written (`docs/swagger-ui`, with its licence) is kept as it was published, and
//! compressed: browsers unpack it. The page loads what it brings, calls this gateway, and nothing else.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{self, HeaderName};
use http::{HeaderMap, StatusCode};

use super::asset::{Asset, HTML, SCRIPT, STYLE, SVG};
use super::problem::Problem;
use super::router::Gateway;

/// Nothing but files and calls of this origin; no inline script or style, no framing. The style sheet
/// brings its icons as `data:` images.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

static INDEX: LazyLock<Asset> =
    LazyLock::new(|| file("index.html", HTML, include_bytes!("docs/index.html")));

static ASSETS: LazyLock<[Asset; 5]> = LazyLock::new(|| {
    let script = include_bytes!("docs/swagger-ui/swagger-ui-bundle.js.gz");
    let style = include_bytes!("docs/swagger-ui/swagger-ui.css.gz");
    [
        file("docs.css", STYLE, include_bytes!("docs/docs.css")),
        file("docs.js", SCRIPT, include_bytes!("docs/docs.js")),
        file("icon.svg", SVG, include_bytes!("page/icon.svg")),
        file("swagger-ui-bundle.js", SCRIPT, script).with(header::CONTENT_ENCODING, "gzip"),
        file("swagger-ui.css", STYLE, style).with(header::CONTENT_ENCODING, "gzip"),
    ]
});

fn file(name: &'static str, media_type: &'static str, bytes: &'static [u8]) -> Asset {
    Asset::new(name, media_type, bytes)
        .with(header::CONTENT_SECURITY_POLICY, POLICY)
        .with(HeaderName::from_static("cross-origin-resource-policy"), "same-origin")
}

/// The page's routes.
pub(super) fn routes() -> Router<Arc<Gateway>> {
    Router::new()
        .route("/docs", get(index))
        .route("/docs/", get(without_slash))
        .route("/docs/{name}", get(asset))
}

async fn index(headers: HeaderMap) -> Response {
    INDEX.answer(&headers)
}

/// The page's links are relative to `/docs`, wherever a proxy has put that.
async fn without_slash() -> Response {
    (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, "../docs")]).into_response()
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let asset = ASSETS.iter().find(|asset| asset.name == name).ok_or(Problem::NotFound)?;
    Ok(asset.answer(&headers))
}
