//! When the gateway stops, open streams end with a fatal event, and in order.

use std::time::Duration;

use tokio::join;
use tokio::time::sleep;

use crate::scenario::Scenario;
use crate::scenario::script::Script;
use crate::scenario::upstream::Kind;

#[tokio::test(start_paused = true)]
async fn open_streams_end_in_order() {
    let thinking = || Script::stream().wait(100).thinks("why");
    let said = || thinking().text("<final>").says("4");
    for (case, prompt, answer, story) in [
        (
            "before the commit",
            Script::call().hangs(),
            Script::call().hangs(),
            "1000 503 shutting_down",
        ),
        (
            "before any event",
            Script::call().hangs(),
            thinking().hangs(),
            "1000 E! 503 shutting_down | 1000 F error",
        ),
        (
            "while it thinks",
            Script::summary("What is asked."),
            thinking().hangs(),
            "100 P | 1000 E! 503 shutting_down | 1000 F error",
        ),
        (
            "while it answers",
            Script::summary("What is asked."),
            said().hangs(),
            "100 P | 200 R | 200 D 4 | 1000 E! 503 shutting_down | 1000 F error",
        ),
        (
            "with an answer held",
            Script::call().hangs(),
            said().hangs(),
            "1000 E! 503 shutting_down | 1000 F error",
        ),
        (
            "after the end",
            Script::summary("What is asked."),
            said().finish("stop").done(),
            "100 P | 200 R | 200 D 4 | 200 F stop",
        ),
    ] {
        let rig = Scenario::new().prompt_summary(prompt).answer(answer).rig("Why?");
        let relay = std::sync::Arc::clone(&rig.relay);
        let stop = async {
            sleep(Duration::from_secs(1)).await;
            relay.stop_streams();
        };
        let (heard, ()) = join!(rig.hear(), stop);
        assert_eq!(heard.timed_story(), story, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_end_at_once_though_the_client_does_not_read() {
    let begun = Script::stream().thinks("why").text("<final>");
    let trickle = (0..100).fold(begun, |script, _| script.wait(10).says("word "));
    let rig = Scenario::new().answer(trickle.hangs()).rig("Why?");
    let frames = rig.serve().await.unwrap();
    sleep(Duration::from_secs(60)).await;
    rig.relay.stop_streams();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(rig.log.calls_for(Kind::Answer)[0].ended, Some(60_000));
    drop(frames);
}

#[tokio::test(start_paused = true)]
async fn requests_that_come_after_it_are_refused() {
    let rig = Scenario::new().answer(Script::thinks_and_says("why", "42")).rig("Why?");
    rig.relay.stop_streams();
    let heard = rig.hear().await;
    heard.expect_at("0 503 shutting_down");
    assert!(heard.refusal.as_ref().is_some_and(|failure| failure.retryable));
}
