//! Every dialect on a paused clock: live summaries, silence, and raw reasoning that breaks off.

use std::time::Duration;

use inference_gateway::upstream::error::UpstreamError;
use serde_json::{Value, json};

use super::{block, messages, openai, responses};
use crate::process::{question, with};
use crate::scenario::Scenario;
use crate::scenario::routes::post;
use crate::scenario::script::{CANARY, Script};
use crate::scenario::upstream::Kind;

const SUMMARY: &str = "/v1/chat/completions";

/// A path, and a body that asks for all that its dialect can tell.
fn ways() -> [(&'static str, Value); 4] {
    let stream = json!({"stream": true});
    [
        (SUMMARY, question("What is 6 × 7?")),
        (openai::PATH, openai::body(stream.clone())),
        (responses::PATH, responses::body(stream.clone())),
        (messages::PATH, messages::body(stream)),
    ]
}

/// What a frame says, in the words of one dialect: kinds and texts, an end where a thing ends.
fn tell(path: &str, data: &Value) -> Option<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().replace('\n', "/");
    let delta = &data["choices"][0]["delta"];
    Some(match path {
        openai::PATH if delta["reasoning_content"].is_string() => text(&delta["reasoning_content"]),
        responses::PATH => match data["type"].as_str()? {
            "response.reasoning_summary_part.added" => format!("+{}", data["summary_index"]),
            "response.reasoning_summary_text.delta" => text(&data["delta"]),
            "response.reasoning_summary_part.done" => format!("={}", text(&data["part"]["text"])),
            _ => return None,
        },
        messages::PATH if data["delta"]["type"] == "thinking_delta" => {
            text(&data["delta"]["thinking"])
        }
        _ => return None,
    })
}

/// The frames of one reply, each with its time and what it tells of the reasoning.
fn story(path: &str, frames: &[(u64, String)]) -> String {
    let told = frames.iter().filter_map(|(at, frame)| {
        let blocks = frame.split("\n\n").filter(|text| !text.is_empty() && !text.starts_with(':'));
        let parts: Vec<String> = blocks.filter_map(|text| tell(path, &block(text).data)).collect();
        (!parts.is_empty()).then(|| format!("{at} {}", parts.join(" ")))
    });
    told.collect::<Vec<_>>().join(" | ")
}

/// A thought every 500 ms, the answer after seven of them.
fn thinks_slowly() -> Script {
    let thoughts = (0..7).map(|half| format!("{CANARY} thought {half}.\n\n"));
    let think = |script: Script, text| script.delta(&json!({"reasoning_content": text})).wait(500);
    thoughts.fold(Script::stream(), think).says("42").stops()
}

fn live() -> Scenario {
    Scenario::new().summarising(|summary| summary.section_time = Duration::from_secs(1))
}

#[tokio::test(start_paused = true)]
async fn each_dialect_tells_a_live_summary_while_the_model_thinks_and_once() {
    let expected = [
        "",
        "1100 One. | 2600 /Two. | 3600 /Three.",
        "100 +0 What is asked. =What is asked. | 1100 +1 One. | 2600 =One. +2 Two. | 3600 =Two. +3 Three. | 3600 =Three.",
        "100 What is asked. | 1100 // One. | 2600 /Two. | 3600 /Three.",
    ];
    let mut told = Vec::new();
    for (path, body) in ways() {
        let scenario = ["One.", "Two.", "Three."]
            .into_iter()
            .fold(live(), |scenario, text| scenario.reasoning_summary(Script::summary(text)));
        let rig = scenario.answer(thinks_slowly()).rig("What is 6 × 7?");
        let body = with(body, json!({"summaries": {"live": true}}));
        let (status, frames) = post(&rig, path, &body).await;
        assert_eq!(status, 200, "{frames:?}");
        assert!(!format!("{frames:?}").contains(CANARY), "{frames:#?}");
        told.push(story(path, &frames));
    }
    assert_eq!(told, expected);
}

#[tokio::test(start_paused = true)]
async fn each_dialect_keeps_a_silent_stream_alive_in_its_own_way() {
    for (path, body) in ways() {
        let script = Script::stream().thinks("Hm.").wait(31_000).says("42").stops();
        let rig = Scenario::new().answer(script).rig("What is 6 × 7?");
        let (status, frames) = post(&rig, path, &body).await;
        let ping = "event: ping\ndata: {\"type\":\"ping\"}\n\n";
        let sign = if path == messages::PATH { ping } else { ": keep-alive\n\n" };
        let signs = frames.iter().filter(|(_, frame)| frame == sign);
        let times: Vec<u64> = signs.map(|(at, _)| *at).collect();
        // The prompt's summary is told at 100 ms; then there is silence.
        assert_eq!((status, times), (200, vec![15_100, 30_100]), "{path}: {frames:#?}");
    }
}

/// What is said while the timer runs begins the silence anew, each time.
#[tokio::test(start_paused = true)]
async fn a_stream_is_silent_from_its_last_word_on() {
    for (path, body) in ways() {
        let script =
            Script::stream().thinks("Hm.").says("Forty").wait(10_000).says("-").wait(14_000);
        let script = script.says("two").wait(16_000).says(".").stops();
        let rig = Scenario::new().answer(script).rig("What is 6 × 7?");
        let (status, frames) = post(&rig, path, &body).await;
        let signs = frames
            .iter()
            .filter(|(_, frame)| frame.contains("keep-alive") || frame.contains("ping"));
        let times: Vec<u64> = signs.map(|(at, _)| *at).collect();
        assert_eq!((status, times), (200, vec![39_000]), "{path}: {frames:#?}");
    }
}

/// What a client has seen of a thought is not thought anew; what it has not seen yet may be.
#[tokio::test(start_paused = true)]
async fn raw_reasoning_that_breaks_off_is_made_anew_only_before_it_is_shown() {
    let broken = |quiet| {
        let script = Script::stream().thinks("First.").wait(quiet);
        script.fails(UpstreamError::Reset)
    };
    for (path, body) in ways() {
        // The prompt's summary, which stands before all reasoning, is there after 100 ms.
        for (case, quiet, calls, ends_well) in
            [("before it is shown", 50, 2, true), ("after it was shown", 500, 1, false)]
        {
            let scenario = Scenario::new().answer(broken(quiet));
            let whole = Script::stream().thinks("Second.").says("Forty-two").stops();
            let rig = scenario.answer(whole).rig("What is 6 × 7?");
            let body = with(body.clone(), json!({"summaries": {"visibility": "raw"}}));
            let (status, frames) = post(&rig, path, &body).await;
            let text: String = frames.into_iter().map(|(_, frame)| frame).collect();
            let seen =
                (text.contains("First."), text.contains("Second."), text.contains("Forty-two"));
            assert_eq!(status, 200, "{path}, {case}: {text}");
            assert_eq!(seen, (!ends_well, ends_well, ends_well), "{path}, {case}: {text}");
            assert_eq!(rig.log.calls_for(Kind::Answer).len(), calls, "{path}, {case}: {text}");
            assert_eq!(text.contains("upstream_reset"), !ends_well, "{path}, {case}: {text}");
        }
    }
}
