//! Whatever grows has a limit: a slow reader, or a slow summary, stops the reading upstream.

use std::time::Duration;

use inference_gateway::relay::answer::ask::AnswerConfig;
use reasoning_stream::sse;
use serde_json::json;
use tokio::time::sleep;

use crate::scenario::Scenario;
use crate::scenario::heard::Heard;
use crate::scenario::rig::{Rig, next};
use crate::scenario::script::Script;
use crate::scenario::upstream::Kind;

const KIB: usize = 1024;

/// An answer of so many KiB, sent as fast as it is taken.
fn pours(kib: usize) -> Script {
    let line = "x".repeat(KIB);
    let begun = Script::stream().thinks("why").text("<final>");
    (0..kib).fold(begun, |script, _| script.says(&line)).stops()
}

/// KiB of the answer that were taken so far.
fn taken(rig: &Rig) -> usize {
    rig.log.calls_for(Kind::Answer)[0].taken / KIB
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_takes_is_not_read() {
    let rig = Scenario::new().answer(pours(1_000)).rig("Why?");
    let frames = rig.serve().await.unwrap();
    sleep(Duration::from_secs(30)).await;
    let unread = taken(&rig);
    assert!(unread <= 512, "{unread} KiB were taken for a client that reads nothing");
    let heard = rig.listen(frames).await;
    heard.expect("P | R | D 1024000 bytes | F stop");
    assert_eq!(heard.events[0].0, 30_000);
}

#[tokio::test(start_paused = true)]
async fn a_trickle_that_nobody_takes_is_not_read() {
    let begun = Script::stream().thinks("why").text("<final>");
    let trickle = (0..1_000).fold(begun, |script, _| script.wait(10).says("word "));
    let rig = Scenario::new().answer(trickle.stops()).rig("Why?");
    let mut frames = rig.serve().await.unwrap();
    sleep(Duration::from_secs(100)).await;
    let unread = rig.log.calls_for(Kind::Answer)[0].taken;
    assert!(unread < 50 * 100, "{unread} bytes were taken for a client that reads nothing");
    assert!(next(&mut frames).await.is_some());
    sleep(Duration::from_secs(1)).await;
    let more = rig.log.calls_for(Kind::Answer)[0].taken - unread;
    assert!((1..=300).contains(&more), "{more} bytes were taken for one frame");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_is_given_up_at_the_deadline() {
    let rig = Scenario::new().answer(pours(1_000)).rig("Why?");
    let frames = rig.serve().await.unwrap();
    sleep(Duration::from_secs(601)).await;
    assert_eq!(rig.log.calls_for(Kind::Answer)[0].ended, Some(600_000));
    drop(frames);
}

#[tokio::test(start_paused = true)]
async fn a_slow_prompt_summary_holds_no_more_than_the_limit() {
    let slow = Script::call().wait(9_000).completion("What is asked.");
    let rig = Scenario::new().prompt_summary(slow).answer(pours(3_000)).rig("Why?");
    let mut frames = rig.serve().await.unwrap();
    sleep(Duration::from_millis(8_900)).await;
    let held = taken(&rig);
    assert!((200..=300).contains(&held), "{held} KiB are held");
    assert!(next(&mut frames).await.is_some());
    assert_eq!(rig.log.ms(), 9_000);
}

#[tokio::test(start_paused = true)]
async fn what_is_held_is_told_in_full() {
    let slow = Script::call().wait(9_000).completion("What is asked.");
    let heard = Scenario::new().prompt_summary(slow).answer(pours(500)).ask("Why?").await;
    heard.expect_at("9000 P | 9000 R | 9000 D 512000 bytes | 9000 F stop");
}

/// An answer whose parts stay apart in one read, so that they can wait for long.
fn pours_with_counts() -> Script {
    let part = "x".repeat(500);
    let chunk = json!({"choices": [{"delta": {"content": part}}], "usage": {"total_tokens": 1}});
    let begun = Script::stream().thinks("why").text("<final>");
    (0..1_000).fold(begun, |script, _| script.event(&chunk).answering(&part))
}

#[tokio::test(start_paused = true)]
async fn a_pause_of_the_client_is_no_silence_of_the_model() {
    let pours = pours_with_counts;
    for (case, answer) in [
        ("many reads, then silence for a while", pours().wait(4_000).stops()),
        ("one read, then silence for a while", pours().joined().wait(4_000).stops()),
        ("one read, and the mark comes later", pours().finish("stop").joined().wait(1_500).done()),
    ] {
        let quiet = |config: &mut AnswerConfig| config.idle_timeout = Duration::from_secs(5);
        let rig = Scenario::new().answering(quiet).answer(answer).rig("Why?");
        let frames = rig.serve().await.unwrap();
        sleep(Duration::from_secs(200)).await;
        let heard = rig.listen(frames).await;
        assert_eq!(heard.story(), "P | R | D 500000 bytes | F stop", "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_client_does_not_shorten_the_wait_for_the_mark() {
    let answer = pours_with_counts().finish("stop").joined();
    let answer = answer.wait(1_500).usage().wait(1_500).done();
    let heard = Scenario::new().answer(answer).rig("Why?").hear_slowly(Duration::from_secs(3));
    heard.await.expect("P | R | D 500000 bytes | F stop");
}

#[tokio::test(start_paused = true)]
async fn a_slow_client_hears_the_end_though_the_deadline_passes() {
    for (case, answer, pause, end) in [
        ("while it has much to read", pours(1_000), 950, "E! 504 deadline_exceeded | F error"),
        ("while it has all but the end", pours(120), 990, "F stop"),
    ] {
        let scenario =
            Scenario::new().answering(|answer| answer.deadline = Duration::from_secs(10));
        let rig = scenario.answer(answer).rig("Why?");
        let mut frames = rig.serve().await.unwrap();
        let mut decoder = sse::Decoder::new(sse::Limits::default());
        let mut heard = Heard::committed_at(rig.log.ms());
        while let Some(frame) = next(&mut frames).await {
            heard.hear(&mut decoder, &frame, rig.log.ms());
            sleep(Duration::from_millis(pause)).await;
        }
        assert!(heard.story().ends_with(end), "{case}: {}", heard.story());
    }
}
