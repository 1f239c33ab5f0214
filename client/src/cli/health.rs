//! Whether the gateway is well, as lines and as an exit code.

use std::io::{self, Write};

use gateway_client::{Client, Health, Upstream};
use serde_json::json;

use super::args::Args;
use super::ask;
use super::clean;
use super::exit::Exit;
use super::failure::Failure;
use super::screen::Screen;

/// Prints how gateway and upstreams are; fails where nobody answers.
pub(crate) async fn show(args: &Args, screen: &mut Screen) -> Result<Exit, Failure> {
    let client = ask::client(&args.server)?;
    let health = screen.wait_for("asking the gateway…", client.health()).await??;
    let text = if args.looks.json {
        clean::json(&format!("{:#}", json!(health)))
    } else {
        lines(&health, &client)
    };
    writeln!(io::stdout(), "{text}")?;
    Ok(if health.is_well() { Exit::Ok } else { Exit::Error })
}

fn lines(health: &Health, client: &Client) -> String {
    let ready = if health.ready { "ready" } else { "stopping: it takes no requests" };
    let mut lines = vec![format!("gateway   {ready}  ({})", client.base())];
    lines.extend(health.upstreams.iter().map(|(name, upstream)| line(name, upstream)));
    lines.join("\n")
}

fn line(name: &str, upstream: &Upstream) -> String {
    let status = upstream.status.map(|status| format!("status {status}"));
    let took = (upstream.took_ms > 0).then(|| format!("{} ms", upstream.took_ms));
    let name = (!name.is_empty()).then(|| clean::line(name));
    let detail = upstream.detail.as_deref().map(clean::line);
    let more: Vec<String> = [name, status, took, detail].into_iter().flatten().collect();
    let reached = if upstream.reachable { "reachable" } else { "NOT reachable" };
    format!("upstream  {reached}  ({})", more.join(", ")).replace("  ()", "")
}

#[cfg(test)]
mod tests {
    use gateway_client::Upstream;

    use super::line;

    #[test]
    fn says_what_is_known_of_an_upstream() {
        let up = Upstream { reachable: true, status: Some(200), took_ms: 3, detail: None };
        let down = Upstream {
            reachable: false,
            status: None,
            took_ms: 0,
            detail: Some("refused\x1b".to_owned()),
        };
        let unknown = Upstream { reachable: true, status: None, took_ms: 0, detail: None };
        for (name, upstream, expected) in [
            ("", &up, "upstream  reachable  (status 200, 3 ms)"),
            ("big", &up, "upstream  reachable  (big, status 200, 3 ms)"),
            ("", &down, "upstream  NOT reachable  (refused␛)"),
            ("", &unknown, "upstream  reachable"),
        ] {
            assert_eq!(line(name, upstream), expected);
        }
    }
}
