//! What leaves in one write: all that came at once, and no more than a frame takes.

use reasoning_stream::{Event, sse};

use crate::scenario::Scenario;
use crate::scenario::rig::{Rig, events, next};
use crate::scenario::script::Script;
use crate::scenario::upstream::Kind;

/// Two bursts of so many chunks each, half a second apart.
fn bursts(chunks: usize) -> Script {
    let burst = |script: Script| {
        let word = "x".repeat(100);
        (0..chunks).fold(script.wait(500), |script, _| script.says(&word))
    };
    burst(burst(Script::stream().thinks("why").text("<final>"))).wait(500).stops()
}

/// The bytes of answer in each frame that has some.
async fn answer_frames(rig: Rig) -> Vec<usize> {
    let mut frames = rig.serve().await.expect("an answer");
    let mut decoder = sse::Decoder::new(sse::Limits::default());
    let mut sizes = Vec::new();
    while let Some(frame) = next(&mut frames).await {
        let texts = events(&mut decoder, &frame).into_iter().map(|event| match event {
            Event::OutputDelta(text) => text.len(),
            Event::PromptSummary(_)
            | Event::RawReasoning(_)
            | Event::ReasoningDelta(_)
            | Event::ReasoningSummary(_)
            | Event::Error(_)
            | Event::OutputDone(_) => 0,
        });
        sizes.push(texts.sum());
    }
    sizes.retain(|size| *size > 0);
    sizes
}

#[tokio::test(start_paused = true)]
async fn what_came_at_once_leaves_at_once() {
    for (case, chunks, answer) in [
        ("in one read", 100, bursts(100).joined()),
        ("chunk by chunk, as a connection hands them over", 100, bursts(100)),
    ] {
        let rig = Scenario::new().answer(answer).rig("Why?");
        assert_eq!(answer_frames(rig).await, [chunks * 100, chunks * 100], "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_frame_has_a_limit() {
    let rig = Scenario::new().answer(bursts(1_000)).rig("Why?");
    let sizes = answer_frames(rig).await;
    assert_eq!(sizes.iter().sum::<usize>(), 200_000);
    assert!(sizes.iter().all(|size| *size <= 16 * 1024 + 100), "{sizes:?}");
}

/// Asking costs a good part of what a token does: it is asked for, and then whether there is more.
#[tokio::test(start_paused = true)]
async fn a_stream_is_asked_twice_for_a_token() {
    let polls = async |tokens| {
        let begun = Script::stream().thinks("why").text("<final>");
        let answer = (0..tokens).fold(begun, |script, _| script.wait(50).says("x")).stops();
        let heard = Scenario::new().answer(answer).ask("Why?").await;
        let mut calls = heard.calls.iter().filter(|call| call.kind == Kind::Answer);
        calls.next().expect("a call for the answer").polls
    };
    assert_eq!(polls(30).await - polls(20).await, 20);
}
