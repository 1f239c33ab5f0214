//! One line of JSON per event (`--events`): `{"t_ms":…,"event":"…","data":{…}}`.

use std::io::{self, Write};

use gateway_client::Event;
use serde_json::{Value, json};

use super::clean;

/// Prints an event with the milliseconds since the request was sent.
pub(crate) fn print(
    out: &mut impl Write,
    event: &Event,
    request_id: Option<&str>,
    t_ms: u64,
) -> io::Result<()> {
    let mut data = data(event);
    data["request_id"] = request_id.into();
    let line = json!({ "t_ms": t_ms, "event": event.name(), "data": data }).to_string();
    writeln!(out, "{}", clean::json(&line))?;
    out.flush()
}

/// An event's members, as the wire has them.
fn data(event: &Event) -> Value {
    match event {
        Event::PromptSummary(summary) | Event::ReasoningSummary(summary) => json!(summary),
        Event::ReasoningDelta(delta) => json!(delta),
        Event::RawReasoning(text) | Event::OutputDelta(text) => json!({ "text": text }),
        Event::Error(error) => json!(error),
        Event::OutputDone(done) => json!(done),
    }
}

#[cfg(test)]
mod tests {
    use gateway_client::{Event, Source, Summary};

    use super::print;

    #[test]
    fn prints_one_line_per_event() {
        let summary = Summary { text: "a\nb\u{9b}".to_owned(), source: Source::Model };
        let mut out = Vec::new();
        print(&mut out, &Event::PromptSummary(summary), Some("r"), 7).unwrap();
        print(&mut out, &Event::OutputDelta("4".to_owned()), None, 8).unwrap();
        let expected = r#"{"t_ms":7,"event":"summary.prompt","data":{"text":"a\nb\u009b","source":"model","request_id":"r"}}
{"t_ms":8,"event":"output.delta","data":{"text":"4","request_id":null}}
"#;
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
