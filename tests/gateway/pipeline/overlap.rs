//! The three calls run beside each other: the time of the whole is that of the longest way.

use crate::scenario::Scenario;
use crate::scenario::script::Script;
use crate::scenario::upstream::Kind;

fn began(heard: &crate::scenario::heard::Heard, kind: Kind) -> Vec<u64> {
    heard.calls_for(kind).iter().map(|call| call.began).collect()
}

#[tokio::test(start_paused = true)]
async fn the_three_calls_overlap() {
    for (case, prompt, thinks, says, reasoning, story) in [
        ("all as long as each other", 100, 100, 100, 100, "100 P | 200 R | 200 D 42 | 300 F stop"),
        ("a slow prompt summary", 700, 100, 100, 100, "700 P | 700 R | 700 D 42 | 700 F stop"),
        ("a slow reasoning summary", 100, 100, 100, 500, "100 P | 600 R | 600 D 42 | 600 F stop"),
        ("both summaries slow", 550, 100, 100, 500, "550 P | 600 R | 600 D 42 | 600 F stop"),
        ("a slow answer", 100, 300, 900, 100, "100 P | 400 R | 1200 D 42 | 1300 F stop"),
        ("summaries at once", 0, 300, 100, 0, "0 P | 300 R | 400 D 42 | 500 F stop"),
    ] {
        let answer = Script::stream().wait(thinks).thinks("6 × 7").text("<final>").wait(says);
        let heard = Scenario::new()
            .prompt_summary(Script::call().wait(prompt).completion("What is asked."))
            .answer(answer.says("42").wait(100).stops())
            .reasoning_summary(Script::call().wait(reasoning).completion("How it thought."))
            .ask("What is 6 × 7?")
            .await;
        assert_eq!(heard.timed_story(), story, "{case}");
        assert_eq!(began(&heard, Kind::Prompt), [0], "{case}");
        assert_eq!(began(&heard, Kind::Answer), [0], "{case}");
        assert_eq!(began(&heard, Kind::Reasoning), [thinks], "{case}");
    }
}
