//! Where a model server is, as traces tell it.

use http::Uri;

use crate::config::file::kind::Kind;
use crate::traces::call::Place;

/// The place of a server of this kind at this URL.
pub(super) fn place(kind: Kind, url: &str) -> Place {
    let url: Option<Uri> = url.parse().ok();
    let url = url.filter(|_| kind != Kind::Echo);
    let default = |url: &Uri| if url.scheme_str() == Some("https") { 443 } else { 80 };
    Place {
        provider: Some(provider(kind)),
        address: url.as_ref().and_then(Uri::host).map(ToOwned::to_owned),
        port: url.as_ref().map(|url| url.port_u16().unwrap_or_else(|| default(url))),
    }
}

/// What OpenTelemetry's conventions call it, or would if they knew it. One that speaks OpenAI's
/// protocol, and of which no more is known, is called so.
const fn provider(kind: Kind) -> &'static str {
    match kind {
        Kind::Generic | Kind::Openai => "openai",
        Kind::Friendli => "friendli",
        Kind::Vllm => "vllm",
        Kind::Ollama => "ollama",
        Kind::Openrouter => "openrouter",
        Kind::LlamaCompletion => "llama.cpp",
        Kind::Echo => "echo",
    }
}

#[cfg(test)]
mod tests {
    use super::place;
    use crate::config::file::kind::Kind;
    use crate::traces::call::Place;

    #[test]
    fn a_url_tells_the_place() {
        for (kind, url, provider, address, port) in [
            (
                Kind::Friendli,
                "https://api.friendli.ai/v1",
                "friendli",
                Some("api.friendli.ai"),
                Some(443),
            ),
            (Kind::Generic, "http://localhost:8001", "openai", Some("localhost"), Some(8001)),
            (Kind::Vllm, "http://[::1]/v1", "vllm", Some("[::1]"), Some(80)),
            (Kind::Echo, "http://localhost:8001", "echo", None, None),
        ] {
            let (provider, address) = (Some(provider), address.map(ToOwned::to_owned));
            assert_eq!(place(kind, url), Place { provider, address, port }, "{url}");
        }
    }
}
