//! Before the reasoning summary is sent the answer may begin anew: nothing of it was shown.

use std::time::Duration;

use inference_gateway::upstream::error::UpstreamError;

use crate::scenario::Scenario;
use crate::scenario::script::Script;
use crate::scenario::upstream::Kind;

fn at_once(scenario: Scenario) -> Scenario {
    scenario.answering(|answer| answer.retry.backoff = Duration::ZERO)
}

#[tokio::test(start_paused = true)]
async fn what_came_of_a_broken_run_is_void() {
    let broken = Script::stream().wait(100).thinks("first").text("<final>wrong").wait(100);
    let whole = Script::stream().wait(100).thinks("second").text("<final>").says("42").wait(100);
    let heard = at_once(Scenario::new())
        .prompt_summary(Script::call().wait(250).completion("What is asked."))
        .answer(broken.usage().fails(UpstreamError::Reset))
        .answer(whole.stops())
        .reasoning_summary(Script::call().hangs())
        .reasoning_summary(Script::summary("The second thought."))
        .ask("What is 6 × 7?")
        .await;
    heard.expect_at("250 P | 400 R | 400 D 42 | 400 F stop x2");
    assert_eq!(heard.reasoning_summary().text, "The second thought.");
    let about: Vec<_> = heard.calls_for(Kind::Reasoning);
    assert_eq!((about[0].began, about[0].ended), (100, Some(200)), "given up with the run");
    let read = about[1].body["messages"][1]["content"].as_str().unwrap();
    assert!(read.contains("second") && !read.contains("first"), "{read}");
    let timings = heard.done().unwrap().timings;
    assert_eq!((timings.first_reasoning, timings.first_answer_upstream), (Some(300), Some(300)));
}

#[tokio::test(start_paused = true)]
async fn restarts_and_retries_have_limits_of_their_own() {
    let refuses = || Script::call().fails(UpstreamError::Unreachable);
    let breaks = || Script::stream().thinks("why").wait(10).fails(UpstreamError::Reset);
    let stays = || Script::stream().thinks("why").says("42").stops();
    for (case, max_restarts, max_retries, scripts, end) in [
        ("no restart", 0, 3, vec![breaks()], "E! 502 upstream_reset | F error"),
        ("one restart", 1, 3, vec![breaks()], "E! 502 upstream_reset | F error x2"),
        ("two restarts", 2, 3, vec![breaks()], "E! 502 upstream_reset | F error x3"),
        ("restarts are retries, too", 9, 3, vec![breaks()], "E! 502 upstream_reset | F error x4"),
        ("no retries", 9, 0, vec![breaks()], "E! 502 upstream_reset | F error"),
        (
            "a retry, then a restart",
            1,
            3,
            vec![refuses(), breaks(), stays()],
            "R | D 42 | F stop x3",
        ),
        (
            "a restart, then retries",
            1,
            3,
            vec![breaks(), refuses(), refuses(), stays()],
            "R | D 42 | F stop x4",
        ),
        (
            "a restart, then a break",
            1,
            3,
            vec![breaks(), refuses(), breaks(), stays()],
            "E! 502 upstream_reset | F error x3",
        ),
    ] {
        let scenario = at_once(Scenario::new()).requesting(|it| it.summaries.prompt = false);
        let scenario = scenario.answering(|answer| {
            (answer.max_restarts, answer.retry.max_retries) = (max_restarts, max_retries);
        });
        let heard = scripts.into_iter().fold(scenario, Scenario::answer).ask("Why?").await;
        assert_eq!(heard.story(), end, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_barrier_is_the_reasoning_summary() {
    for (case, breaks_at, story) in [
        ("while the summary is written", 190, "100 P | 490 R | 490 D 42 | 490 F stop x2"),
        (
            "once it is sent",
            250,
            "100 P | 200 R | 200 D 4 | 250 E! 502 upstream_reset | 250 F error",
        ),
    ] {
        let broken = Script::stream().wait(100).thinks("why").text("<final>").says("4");
        let whole = Script::thinks_and_says("why", "42");
        let heard = at_once(Scenario::new())
            .answer(broken.wait(breaks_at - 100).fails(UpstreamError::Reset))
            .answer(whole)
            .ask("What is 6 × 7?")
            .await;
        assert_eq!(heard.timed_story(), story, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn waits_between_calls_are_drawn_from_growing_windows() {
    let seed = 20_261_121;
    println!("seed {seed}");
    fastrand::seed(seed);
    for _ in 0..200 {
        let heard = Scenario::new()
            .prompt_summary(Script::call().hangs())
            .answer(Script::call().fails(UpstreamError::Unreachable))
            .ask("Why?")
            .await;
        heard.expect("502 upstream_connect x4");
        let began: Vec<u64> = heard.calls_for(Kind::Answer).iter().map(|it| it.began).collect();
        let waits = began.windows(2).map(|pair| pair[1] - pair[0]);
        for (wait, window) in waits.zip([1_000, 2_000, 4_000]) {
            assert!(wait <= window, "{wait} ms of {window}");
        }
    }
}
