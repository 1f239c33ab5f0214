//! Summaries that grow while the model thinks, and how long an answer waits for them.

mod goals;
mod ladder;
mod lines;
mod stall;
mod streamed;

use std::time::Duration;

use serde_json::json;

use crate::scenario::Scenario;
use crate::scenario::script::{CANARY, Script};

const QUESTION: &str = "What is 6 × 7?";

/// A scenario with live summaries, whole ones of sections that are due after a second.
pub(crate) fn scenario() -> Scenario {
    Scenario::new()
        .requesting(|request| request.summaries.live = Some(true))
        .summarising(|summary| summary.section_time = Duration::from_secs(1))
}

/// A thought every 500 ms, a paragraph each, then the answer.
pub(crate) fn thinks_for(halves: usize) -> Script {
    let mut script = Script::stream();
    for half in 0..halves {
        script = script.delta(&json!({"reasoning_content": thought(half)})).wait(500);
    }
    script.text("<final>").says("42").stops()
}

fn thought(half: usize) -> String {
    format!("{CANARY} thought {half}.\n\n")
}

/// A summary model's reply that comes as a stream: a piece each 100 ms.
fn pieces(texts: &[&str]) -> Script {
    let mut script = Script::stream();
    for text in texts {
        script = script.wait(100).delta(&json!({"content": text}));
    }
    script
}
