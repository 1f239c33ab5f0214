//! What the client leaves out is not made, and nothing waits for it.

use inference_gateway::upstream::error::UpstreamError;

use crate::scenario::Scenario;
use crate::scenario::script::Script;
use crate::scenario::upstream::Kind;

#[tokio::test(start_paused = true)]
async fn summaries_can_be_left_out() {
    let answer = || {
        let thinks = Script::stream().wait(100).thinks("6 × 7").text("<final>");
        thinks.wait(100).says("42").wait(100).stops()
    };
    for (prompt, reasoning, story, calls) in [
        (true, true, "900 P | 900 R | 900 D 42 | 900 F stop", (1, 1)),
        (true, false, "900 P | 900 D 42 | 900 F stop", (1, 0)),
        (false, true, "800 R | 800 D 42 | 800 F stop", (0, 1)),
        (false, false, "200 D 42 | 300 F stop", (0, 0)),
    ] {
        let heard = Scenario::new()
            .prompt_summary(Script::call().wait(900).completion("What is asked."))
            .reasoning_summary(Script::call().wait(700).completion("How it thought."))
            .requesting(|request| {
                (request.summaries.prompt, request.summaries.reasoning) = (prompt, reasoning);
            })
            .answer(answer())
            .ask("What is 6 × 7?")
            .await;
        assert_eq!(heard.timed_story(), story);
        let made = |kind| heard.calls_for(kind).len();
        assert_eq!((made(Kind::Prompt), made(Kind::Reasoning)), calls, "{story}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_prompt_without_text_needs_no_summary() {
    for question in ["", " \n "] {
        let answer = Script::thinks_and_says("6 × 7", "42");
        let heard = Scenario::new().answer(answer).ask(question).await;
        heard.expect("P- | R | D 42 | F stop");
        assert_eq!(heard.calls_for(Kind::Prompt).len(), 0);
        // Nothing to show is no reason to commit: a failure is still an HTTP error.
        let fails = Script::call().wait(10).fails(UpstreamError::NotFound);
        Scenario::new().answer(fails).ask(question).await.expect("404 upstream_not_found");
    }
}

#[tokio::test(start_paused = true)]
async fn times_are_told_with_the_end() {
    let thinks = Script::stream().wait(100).thinks("6 × 7").wait(100).thinks("= 42");
    let heard = Scenario::new()
        .prompt_summary(Script::call().wait(50).completion("What is asked."))
        .reasoning_summary(Script::call().wait(300).completion("How it thought."))
        .answer(thinks.text("<final>").wait(100).says("42").wait(400).stops())
        .ask("What is 6 × 7?")
        .await;
    heard.expect_at("50 P | 500 R | 500 D 42 | 700 F stop");
    let done = heard.done().unwrap();
    let told = serde_json::to_value(done.timings).unwrap();
    let expected = serde_json::json!({
        "prompt_summary": 50, "first_reasoning": 100, "reasoning_end": 200, "reasoning_summary": 500,
        "first_answer_upstream": 300, "first_answer_sent": 500, "stall": 200, "total": 700,
    });
    assert_eq!(told, expected);
    let usage = done.usage.as_ref().unwrap();
    assert_eq!((usage.prompt_tokens, usage.completion_tokens), (Some(3), Some(4)));
}

#[tokio::test(start_paused = true)]
async fn what_did_not_happen_has_no_time() {
    let heard = Scenario::new()
        .requesting(|request| request.summaries.prompt = false)
        .answer(Script::stream().wait(10).stops())
        .ask("Why?")
        .await;
    let told = serde_json::to_value(heard.done().unwrap().timings).unwrap();
    assert_eq!(told["total"], 10);
    for absent in ["prompt_summary", "first_reasoning", "first_answer_upstream", "stall"] {
        assert_eq!(told.get(absent), None, "{absent}");
    }
}
