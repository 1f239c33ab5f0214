//! When the client leaves, every call ends at once, at whatever stage.

use std::time::Duration;

use inference_gateway::upstream::error::UpstreamError;
use tokio::time::{sleep, timeout};

use crate::scenario::Scenario;
use crate::scenario::rig::settle;
use crate::scenario::script::Script;
use crate::scenario::upstream::{Call, Kind};

fn hangs() -> Script {
    Script::call().hangs()
}

fn thinking() -> Script {
    Script::stream().wait(100).thinks("why")
}

/// The calls that are open, or were at that time, as letters.
fn open_at(calls: &[Call], at: u64) -> String {
    let open = calls.iter().filter(|call| call.ended.is_none_or(|ended| ended >= at));
    let letter = |call: &Call| match call.kind {
        Kind::Prompt => 'A',
        Kind::Answer => 'B',
        Kind::Reasoning => 'C',
    };
    let mut letters: Vec<char> = open.map(letter).collect();
    letters.sort_unstable();
    letters.into_iter().collect()
}

/// Leaves after so many milliseconds; returns the calls that were open until then.
async fn leaves(case: &str, scenario: Scenario, at: u64) -> String {
    let rig = scenario.rig("What is 6 × 7?");
    let log = std::sync::Arc::clone(&rig.log);
    let heard = timeout(Duration::from_millis(at), rig.hear()).await;
    assert!(heard.is_err(), "{case}: it was over before");
    settle().await;
    assert_eq!(log.ms(), at, "{case}: no time has passed");
    let calls = log.calls();
    for call in &calls {
        assert!(call.ended.is_some(), "{case}: {:?} is still open", call.kind);
    }
    sleep(Duration::from_secs(100)).await;
    assert_eq!(log.calls().len(), calls.len(), "{case}: a call for nobody");
    open_at(&calls, at)
}

#[tokio::test(start_paused = true)]
async fn leaving_ends_every_call_at_once() {
    let new = Scenario::new;
    let busy = UpstreamError::Busy { retry_after: Some(Duration::from_secs(20)) };
    let said = || thinking().text("<final>").says("4");
    for (case, scenario, at, open) in [
        ("before the head", new().prompt_summary(hangs()).answer(hangs()), 50, "AB"),
        (
            "in a backoff, before the commit",
            new().prompt_summary(hangs()).answer(Script::call().fails(busy.clone())),
            5_000,
            "A",
        ),
        ("in a backoff, after the commit", new().answer(Script::call().fails(busy)), 5_000, ""),
        (
            "in the backoff of a summary",
            new()
                .prompt_summary(
                    Script::call()
                        .fails(UpstreamError::Busy { retry_after: Some(Duration::from_secs(1)) }),
                )
                .answer(hangs()),
            900,
            "B",
        ),
        (
            "waiting for the first token",
            new().prompt_summary(hangs()).answer(Script::stream().hangs()),
            1_000,
            "AB",
        ),
        ("in the reasoning", new().prompt_summary(hangs()).answer(thinking().hangs()), 1_000, "AB"),
        ("while C runs", new().answer(said().hangs()).reasoning_summary(hangs()), 1_000, "BC"),
        (
            "while all three run",
            new().prompt_summary(hangs()).answer(said().hangs()).reasoning_summary(hangs()),
            1_000,
            "ABC",
        ),
        (
            "while A alone runs",
            new().prompt_summary(hangs()).answer(said().says("2").stops()),
            1_000,
            "A",
        ),
        ("in the answer", new().answer(said().hangs()), 1_000, "B"),
        (
            "waiting for a whole reply",
            new().answer(said().hangs()).requesting(|it| it.stream = false),
            1_000,
            "B",
        ),
    ] {
        assert_eq!(leaves(case, scenario, at).await, open, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn leaving_a_full_buffer_ends_the_call() {
    let line = "x".repeat(1_000);
    let begun = thinking().text("<final>");
    let pours = (0..3_000).fold(begun, |script, _| script.says(&line)).stops();
    let rig = Scenario::new().answer(pours).rig("Why?");
    let frames = rig.serve().await.unwrap();
    sleep(Duration::from_secs(10)).await;
    assert_eq!(rig.log.calls_for(Kind::Answer)[0].ended, None);
    drop(frames);
    settle().await;
    assert_eq!(rig.log.calls_for(Kind::Answer)[0].ended, Some(rig.log.ms()));
}
