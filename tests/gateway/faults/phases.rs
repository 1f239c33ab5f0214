//! Every fault of call B that can be scripted behind the trait, in each phase of the request.
//!
//! The numbers are those of the fault table: what fails before the first token has two columns,
//! before and after the commit; what breaks the stream has three, because it can come when the
//! answer is being shown. Rows 11, 12 and 32 are in `silence`, 30 and 31 in `limits`, 15, 16, 18 to
//! 20, 22 to 24, 26 and 28 in `endings`. Row 10 is a rule of `policy`; row 37 needs sockets.

use std::time::Duration;

use inference_gateway::upstream::error::{Quiet, UpstreamError};

use crate::scenario::Scenario;
use crate::scenario::heard::Heard;
use crate::scenario::script::Script;
use crate::scenario::upstream::Kind;

const QUESTION: &str = "What is 6 × 7?";

fn failed(status: u16) -> UpstreamError {
    UpstreamError::Failed { status, retry_after: None }
}

fn failed_for(seconds: u64) -> UpstreamError {
    UpstreamError::Failed { status: 503, retry_after: Some(Duration::from_secs(seconds)) }
}

fn refused(status: u16) -> UpstreamError {
    UpstreamError::Refused { status, code: None }
}

fn busy(seconds: Option<u64>) -> UpstreamError {
    UpstreamError::Busy { retry_after: seconds.map(Duration::from_secs) }
}

/// The prompt summary hangs, so that nothing but the answer can commit.
async fn before_commit(answer: Script) -> Heard {
    let scenario = Scenario::new().prompt_summary(Script::call().hangs());
    let scenario = scenario.summarising(|summary| summary.timeout = Duration::from_secs(500));
    scenario.answering(|it| it.retry.backoff = Duration::ZERO).answer(answer).ask(QUESTION).await
}

async fn after_commit(answer: Script) -> Heard {
    Scenario::new().answer(answer).ask(QUESTION).await
}

#[tokio::test(start_paused = true)]
async fn faults_before_the_first_token() {
    let silent = || UpstreamError::Silent { quiet: Quiet::Headers, after: Duration::from_secs(1) };
    let garbled = || UpstreamError::Garbled("it is a web page");
    for (row, error, status, code, calls) in [
        (1, UpstreamError::Unreachable, 502, "upstream_connect", 4),
        (1, UpstreamError::Unresolved, 502, "upstream_dns", 4),
        (2, UpstreamError::Untrusted, 502, "upstream_tls", 1),
        (3, refused(400), 400, "upstream_refused", 1),
        (3, refused(413), 413, "upstream_refused", 1),
        (3, refused(422), 422, "upstream_refused", 1),
        (4, UpstreamError::Unauthorized, 502, "upstream_auth", 1),
        (5, UpstreamError::NotFound, 404, "upstream_not_found", 1),
        (6, failed(408), 504, "upstream_failed", 4),
        (6, failed(409), 409, "upstream_failed", 4),
        (6, failed(500), 502, "upstream_failed", 4),
        (6, failed(502), 502, "upstream_failed", 4),
        (6, failed(503), 503, "upstream_failed", 4),
        (6, failed(504), 504, "upstream_failed", 4),
        (6, failed(529), 503, "upstream_failed", 4),
        (8, busy(None), 429, "upstream_busy", 4),
        (8, busy(Some(1)), 429, "upstream_busy", 4),
        (9, busy(Some(31)), 429, "upstream_busy", 1),
        (9, UpstreamError::QuotaSpent, 503, "upstream_quota", 1),
        (11, silent(), 504, "upstream_timeout", 4),
        (13, UpstreamError::Reset, 502, "upstream_reset", 4),
        (29, garbled(), 502, "upstream_protocol", 4),
        (33, UpstreamError::Redirected, 502, "upstream_redirect", 1),
        (34, UpstreamError::Compressed, 502, "upstream_protocol", 1),
    ] {
        let times = if calls == 1 { String::new() } else { format!(" x{calls}") };
        let heard = before_commit(Script::call().fails(error.clone())).await;
        assert_eq!(heard.story(), format!("{status} {code}{times}"), "row {row}: {error}");
        let heard = after_commit(Script::call().wait(200).fails(error.clone())).await;
        let story = format!("P | E! {status} {code} | F error{times}");
        assert_eq!(heard.story(), story, "row {row}: {error}");
    }
}

/// A fault in the body, added to what came before it.
type Fault = fn(Script) -> Script;

/// A fault of the stream, and what a client hears of it.
struct Row {
    row: u8,
    case: &'static str,
    fault: Fault,
    /// Status and code when it strikes the first bytes, and when it strikes later.
    codes: [&'static str; 2],
    is_tried_again: bool,
}

const fn again(row: u8, case: &'static str, fault: Fault, codes: [&'static str; 2]) -> Row {
    Row { row, case, fault, codes, is_tried_again: true }
}

const fn once(row: u8, case: &'static str, fault: Fault, code: &'static str) -> Row {
    Row { row, case, fault, codes: [code, code], is_tried_again: false }
}

fn stream_faults() -> Vec<Row> {
    let [reset, broken, failed, busy] =
        ["502 upstream_reset", "502 upstream_protocol", "502 upstream_failed", "429 upstream_busy"];
    let [empty, truncated] = ["502 upstream_empty", "502 upstream_truncated"];
    let overloaded = "503 upstream_failed";
    vec![
        again(13, "reset", |it| it.fails(UpstreamError::Reset), [reset; 2]),
        again(14, "clean close", |it| it, [empty, truncated]),
        again(14, "clean close, marked", Script::done, [empty, truncated]),
        again(17, "malformed JSON", |it| it.bytes("data: {\"choices\":[\n\n"), [broken; 2]),
        again(21, "busy", |it| it.bytes("data: {\"error\":{\"code\":429}}\n\n"), [busy; 2]),
        again(
            21,
            "failed",
            |it| it.bytes("event: error\ndata: {\"code\":503}\n\n"),
            [overloaded; 2],
        ),
        again(21, "finish reason", |it| it.finish("error"), [failed; 2]),
        once(
            21,
            "refused",
            |it| it.bytes("data: {\"error\":{\"code\":400}}\n\n"),
            "400 upstream_refused",
        ),
        once(
            27,
            "long line",
            |it| it.bytes("x".repeat((1 << 20) + 1)),
            "502 upstream_line_too_long",
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn faults_in_the_stream() {
    for Row { row, case, fault, codes: [first, later], is_tried_again } in stream_faults() {
        let [x2, x4] = if is_tried_again { [" x2", " x4"] } else { ["", ""] };
        let thinking = Script::stream().thinks("6 × 7").wait(200);
        let said = thinking.clone().text("<final>").says("4").wait(1_000);

        let heard = before_commit(fault(Script::stream())).await;
        assert_eq!(heard.story(), format!("{first}{x4}"), "row {row}: {case}, before the commit");
        let heard = after_commit(fault(Script::stream().wait(200))).await;
        let story = format!("P | E! {first} | F error{x4}");
        assert_eq!(heard.story(), story, "row {row}: {case}, before the first token");
        let heard = after_commit(fault(thinking)).await;
        let story = format!("P | E! {later} | F error{x2}");
        assert_eq!(heard.story(), story, "row {row}: {case}, in the reasoning");
        let heard = after_commit(fault(said)).await;
        let story = format!("P | R | D 4 | E! {later} | F error");
        assert_eq!(heard.story(), story, "row {row}: {case}, in the answer");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_that_passes_is_not_noticed() {
    let good = || Script::thinks_and_says("6 × 7", "42");
    for Row { row, case, fault, .. } in stream_faults().into_iter().filter(|it| it.is_tried_again) {
        for broken in [fault(Script::stream()), fault(Script::stream().thinks("hm").wait(200))] {
            let heard = Scenario::new().answer(broken).answer(good()).ask(QUESTION).await;
            assert_eq!(heard.story(), "P | R | D 42 | F stop x2", "row {row}: {case}");
        }
    }
    let refuses = || Script::call().fails(failed(503));
    let scenario = Scenario::new().answer(refuses()).answer(refuses()).answer(good());
    assert_eq!(scenario.ask(QUESTION).await.story(), "P | R | D 42 | F stop x3", "row 7");
}

#[tokio::test(start_paused = true)]
async fn busy_servers_get_the_rest_they_ask_for() {
    for (row, error, calls, retry_after, ended) in [
        (8, busy(Some(7)), 4, Some(7), 21_000..=29_000),
        (8, busy(Some(30)), 4, Some(30), 90_000..=97_000),
        (9, busy(Some(31)), 1, Some(31), 200..=200),
        (9, busy(Some(3_600)), 1, Some(60), 200..=200),
        (9, failed_for(31), 1, Some(31), 200..=200),
        (8, failed_for(7), 4, Some(7), 21_000..=29_000),
    ] {
        let scenario = Scenario::new().requesting(|request| request.stream = false);
        let answer = Script::call().wait(200).fails(error.clone());
        let heard = scenario.answer(answer.clone()).ask(QUESTION).await;
        let failure = heard.refusal.as_ref().unwrap();
        assert_eq!(
            failure.retry_after,
            retry_after.map(Duration::from_secs),
            "row {row}: {error:?}"
        );
        assert_eq!(heard.calls_for(Kind::Answer).len(), calls);
        assert!(ended.contains(&heard.ended), "row {row}: {error:?}, {} ms", heard.ended);
    }
}

#[tokio::test(start_paused = true)]
async fn no_retry_begins_that_the_deadline_would_end() {
    let heard = Scenario::new()
        .prompt_summary(Script::call().hangs())
        .answering(|answer| answer.deadline = Duration::from_secs(20))
        .answer(Script::call().wait(100).fails(busy(Some(25))))
        .ask(QUESTION)
        .await;
    assert_eq!(heard.timed_story(), "100 429 upstream_busy", "row 36");
}
