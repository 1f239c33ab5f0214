//! Which web pages may call, and what of an answer they may read.

use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

/// What scripts of a page may read beside what a browser always shows them.
pub(super) const EXPOSED: [&str; 22] = [
    "x-request-id",
    "request-id",
    "retry-after",
    "www-authenticate",
    "x-should-retry",
    "x-cache",
    "x-gateway-model",
    "x-reasoning-visibility",
    "ratelimit-policy",
    "ratelimit",
    "x-ratelimit-limit-requests",
    "x-ratelimit-remaining-requests",
    "x-ratelimit-reset-requests",
    "x-ratelimit-limit-tokens",
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-reset-tokens",
    "x-ratelimit-limit-tokens-day",
    "x-ratelimit-remaining-tokens-day",
    "x-ratelimit-reset-tokens-day",
    "x-ratelimit-limit-concurrency",
    "x-ratelimit-remaining-concurrency",
    "x-ratelimit-reset-concurrency",
];

/// Lets pages of these origins in; none, unless some are listed.
pub(super) fn layer(origins: &[String]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let origins = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()))
    };
    let layer = CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST])
        // SDKs in a page send a dozen headers of their own.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(EXPOSED.map(HeaderName::from_static));
    Some(layer)
}
