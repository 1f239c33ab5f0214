//! What a sleeping endpoint costs: one wait, bounded by the first token's time and the deadline.

use std::time::Duration;

use inference_gateway::upstream::error::{Quiet, UpstreamError};

use crate::scenario::Scenario;
use crate::scenario::script::Script;
use crate::scenario::upstream::Kind;

const QUESTION: &str = "What is 6 × 7?";
const SECOND: Duration = Duration::from_secs(1);

fn good() -> Script {
    Script::thinks_and_says("6 × 7", "42")
}

fn refuses() -> Script {
    Script::call().fails(UpstreamError::Failed { status: 503, retry_after: None })
}

/// A server that refuses once, and wakes after so many seconds if it `slept`; nothing is shown
/// before its answer begins.
fn sleeper(first: Script, seconds: u32, slept: bool) -> Scenario {
    let mut scenario = Scenario::new()
        .answering(|it| {
            it.retry.backoff = Duration::ZERO;
            it.first_token_timeout = 40 * SECOND;
        })
        .requesting(|request| {
            request.stream = false;
            request.summaries.prompt = false;
            request.summaries.reasoning = false;
        })
        .answer(first)
        .answer(good());
    scenario.scripts.wakes = Some((seconds * SECOND, slept));
    scenario
}

#[tokio::test(start_paused = true)]
async fn what_wakes_in_time_answers() {
    for (case, first, seconds, slept, calls) in [
        ("slept", refuses(), 39, true, [0, 39_000]),
        ("serves after all", refuses(), 1, false, [0, 1_000]),
        ("is held", Script::call().hangs(), 5, true, [0, 65_000]),
    ] {
        let heard = sleeper(first, seconds, slept).ask(QUESTION).await;
        assert_eq!(heard.story(), "D 42 | F stop x2", "{case}");
        let began: Vec<u64> = heard.calls_for(Kind::Answer).iter().map(|it| it.began).collect();
        assert_eq!(began, calls, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_is_a_503_that_says_when_to_return() {
    for (case, seconds, deadline, at) in
        [("first token", 41, 600, 40_000), ("deadline", 41, 20, 20_000)]
    {
        let scenario = sleeper(refuses(), seconds, true);
        let heard = scenario.answering(|it| it.deadline = deadline * SECOND).ask(QUESTION).await;
        let failure = heard.refusal.as_ref().unwrap_or_else(|| panic!("{case}: {}", heard.story()));
        assert_eq!((failure.status, failure.code), (503, "upstream_asleep"), "{case}");
        assert_eq!(failure.retry_after, Some(10 * SECOND), "{case}");
        assert!(failure.retryable, "{case}");
        assert_eq!(heard.ended, at, "{case}");
        assert_eq!(heard.calls_for(Kind::Answer).len(), 1, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_sleeps_too_long_makes_room_for_the_next() {
    let heard = sleeper(refuses(), 99, true).fallback(&[good()]).ask(QUESTION).await;
    assert_eq!(heard.story(), "D 42 | F stop x2");
    let began: Vec<_> =
        heard.calls_for(Kind::Answer).iter().map(|it| (it.server, it.began)).collect();
    assert_eq!(began, [(0, 0), (1, 40_000)]);
}

/// To wake is tried once: what fails again is like any other failure.
#[tokio::test(start_paused = true)]
async fn nobody_is_woken_twice_or_for_another_reason() {
    for (case, error, waits) in [
        ("refuses again", UpstreamError::Failed { status: 503, retry_after: None }, true),
        ("fails", UpstreamError::Failed { status: 500, retry_after: None }, false),
        ("is busy", UpstreamError::Busy { retry_after: None }, false),
        ("is unknown", UpstreamError::NotFound, false),
        (
            "is silent later",
            UpstreamError::Silent { quiet: Quiet::FirstToken, after: SECOND },
            false,
        ),
    ] {
        let mut scenario = sleeper(Script::call().fails(error.clone()), 30, true);
        scenario.scripts.answer.pop();
        let heard = scenario.ask(QUESTION).await;
        assert!(heard.refusal.is_some(), "{case}: {}", heard.story());
        assert_eq!(heard.ended, if waits { 30_000 } else { 0 }, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_summary_is_written_by_who_was_woken() {
    for (seconds, story) in
        [(5, "P | R- | D 42 | F stop"), (15, "E upstream_timeout | P* | R- | D 42 | F stop")]
    {
        let mut scenario = Scenario::new().answer(Script::stream().says("42").stops());
        scenario = scenario.prompt_summary(refuses()).prompt_summary(Script::summary("Woken."));
        scenario.scripts.wakes = Some((seconds * SECOND, true));
        let heard = scenario.ask(QUESTION).await;
        assert_eq!(heard.story(), story, "{seconds} s");
    }
}
