//! One line per call on stderr: no content, no keys.

use std::io::Write;

use crate::call::Call;
use crate::call_log::End;

/// Characters of a path that are shown.
const MAX_PATH: usize = 200;

/// Writes the line of a call; where stderr is gone, nobody misses it.
pub(crate) fn write(call: &Call, end: &End) {
    drop(writeln!(std::io::stderr(), "{}", line(call, end)));
}

fn line(call: &Call, end: &End) -> String {
    let path = call.path.chars().take(MAX_PATH).collect::<String>();
    let status = end.status.map_or_else(|| "-".to_owned(), |status| status.to_string());
    let took_ms = end.at.saturating_sub(call.began).as_millis();
    format!(
        "{} {path} {status} {}{} tokens={} took_ms={took_ms} {}",
        call.method,
        call.kind.as_str(),
        if call.stream { " stream" } else { "" },
        end.tokens,
        end.ending.as_str(),
    )
}
