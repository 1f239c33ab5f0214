//! What became of one stream, and which promises it broke.

use std::time::Duration;

use reasoning_stream::{Attempts, Done, Event, FinishReason, Timings};
use serde_json::{Value, json};

use super::listening::{End, Heard};
use super::plan::{Client, PROMPT_CANARY, Plan, REASONING_CANARY};

/// The deadline of a request, and what a busy machine may add to it.
const LONGEST: Duration = Duration::from_secs(22);
/// Retries, a restart, and the first call.
const MOST_ATTEMPTS: u32 = 5;

/// How a stream ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    Whole,
    /// Broken off after it began, with the code of its fatal error.
    Failed(String),
    /// Refused before it began, with the problem's code.
    Refused(String),
    Left,
}

/// The outcome, and the promises that were broken.
pub(super) fn judge(plan: &Plan, heard: &Heard) -> (Outcome, Vec<String>) {
    let mut broken = Vec::new();
    let mut promise = |holds: bool, what: &str| {
        if !holds {
            broken.push(format!("{}: {what}", plan.request_id));
        }
    };
    let body = [&heard.bytes[..], &heard.reply.body].concat();
    promise(!contains(&body, REASONING_CANARY), "raw reasoning was sent");
    let id = Some(plan.request_id.as_str());
    promise(heard.reply.header("x-request-id") == id, "another request's id");
    promise(heard.envelopes.iter().all(|it| Some(&*it.request_id) == id), "another's event");
    promise(plan.answer.starts_with(&answer(heard)), "no prefix of the answer");
    if heard.end == End::Left {
        return (Outcome::Left, broken);
    }
    promise(heard.end == End::Complete, "the connection broke off");
    let is_slow = matches!(plan.client, Client::Rests(_));
    promise(is_slow || heard.took <= LONGEST, "longer than the deadline");
    if heard.reply.status != 200 {
        let code = problem_code(heard);
        promise(code.is_some(), "a refusal that says nothing");
        promise(!contains(&body, PROMPT_CANARY), "a refusal repeats the prompt");
        return (Outcome::Refused(code.unwrap_or_default()), broken);
    }
    if plan.client == Client::Whole {
        let completion: Value = serde_json::from_slice(&body).unwrap_or_default();
        let choice = &completion["choices"][0];
        promise(choice["message"]["content"] == plan.answer, "not the whole answer");
        promise(choice["finish_reason"] == plan.told(), "a success that the model did not report");
        promise(completion["summaries"]["reasoning"]["text"].is_string(), "no summary");
        return (Outcome::Whole, broken);
    }
    promise(heard.disorder.is_none(), heard.disorder.as_deref().unwrap_or_default());
    let fatal: Vec<&str> = fatal_codes(heard);
    promise(done(heard).is_some(), "no end");
    let Some(done) = done(heard) else { return (Outcome::Failed("no end".into()), broken) };
    promise(done.attempts.b <= MOST_ATTEMPTS, "too many attempts");
    promise(done.attempts.a <= 2 && done.attempts.c <= 4, "too many attempts at a summary");
    promise((done.finish_reason == FinishReason::Error) == (fatal.len() == 1), "an unclear end");
    if let [code, ..] = fatal[..] {
        return (Outcome::Failed(code.to_owned()), broken);
    }
    promise(done.finish_reason.as_str() == plan.told(), "a success that the model did not report");
    promise(answer(heard) == plan.answer, "a success without the whole answer");
    (Outcome::Whole, broken)
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn answer(heard: &Heard) -> String {
    let events = heard.envelopes.iter().map(|envelope| &envelope.event);
    let deltas = events.filter_map(|event| match event {
        Event::OutputDelta(text) => Some(text.as_str()),
        Event::PromptSummary(_)
        | Event::RawReasoning(_)
        | Event::ReasoningDelta(_)
        | Event::ReasoningSummary(_)
        | Event::Error(_)
        | Event::OutputDone(_) => None,
    });
    deltas.collect()
}

fn fatal_codes(heard: &Heard) -> Vec<&str> {
    let events = heard.envelopes.iter().map(|envelope| &envelope.event);
    let codes = events.filter_map(|event| match event {
        Event::Error(error) if error.fatal => Some(error.code.as_str()),
        Event::Error(_)
        | Event::PromptSummary(_)
        | Event::RawReasoning(_)
        | Event::ReasoningDelta(_)
        | Event::ReasoningSummary(_)
        | Event::OutputDelta(_)
        | Event::OutputDone(_) => None,
    });
    codes.collect()
}

fn done(heard: &Heard) -> Option<&Done> {
    match &heard.envelopes.last()?.event {
        Event::OutputDone(done) => Some(done),
        Event::PromptSummary(_)
        | Event::RawReasoning(_)
        | Event::ReasoningDelta(_)
        | Event::ReasoningSummary(_)
        | Event::OutputDelta(_)
        | Event::Error(_) => None,
    }
}

fn problem_code(heard: &Heard) -> Option<String> {
    let problem: Value = serde_json::from_slice(&heard.reply.body).ok()?;
    let status = problem["status"].as_u64() == Some(heard.reply.status.into());
    problem["code"].as_str().filter(|_| status).map(str::to_owned)
}

#[test]
fn every_broken_promise_is_noticed() {
    let plan = Plan::steady(7);
    let delta = |text: &str| Event::OutputDelta(text.to_owned());
    let done = |reason: &str| {
        Event::OutputDone(Done {
            finish_reason: reason.into(),
            usage: None,
            timings: Timings::default(),
            warnings: Vec::new(),
            attempts: Attempts { a: 1, b: 1, c: 1 },
            tool_calls: Vec::new(),
        })
    };
    let error = json!({"message": "", "type": "server_error", "param": null, "code": null});
    let fatal = json!({"message": "", "stage": "upstream_stream", "code": "cut", "status": 502,
        "retryable": true, "fatal": true, "error": error});
    let fatal = Event::Error(serde_json::from_value(fatal).expect("an error's data"));
    let (start, _) = plan.answer.split_at(5);
    for (case, bytes, events, expected) in [
        ("whole", "", vec![delta(&plan.answer), done(plan.told())], None),
        ("broken", "", vec![delta(start), fatal.clone(), done("error")], None),
        ("raw", REASONING_CANARY, vec![delta(start), fatal, done("error")], Some("raw reasoning")),
        ("gap", "", vec![delta(&plan.answer[1..]), done(plan.told())], Some("no prefix")),
        ("invented", "", vec![delta(&plan.answer), done("made_up")], Some("did not report")),
        ("cut short", "", vec![delta(start), done(plan.told())], Some("the whole answer")),
        ("no fault", "", vec![delta(start), done("error")], Some("an unclear end")),
        ("no end", "", vec![delta(start)], Some("no end")),
    ] {
        let heard = Heard::of(&plan, bytes, events);
        let (_, broken) = judge(&plan, &heard);
        assert_eq!(broken.is_empty(), expected.is_none(), "{case}: {broken:?}");
        let is_told = broken.iter().any(|it| it.contains(expected.unwrap_or_default()));
        assert!(broken.is_empty() || is_told, "{case}: {broken:?}");
    }
    let cut_off = Heard { end: End::Broken, ..Heard::of(&plan, "", vec![done(plan.told())]) };
    assert!(judge(&plan, &cut_off).1.iter().any(|it| it.contains("broke off")));
    let other = Heard::of(&Plan::steady(8), "", vec![done(plan.told())]);
    assert!(judge(&plan, &other).1.iter().any(|it| it.contains("another's event")));
    at_once(plan);
}

/// What is noticed in an answer that comes whole.
#[track_caller]
fn at_once(mut plan: Plan) {
    plan.client = Client::Whole;
    for (case, content, finish, expected) in [
        ("whole", &*plan.answer, plan.told(), None),
        ("cut short", &plan.answer[..5], plan.told(), Some("not the whole answer")),
        ("invented", &plan.answer, "made_up", Some("did not report")),
    ] {
        let choice = json!({"message": {"content": content}, "finish_reason": finish});
        let body = json!({"choices": [choice], "summaries": {"reasoning": {"text": "It is."}}});
        let mut heard = Heard::of(&plan, "", Vec::new());
        heard.reply.body = body.to_string().into_bytes();
        let (_, broken) = judge(&plan, &heard);
        assert_eq!(broken.is_empty(), expected.is_none(), "{case}: {broken:?}");
        let is_told = broken.iter().any(|it| it.contains(expected.unwrap_or_default()));
        assert!(broken.is_empty() || is_told, "{case}: {broken:?}");
    }
}
