//! Reasoning and answers that never end, end here: rows 30 and 31 of the fault table.

use crate::scenario::Scenario;
use crate::scenario::script::Script;
use crate::scenario::upstream::Kind;

const KIB: usize = 1024;

#[tokio::test(start_paused = true)]
async fn endless_reasoning_is_summarised_and_ended() {
    let line = "a long thought ".repeat(KIB);
    let begun = Script::stream().wait(200).thinks("head of all thoughts");
    let thinks = (0..100).fold(begun, |script, _| script.thinks(&line)).wait(100);
    let heard = Scenario::new().answer(thinks.text("<final>").says("42").stops()).ask("Why?").await;
    heard.expect_at("100 P | 300 R | 300 E! 502 reasoning_limit | 300 F error");
    let answer = heard.calls_for(Kind::Answer)[0];
    assert_eq!(answer.ended, Some(200), "the model is not listened to any more");
    assert!(answer.taken < 1_200 * KIB, "{} bytes were taken", answer.taken);
    let read = heard.calls_for(Kind::Reasoning)[0].body["messages"][1]["content"].to_string();
    assert!(read.contains("head of all thoughts") && read.contains("[…]"), "{read}");
    assert!((8_000..8_200).contains(&read.chars().count()), "{}", read.chars().count());
}

#[tokio::test(start_paused = true)]
async fn reasoning_for_minutes_is_summarised_and_ended() {
    let begun = Script::stream().wait(10_000).thinks("why");
    let thinks = (0..100).fold(begun, |script, _| script.wait(7_000).thinks("why"));
    let heard = Scenario::new().answer(thinks.hangs()).ask("Why?").await;
    // The first thought after 300 s is the 43rd.
    heard.expect_at("100 P | 311100 R | 311100 E! 502 reasoning_limit | 311100 F error");
}

#[tokio::test(start_paused = true)]
async fn limits_of_reasoning_hold_without_its_summary() {
    let line = "a long thought ".repeat(KIB);
    let thinks = (0..100).fold(Script::stream().wait(200), |script, _| script.thinks(&line));
    let heard = Scenario::new()
        .requesting(|request| request.summaries.reasoning = false)
        .answer(thinks.hangs())
        .ask("Why?")
        .await;
    heard.expect_at("100 P | 200 E! 502 reasoning_limit | 200 F error");
}

#[tokio::test(start_paused = true)]
async fn an_endless_answer_is_ended() {
    let line = "x".repeat(64 * KIB);
    let begun = Script::stream().thinks("why").text("<final>");
    let says = (0..100).fold(begun, |script, _| script.says(&line)).stops();
    let heard = Scenario::new().answer(says).ask("Why?").await;
    // The part that passes the limit is the last to be shown.
    let shown = (4 * 1024 + 64) * KIB;
    heard.expect(&format!("P | R | D {shown} bytes | E! 502 output_limit | F error"));
    let taken = heard.calls_for(Kind::Answer)[0].taken;
    assert!(taken < 4_400 * KIB, "{taken} bytes were taken");
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_the_greatest_length_is_whole() {
    let line = "x".repeat(64 * KIB);
    let begun = Script::stream().thinks("why").text("<final>");
    let says = (0..64).fold(begun, |script, _| script.says(&line)).stops();
    let heard = Scenario::new().answer(says).ask("Why?").await;
    heard.expect(&format!("P | R | D {} bytes | F stop", 4 * KIB * KIB));
}
