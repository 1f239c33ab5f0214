//! Which spans a request leaves, on a paused clock.

use std::time::Duration;

use inference_gateway::traces::names;
use inference_gateway::upstream::error::UpstreamError;
use tokio::time::timeout;

use crate::scenario::Scenario;
use crate::scenario::rig::settle;
use crate::scenario::script::Script;
use crate::scenario::spans::word;

fn says() -> Script {
    Script::stream().wait(200).thinks("hm").wait(100).says("42").usage().wait(100).stops()
}

fn breaks() -> Script {
    Script::stream().wait(50).thinks("hm").wait(50).fails(UpstreamError::Reset)
}

fn at_once(scenario: Scenario) -> Scenario {
    scenario.answering(|answer| answer.retry.backoff = Duration::ZERO)
}

/// The story of the spans of one request whose client leaves after this time, in milliseconds.
async fn story(scenario: Scenario, leaves_at: u64) -> Vec<String> {
    let rig = scenario.rig("Why?");
    let spans = rig.spans.clone();
    let _ = timeout(Duration::from_millis(leaves_at), rig.hear()).await;
    settle().await;
    spans.story()
}

/// A case: the request, and its spans.
type Case = (&'static str, Scenario, &'static [&'static str]);

async fn expect<const N: usize>(leaves_at: u64, cases: [Case; N]) {
    for (case, scenario, expected) in cases {
        assert_eq!(story(scenario, leaves_at).await, expected, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_answered_is_four_spans_or_more() {
    let in_order: Case = (
        "in order",
        Scenario::new().answer(says()),
        &[
            "server stop 0-400 commit@50 barrier@400 first_answer@400",
            "prompt_summary 1 0-100",
            "answer 1 0-400",
            "reasoning_summary 1 300-400",
        ],
    );
    let unreachable = Script::call().wait(30).fails(UpstreamError::Unreachable);
    let again: Case = (
        "made again",
        at_once(Scenario::new().answer(unreachable).answer(says())),
        &[
            "server stop 0-430 retry@30 commit@80 barrier@430 first_answer@430",
            "prompt_summary 1 0-100",
            "answer 1 0-30 !upstream_connect",
            "answer 2 30-430",
            "reasoning_summary 1 330-430",
        ],
    );
    let anew: Case = (
        "begun anew",
        at_once(Scenario::new().answer(breaks()).answer(says())),
        &[
            "server stop 0-500 commit@50 restart@100 barrier@500 first_answer@500",
            "prompt_summary 1 0-100",
            "answer 1 0-100 !upstream_reset",
            "answer 2 100-500",
            "reasoning_summary 1 400-500",
        ],
    );
    let refusing = Script::call().fails(UpstreamError::Unauthorized);
    let elsewhere: Case = (
        "elsewhere",
        Scenario::new().answer(refusing).fallback(&[says()]),
        &[
            "server stop 0-400 failover@0 commit@50 barrier@400 first_answer@400",
            "prompt_summary 1 0-100",
            "answer 1 0-0 !upstream_auth",
            "answer 2 0-400",
            "reasoning_summary 1 300-400",
        ],
    );
    expect(9_000, [in_order, again, anew, elsewhere]).await;
}

#[tokio::test(start_paused = true)]
async fn what_fails_says_so_in_its_own_span() {
    let refused: Case = (
        "refused",
        Scenario::new().answer(Script::call().wait(20).fails(UpstreamError::NotFound)),
        &[
            "server upstream_not_found 0-20",
            "prompt_summary 1 0-20 !cancelled",
            "answer 1 0-20 !upstream_not_found",
        ],
    );
    let begun = Script::stream().thinks("hm").text("<final>").says("4").wait(500);
    let broken: Case = (
        "broken",
        Scenario::new().answer(begun.fails(UpstreamError::Reset)),
        &[
            "server upstream_reset 0-500 !upstream_reset commit@0 barrier@100 first_answer@100",
            "prompt_summary 1 0-100",
            "answer 1 0-500 !upstream_reset",
            "reasoning_summary 1 0-100",
        ],
    );
    let missing = Script::call().wait(10).fails(UpstreamError::NotFound);
    let no_summary: Case = (
        "a summary failed",
        Scenario::new().prompt_summary(missing).answer(says()),
        &[
            "server stop 0-400 commit@50 barrier@400 first_answer@400",
            "prompt_summary 1 0-10 !upstream_not_found",
            "answer 1 0-400",
            "reasoning_summary 1 300-400",
        ],
    );
    expect(9_000, [refused, broken, no_summary]).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_ends_all_spans() {
    let left: Case = (
        "left",
        Scenario::new().answer(says()),
        &[
            "server client_left 0-250 commit@50",
            "prompt_summary 1 0-100",
            "answer 1 0-250 !cancelled",
        ],
    );
    expect(250, [left]).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_says_what_was_asked_and_what_it_took() {
    let scenario = Scenario::new().answer(says()).requesting(|request| {
        for (name, value) in [
            ("temperature", 0.5.into()),
            ("top_p", 0.9.into()),
            ("top_k", 40.into()),
            ("frequency_penalty", 0.1.into()),
            ("presence_penalty", 0.2.into()),
            ("max_completion_tokens", 100.into()),
            ("seed", 7.into()),
            ("stop", "canary-stop".into()),
        ] {
            request.members.insert(name.to_owned(), value);
        }
    });
    let rig = scenario.rig("Why?");
    let spans = rig.spans.clone();
    rig.hear().await;
    let spans = spans.taken();
    let [_, _, answer, _] = &spans[..] else { panic!("{spans:#?}") };
    let all = |span: &inference_gateway::traces::span::Span| {
        let rows = span.attributes.iter().map(|(name, value)| format!("{name}={}", word(value)));
        rows.collect::<Vec<_>>()
    };
    assert_eq!(answer.name, "chat thinker");
    let expected = [
        "gen_ai.operation.name=chat",
        "gateway.upstream=server 0",
        "gateway.call=answer",
        "gateway.attempt=1",
        "gen_ai.request.model=thinker",
        "gen_ai.request.stream=true",
        "gen_ai.request.temperature=0.5",
        "gen_ai.request.top_p=0.9",
        "gen_ai.request.frequency_penalty=0.1",
        "gen_ai.request.presence_penalty=0.2",
        "gen_ai.request.max_tokens=100",
        "gen_ai.request.top_k=40",
        "gen_ai.request.seed=7",
        "gen_ai.response.time_to_first_chunk=0.2",
    ];
    assert_eq!(all(answer)[..expected.len()], expected);
    for name in ["gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"] {
        assert!(answer.get(name).is_some(), "{name}: {:?}", all(answer));
    }
    assert!(all(answer).contains(&"gen_ai.response.finish_reasons=stop".to_owned()));
    assert!(!format!("{spans:?}").contains("canary"), "{spans:#?}");
    assert!(names::OF_CONTENT.iter().all(|name| answer.get(name).is_none()));
}

#[tokio::test(start_paused = true)]
async fn whoever_is_not_served_leaves_one_span() {
    let rig = Scenario::new().answer(says()).rig("Why?");
    let mut serving = Box::pin(rig.serve());
    assert!(futures::poll!(&mut serving).is_pending());
    drop(serving);
    settle().await;
    assert_eq!(rig.spans.story(), ["server client_left 0-0"]);
}
