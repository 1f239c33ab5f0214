//! Reasoning that goes on, comes back, or was none after all, while its summary is being written.

use reasoning_stream::OnMissingFinal;

use crate::scenario::Scenario;
use crate::scenario::heard::Heard;
use crate::scenario::script::{CANARY, Script};
use crate::scenario::upstream::Kind;

/// What each call for the reasoning summary was about, and when it was over.
fn read(heard: &Heard) -> Vec<String> {
    let calls = heard.calls_for(Kind::Reasoning);
    let texts = calls.iter().map(|call| {
        let text = call.body["messages"][1]["content"].as_str().expect("a text");
        let text = text.trim_start_matches("<text>\n").trim_end_matches("\n</text>");
        format!("{} {text}", call.began)
    });
    texts.collect()
}

/// Parts of the model's text, 50 ms apart.
fn tells(parts: &[&str], answer: &str) -> Script {
    let told = parts.iter().fold(Script::stream(), |script, part| script.wait(50).text(part));
    told.answering(answer).wait(50).stops()
}

#[tokio::test(start_paused = true)]
async fn reasoning_that_goes_on_is_summarised_anew() {
    for (case, parts, answer, about, story) in [
        (
            "once",
            &["<analysis>one</analysis>", "<final>42"][..],
            "42",
            &["50 one"][..],
            "P | R | D 42 | F stop",
        ),
        (
            "text between the tags",
            &["<analysis>one</analysis>", "two\n", "<final>42"],
            "42",
            &["50 one", "150 onetwo"],
            "P | R | D 42 | F stop",
        ),
        (
            "a second analysis",
            &["<analysis>one</analysis>", "<analysis>two</analysis>", "<final>42"],
            "42",
            &["50 one", "100 one\ntwo"],
            "P | R | D 42 | F stop",
        ),
        (
            "no answer follows",
            &["<analysis>one</analysis>", "two"],
            "",
            &["50 one", "150 onetwo"],
            "P | R | F stop [missing_final]",
        ),
        (
            "the answer was not opened",
            &["<analysis>one</analysis>", "It is 42.</final>"],
            "It is 42.",
            &["50 one", "100 one"],
            "P | R | D It is 42. | F stop",
        ),
        (
            "the answer was opened in a line",
            &["<analysis>one: <final>", "42"],
            "42",
            &["150 one: "],
            "P | R | D 42 | F stop",
        ),
    ] {
        let heard = Scenario::new().answer(tells(parts, answer)).ask("Why?").await;
        assert_eq!(heard.story(), story, "{case}");
        assert_eq!(read(&heard), about, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_summary_that_is_begun_anew_ends_the_one_before() {
    let answer = tells(&["<analysis>one</analysis>", "two\n", "<final>42"], "42");
    let heard = Scenario::new().answer(answer).ask("Why?").await;
    heard.expect_at("100 P | 250 R | 250 D 42 | 250 F stop");
    let ends: Vec<_> = heard.calls_for(Kind::Reasoning).iter().map(|call| call.ended).collect();
    assert_eq!(ends, [Some(100), Some(250)]);
}

#[tokio::test(start_paused = true)]
async fn reasoning_that_stops_and_goes_on_many_times_has_few_summaries() {
    let again = ["<analysis>hm</analysis>"; 9];
    let parts = [&again[..], &["<final>42"]].concat();
    let heard = Scenario::new().answer(tells(&parts, "42")).ask("Why?").await;
    heard.expect("P | R | D 42 | F stop");
    let began: Vec<_> = heard.calls_for(Kind::Reasoning).iter().map(|call| call.began).collect();
    assert_eq!(began, [50, 100, 150, 500]);
}

#[tokio::test(start_paused = true)]
async fn text_without_a_final_tag_can_be_the_answer() {
    let heard = Scenario::new()
        .answering(|answer| answer.reader.on_missing_final = OnMissingFinal::Answer)
        .answer(tells(&["<analysis>one</analysis>", "It is 42."], "It is 42."))
        .ask("Why?")
        .await;
    heard.expect("P | R | D It is 42. | F stop [missing_final]");
    assert_eq!(read(&heard), ["50 one", "150 one"]);
}

#[tokio::test(start_paused = true)]
async fn late_reasoning_is_hidden() {
    let said = || Script::stream().wait(50).thinks("6 × 7").text("<final>").says("42");
    let late_tag = format!("</final>\n<analysis>{CANARY}</analysis>");
    for (case, wait, answer) in [
        ("in its field, before the barrier", 10, said().wait(10).thinks("late").stops()),
        ("in its field, after the barrier", 500, said().wait(500).thinks("late").stops()),
        ("in tags, before the barrier", 10, said().wait(10).text(&late_tag).stops()),
        ("in tags, after the barrier", 500, said().wait(500).text(&late_tag).stops()),
    ] {
        let heard = Scenario::new().answer(answer).ask("Why?").await;
        assert_eq!(heard.story(), "P | R | D 42 | F stop [late_reasoning]", "{case}");
        assert_eq!(heard.calls_for(Kind::Reasoning).len(), 1, "{case}");
        assert!(heard.ended >= 50 + wait, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn reasoning_that_goes_on_after_its_summary_was_sent_is_late() {
    let answer = Script::stream().text("<analysis>one</analysis>").wait(500);
    let answer =
        answer.text(&format!("two {CANARY}\n")).wait(50).text("<final>").says("42").stops();
    let heard = Scenario::new().answer(answer).ask("Why?").await;
    heard.expect("P | R | D 42 | F stop [late_reasoning]");
    assert_eq!(read(&heard), ["0 one"]);
}
