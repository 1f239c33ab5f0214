//! What the gateway says of itself when it starts: where it is, and a command to paste.

use std::net::SocketAddr;

use inference_gateway::config::settings::Settings;

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
    let needs_key = settings.keys_file.is_some();
    let bearer = if needs_key { " -H \"Authorization: Bearer $KEY\"" } else { "" };
    let playground =
        if settings.playground { format!("\n  playground http://{addr}/") } else { String::new() };
    let warning = if addr.ip().is_loopback() || needs_key && !settings.allow_anonymous {
        ""
    } else {
        "\n  anyone who can reach this address can use the upstream's key\n"
    };
    format!(
        "{listening}{playground}
  chat       POST http://{addr}/v1/chat/completions   ({models})
  reference  http://{addr}/docs
  health     http://{addr}/healthz · /ready · /upstream-health
  upstream   {upstream}   ({key})
  summaries  by {summaries}
{warning}
  curl -N http://{addr}/v1/chat/completions -H 'Content-Type: application/json'{bearer} \\
    -d '{{\"model\":\"{model}\",\"messages\":[{{\"role\":\"user\",\"content\":\"Why is the sky blue?\"}}]}}'

"
    )
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use inference_gateway::config::settings::Settings;

    use super::banner;

    fn shown(addr: &str, args: &[&str]) -> String {
        let args = std::iter::once("inference-gateway").chain(args.iter().copied());
        banner(addr.parse().unwrap(), &Settings::try_parse_from(args).unwrap(), true)
    }

    #[test]
    fn says_where_it_is_and_how_to_ask() {
        let args = ["--upstream-base-url=https://host/v1", "--allow-models=big,small"];
        let text = shown("127.0.0.1:8123", &args);
        for part in [
            "listening on http://127.0.0.1:8123\n",
            "curl -N http://127.0.0.1:8123/v1/chat/completions ",
            "reference  http://127.0.0.1:8123/docs\n",
            "\"model\":\"big\"",
            "(big, small)",
            "https://host/v1/chat/completions   (without a key)",
            "the request's own model",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn names_the_playground_where_it_is_served() {
        let line = "playground http://127.0.0.1:8123/\n";
        assert!(shown("127.0.0.1:8123", &[]).contains(line));
        assert!(!shown("127.0.0.1:8123", &["--playground=false"]).contains("playground"));
    }

    #[test]
    fn the_command_to_paste_holds_one_json_object() {
        let text = shown("127.0.0.1:8123", &[]);
        let (_, json) = text.split_once("-d '").expect("a body");
        let json = json.trim_end().trim_end_matches('\'');
        let body: serde_json::Value = serde_json::from_str(json).expect("JSON");
        assert_eq!(body["messages"][0]["role"], "user");
    }

    #[test]
    fn keys_are_not_shown_and_open_doors_are() {
        let key = "--upstream-api-key=canary";
        let text = shown("0.0.0.0:80", &[key]);
        assert!(text.contains("(with a key)") && !text.contains("canary"), "{text}");
        assert!(text.contains("anyone who can reach this address"), "{text}");
        assert!(!shown("127.0.0.1:80", &[key]).contains("anyone"));
        let keyed = shown("0.0.0.0:80", &["--keys-file=keys.json"]);
        assert!(keyed.contains("Bearer $KEY") && !keyed.contains("anyone"), "{keyed}");
    }
}
