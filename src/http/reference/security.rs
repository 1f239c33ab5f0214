//! How a client says who it is.

use utoipa::openapi::SecurityRequirement;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};

const BEARER: &str = "bearer";
const API_KEY: &str = "apiKey";

/// Either way of sending a key.
pub(super) fn either() -> [SecurityRequirement; 2] {
    [BEARER, API_KEY].map(|name| SecurityRequirement::new(name, std::iter::empty::<String>()))
}

/// Both ways, by their names.
pub(super) fn schemes() -> [(&'static str, SecurityScheme); 2] {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A key that the operator has given, as OpenAI's SDKs send it."));
    let text =
        "The same key, as Anthropic's SDKs send it. A bearer that is not empty goes before it.";
    let own = ApiKey::Header(ApiKeyValue::with_description("X-API-Key", text));
    [(BEARER, SecurityScheme::Http(bearer.build())), (API_KEY, SecurityScheme::ApiKey(own))]
}
