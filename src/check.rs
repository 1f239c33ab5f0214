//! `inference-gateway check`: what would hold, and what the start would fail at. It listens nowhere.

use inference_gateway::app;
use inference_gateway::app::access::Doors;
use inference_gateway::config::start::Configuration;

/// What holds, as text; asked to, also who can be reached, and then the code is 1 if not all can.
///
/// # Errors
/// What the start would fail at, as text.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(it: &Configuration, online: bool) -> Result<(String, u8), String> {
    let doors = Doors::open(&it.settings, it.file.as_ref()).await?;
    let relay = app::relay(&it.settings, it.file.as_ref(), &doors)?;
    let (mut report, mut code) = (it.report(), 0);
    for (name, health) in if online { relay.upstream_health().await } else { vec![] } {
        let (word, took) = (reached(health.reachable), health.took_ms);
        let detail = health.detail.map(|detail| format!(" ({detail})")).unwrap_or_default();
        report.push_str(&format!("upstream {name:<15} {word} in {took} ms{detail}\n"));
        code |= u8::from(!health.reachable);
    }
    // Keys that stand there were asked for by now; all else goes without it.
    let asked = if online || it.settings.keys_in_redis { doors.reach().await } else { None };
    if let Some(heard) = asked {
        let (word, why) = (reached(heard.is_ok()), heard.as_ref().err());
        let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
        report.push_str(&format!("redis    {:<15} {word}{why}\n", ""));
        code |= u8::from(online && heard.is_err());
    }
    Ok((report, code))
}

const fn reached(is: bool) -> &'static str {
    if is { "reached" } else { "not reached" }
}
