//! What the gateway says of itself when it starts: where it is, and a command to paste.

use std::net::SocketAddr;

use inference_gateway::config::Settings;

/// The banner, or one line of it where nobody watches.
pub(crate) fn banner(addr: SocketAddr, settings: &Settings, watched: bool) -> String {
    let listening =
        format!("inference-gateway {} listening on http://{addr}\n", env!("CARGO_PKG_VERSION"));
    if !watched {
        return listening;
    }
    let upstream = format!("{}{}", settings.upstream_base_url, settings.upstream_path);
    let key = if settings.upstream_api_key.is_some() { "with a key" } else { "without a key" };
    let summaries = settings.summary_model_default.as_deref().unwrap_or("the request's own model");
    let models = match settings.allow_models.as_slice() {
        [] => "any model".to_owned(),
        listed => listed.join(", "),
    };
    let model = settings.allow_models.first().map_or("demo", String::as_str);
    let warning = if addr.ip().is_loopback() {
        ""
    } else {
        "\n  anyone who can reach this address can use the upstream's key\n"
    };
    format!(
        "{listening}
  chat       POST http://{addr}/v1/chat/completions   ({models})
  health     http://{addr}/healthz · /ready · /upstream-health
  upstream   {upstream}   ({key})
  summaries  by {summaries}
{warning}
  curl -N http://{addr}/v1/chat/completions -H 'Content-Type: application/json' \\
    -d '{{\"model\":\"{model}\",\"messages\":[{{\"role\":\"user\",\"content\":\"Why is the sky blue?\"}}]}}'

"
    )
}
