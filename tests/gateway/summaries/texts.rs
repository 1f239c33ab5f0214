//! What of a summary model's reply is shown.

use serde_json::{Value, json};

use super::{BOTH, fallback, summarise, told};
use crate::scenario::script::Script;

fn reply(content: &str, finish: &str) -> Script {
    Script::call().wait(100).message(&json!({"content": content}), finish)
}

fn message(message: &Value) -> Script {
    Script::call().wait(100).message(message, "stop")
}

#[tokio::test(start_paused = true)]
async fn replies_are_made_fit_to_be_shown() {
    let words = "word ".repeat(300);
    let cut = format!("{}…", "word ".repeat(199).trim_end());
    for (case, script, text) in [
        ("text", reply("Short.", "stop"), "Short."),
        ("lines", reply(" - one\n- two\n", "stop"), "- one\n- two"),
        (
            "parts",
            message(
                &json!({"content": [{"type": "text", "text": "Sh"}, {"type": "text", "text": "ort."}]}),
            ),
            "Short.",
        ),
        (
            "its reasoning left out",
            message(&json!({"reasoning_content": "Hm.", "content": "Short."})),
            "Short.",
        ),
        ("our tags", reply("<analysis>Hm.</analysis><final>Short.</final>", "stop"), "Short."),
        ("stray tags", reply("A <FINAL>short</final> one", "stop"), "A short one"),
        ("control characters", reply("a\u{1b}[31mb\u{0}\u{7}c", "stop"), "a[31mbc"),
        ("over 1,000 characters", reply(&words, "stop"), &cut),
        ("cut by its length", reply("One two thr", "length"), "One two…"),
        ("one word, cut", reply("Unfinish", "length"), "Unfinish…"),
        (
            "no reason to stop",
            Script::call()
                .bytes(json!({"choices": [{"message": {"content": "Short."}}]}).to_string()),
            "Short.",
        ),
    ] {
        for kind in BOTH {
            let (got, _) = summarise(kind, std::slice::from_ref(&script)).await;
            assert_eq!(got, told("model", text, 1), "{case}, {kind:?}");
            assert!(got.text.chars().count() <= 1_000, "{case}, {kind:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn replies_without_a_text_fall_back() {
    let whole = |body: &str| Script::call().wait(100).bytes(body.to_owned());
    for (case, script, code) in [
        ("empty", reply("", "stop"), "summary_empty"),
        ("blank", reply(" \n\t ", "stop"), "summary_empty"),
        ("cut before its first word", reply("", "length"), "summary_empty"),
        ("no content", message(&json!({"content": null})), "summary_empty"),
        ("no choices", whole("{\"choices\":[]}"), "summary_empty"),
        (
            "reasoning only",
            message(&json!({"content": null, "reasoning_content": "Hm."})),
            "summary_empty",
        ),
        ("tagged reasoning only", reply("<analysis>Hm.", "stop"), "summary_empty"),
        ("tags only", reply("<final></final>", "stop"), "summary_empty"),
        ("filtered", reply("Half of it", "content_filter"), "summary_filtered"),
        ("broken JSON", whole("{\"choices\":[{\"mess"), "upstream_protocol"),
        ("no JSON", whole("<html>busy</html>"), "upstream_protocol"),
        ("another type", whole("[1, 2]"), "upstream_protocol"),
        ("other members", whole("{\"text\":\"Short.\"}"), "upstream_protocol"),
        ("an error with status 200", whole("{\"error\":{\"code\":400}}"), "upstream_refused"),
    ] {
        for kind in BOTH {
            let (got, _) = summarise(kind, std::slice::from_ref(&script)).await;
            assert_eq!(got, told(code, &fallback(kind), 1), "{case}, {kind:?}");
        }
    }
}
