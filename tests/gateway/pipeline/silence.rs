//! A model server may think, but not be silent: comments and empty deltas are silence.

use std::time::Duration;

use crate::scenario::Scenario;
use crate::scenario::script::Script;

/// A request whose model server may be silent for five seconds, and is asked only once.
fn impatient() -> Scenario {
    Scenario::new().answering(|answer| {
        let quiet = Duration::from_secs(5);
        (answer.headers_timeout, answer.first_token_timeout) = (quiet, quiet);
        (answer.idle_timeout, answer.retry.max_retries) = (quiet, 0);
    })
}

/// So many seconds, with the same sign of life in each of them.
fn each_second(script: Script, seconds: usize, sign: impl Fn(Script) -> Script) -> Script {
    (0..seconds).fold(script, |script, _| sign(script.wait(1_000)))
}

/// What comes over the wire, and says nothing.
const NOTHINGS: &[(&str, &str)] = &[
    ("nothing at all", ""),
    ("comments", ": keep-alive\n\n"),
    ("pings", "event: ping\ndata: {}\n\n"),
    ("half lines", ":"),
    ("empty deltas", "data: {\"choices\":[{\"delta\":{}}]}\n\n"),
    ("empty text", "data: {\"choices\":[{\"delta\":{\"content\":\"\"}}]}\n\n"),
    (
        "empty thoughts",
        "data: {\"choices\":[{\"delta\":{\"reasoning\":\"\",\"content\":null}}]}\n\n",
    ),
    ("roles", "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n"),
    ("token counts", "data: {\"choices\":[],\"usage\":{\"total_tokens\":1}}\n\n"),
];

#[tokio::test(start_paused = true)]
async fn signs_of_life_without_content_are_silence() {
    for (case, sign) in NOTHINGS {
        let thinks = || Script::stream().wait(1_000).thinks("why");
        let says = || thinks().text("<final>").wait(500).says("4");
        for (place, answer, story) in [
            (
                "first token",
                Script::stream(),
                "100 P | 5000 E! 504 upstream_timeout | 5000 F error",
            ),
            ("reasoning", thinks(), "100 P | 6000 E! 504 upstream_timeout | 6000 F error"),
            (
                "answer",
                says(),
                "100 P | 1100 R | 1500 D 4 | 6500 E! 504 upstream_timeout | 6500 F error",
            ),
        ] {
            let heard = impatient()
                .answer(each_second(answer, 20, |script| script.bytes(*sign)).hangs())
                .ask("Why?")
                .await;
            assert_eq!(heard.timed_story(), story, "{case}, instead of the {place}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn content_is_no_silence() {
    let slow = |script: Script| script.wait(3_900);
    let thinks = each_second(Script::stream(), 3, |script| slow(script).thinks("why"));
    let says = each_second(thinks.text("<final>"), 3, |script| slow(script).says("4"));
    let heard = impatient().answer(says.wait(4_900).stops()).ask("Why?").await;
    heard.expect_at("100 P | 14800 R | 19600 D 444 | 34300 F stop");
}

#[tokio::test(start_paused = true)]
async fn no_head_is_silence() {
    impatient()
        .answer(Script::call().hangs())
        .ask("Why?")
        .await
        .expect_at("100 P | 5000 E! 504 upstream_timeout | 5000 F error");
    impatient()
        .prompt_summary(Script::call().hangs())
        .answer(Script::call().hangs())
        .ask("Why?")
        .await
        .expect_at("5000 504 upstream_timeout");
}

#[tokio::test(start_paused = true)]
async fn silence_before_the_barrier_is_tried_again() {
    for (row, broken) in [
        (11, Script::call().hangs()),
        (11, Script::stream().hangs()),
        (12, Script::stream().thinks("hm").hangs()),
    ] {
        let heard = impatient()
            .answering(|answer| answer.retry.max_retries = 1)
            .answer(broken)
            .answer(Script::thinks_and_says("why", "42"))
            .ask("Why?")
            .await;
        assert_eq!(heard.story(), "P | R | D 42 | F stop x2", "row {row}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_what_is_never_silent() {
    let short = || impatient().answering(|answer| answer.deadline = Duration::from_millis(12_500));
    let thinks = || each_second(Script::stream(), 100, |script| script.thinks("why"));
    let says = || {
        let begun = Script::stream().wait(1_000).thinks("why").text("<final>");
        each_second(begun, 100, |script| script.says("4"))
    };
    for (case, scenario, story) in [
        (
            "in the reasoning",
            short().answer(thinks()),
            "100 P | 12500 E! 504 deadline_exceeded | 12500 F error",
        ),
        (
            "in the answer",
            short().answer(says()),
            "100 P | 1100 R | 2000 D 44444444444 | 12500 E! 504 deadline_exceeded | 12500 F error",
        ),
        (
            "in a restart",
            short()
                .answering(|it| it.retry.max_retries = 1)
                .answer(Script::stream().thinks("hm").hangs())
                .answer(thinks()),
            "100 P | 12500 E! 504 deadline_exceeded | 12500 F error x2",
        ),
    ] {
        assert_eq!(scenario.ask("Why?").await.timed_story(), story, "row 32: {case}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_summary_outlives_the_deadline() {
    let short = || Scenario::new().answering(|answer| answer.deadline = Duration::from_secs(3));
    let answer = || Script::thinks_and_says("why", "42");
    for (case, scenario, story) in [
        (
            "A",
            short().prompt_summary(Script::call().hangs()).answer(answer()),
            "3000 E upstream_timeout | 3000 P* | 3000 R | 3000 D 42 | 3000 F stop",
        ),
        (
            "C",
            short().reasoning_summary(Script::call().hangs()).answer(answer()),
            "100 P | 3000 E upstream_timeout | 3000 R* | 3000 D 42 | 3000 F stop",
        ),
    ] {
        assert_eq!(scenario.ask("Why?").await.timed_story(), story, "{case}");
    }
}
