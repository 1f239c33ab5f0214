//! When the HTTP status is certain: until then a failure is a real HTTP error.

use inference_gateway::upstream::error::UpstreamError;

use crate::scenario::Scenario;
use crate::scenario::script::Script;

fn refused() -> UpstreamError {
    UpstreamError::Refused { status: 400, code: None }
}

fn answer(head_at: u64) -> Script {
    Script::call().wait(head_at).head()
}

#[tokio::test(start_paused = true)]
async fn the_status_waits_for_a_sign_of_life() {
    let (slow, fast) = (Script::call().hangs(), Script::summary("What is asked."));
    for (case, prompt, answer, committed) in [
        ("the head and a token", &slow, answer(300).thinks("why"), 300),
        ("the head and a comment", &slow, answer(300).bytes(": hello\n\n"), 300),
        ("the head and no more yet", &slow, answer(300).wait(1_000), 350),
        ("the head, then a token soon", &slow, answer(300).wait(20).thinks("why"), 320),
        ("the prompt summary", &fast, answer(300), 100),
        ("no fallback, but the head", &Script::call().fails(refused()), answer(300).wait(100), 350),
        ("no sign of life", &slow, answer(30_000), 15_000),
        ("no head, and tokens too late", &slow, answer(14_990).wait(100).thinks("why"), 15_000),
    ] {
        let heard = Scenario::new()
            .prompt_summary(prompt.clone())
            .summarising(|summary| summary.timeout *= 2)
            .answer(answer.says("42").stops())
            .ask("What is 6 × 7?")
            .await;
        assert_eq!(heard.committed, committed, "{case}: {}", heard.timed_story());
        assert_eq!(heard.answer(), "42", "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_in_the_first_bytes_is_an_http_error() {
    let too_long = format!("data: {}\n\n", "x".repeat(2 << 20));
    for (case, answer, story) in [
        (
            "a reported error",
            Script::stream().bytes("data: {\"error\":{\"code\":400}}\n\n"),
            "0 400 upstream_refused",
        ),
        (
            "an error right after the head",
            Script::stream().wait(40).fails(refused()),
            "40 400 upstream_refused",
        ),
        (
            "a line that is too long",
            Script::stream().bytes(too_long),
            "0 502 upstream_line_too_long",
        ),
    ] {
        let heard = Scenario::new()
            .prompt_summary(Script::call().hangs())
            .answer(answer)
            .ask("What is 6 × 7?")
            .await;
        assert_eq!(heard.timed_story(), story, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_the_head_keeps_the_status_open() {
    let heard = Scenario::new()
        .prompt_summary(Script::call().hangs())
        .answering(|answer| answer.retry.backoff = std::time::Duration::ZERO)
        .answer(Script::stream().wait(30).fails(UpstreamError::Reset))
        .answer(Script::call().wait(200).fails(UpstreamError::NotFound))
        .ask("What is 6 × 7?")
        .await;
    heard.expect_at("230 404 upstream_not_found x2");
}

#[tokio::test(start_paused = true)]
async fn a_whole_reply_commits_at_its_end() {
    let whole = || Scenario::new().requesting(|request| request.stream = false);
    let heard = whole().answer(Script::thinks_and_says("6 × 7", "42")).ask("What is 6 × 7?").await;
    heard.expect_at("300 P | 300 R | 300 D 42 | 300 F stop");
    assert_eq!(heard.committed, 300);

    let broken = Script::stream().thinks("why").says("<final>4").wait(900);
    let heard = whole().answer(broken.fails(UpstreamError::Reset)).ask("What is 6 × 7?").await;
    heard.expect_at("900 502 upstream_reset");
}
