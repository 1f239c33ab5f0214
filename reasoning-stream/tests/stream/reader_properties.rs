//! What holds for every stream of chunks: each is read as if it came alone.

use proptest::collection::vec;
use proptest::prelude::{Strategy, prop_oneof, proptest};
use proptest::sample::select;
use reasoning_stream::{Piece, Reader, ReaderOptions};
use serde_json::{Value, json};

use crate::told::{Told, join};

/// Texts that try to leave their string, and plain ones.
fn texts() -> impl Strategy<Value = String> {
    let hostile = select(vec![
        "",
        "\"",
        "\\",
        "\\\"",
        "\"}}]}",
        "\",\"reasoning\":\"",
        "\"},\"finish_reason\":\"stop\"}]}",
        "\n",
        "\u{1}é",
        "\u{7f}",
        "{}",
    ]);
    prop_oneof![2 => "[a-zé ]{0,9}", 1 => hostile.prop_map(str::to_owned)]
}

/// Deltas of a few shapes, each of which may repeat.
fn deltas() -> impl Strategy<Value = Vec<(usize, String)>> {
    vec((0_usize..6, 1_usize..4, vec(texts(), 3)), 0..6).prop_map(|runs| {
        let run = |(shape, length, texts): (usize, usize, Vec<String>)| {
            texts.into_iter().take(length).map(move |text| (shape, text))
        };
        runs.into_iter().flat_map(run).collect()
    })
}

/// A chunk, and what it says: reasoning and answer.
fn chunk(shape: usize, text: &str) -> (Value, &str, &str) {
    let (delta, reasoning, answer) = match shape {
        0 => (json!({"content": text}), "", text),
        1 => (json!({"reasoning": text}), text, ""),
        2 => (json!({"content": text, "reasoning": "r"}), "r", text),
        3 => (json!({"reasoning_content": text, "reasoning": "r"}), text, ""),
        4 => (json!({"content": "", "reasoning_content": text}), text, ""),
        _ => (json!({"content": text, "content_filter": text}), "", text),
    };
    let reasoning = if shape == 3 && text.is_empty() { "r" } else { reasoning };
    (json!({"choices": [{"delta": delta, "index": 0}]}), reasoning, answer)
}

fn read(body: &str) -> Told {
    let mut reader = Reader::new(ReaderOptions::default());
    reader.push(body.as_bytes());
    let pieces: Vec<Piece> = std::iter::from_fn(|| reader.pop()).collect();
    join(pieces)
}

proptest! {
    #[test]
    fn no_chunk_is_read_by_the_one_before(deltas in deltas()) {
        let mut body = format!("data: {}\n\n", chunk(0, "<final>").0);
        let (mut reasoning, mut answer) = (String::new(), String::new());
        for (shape, text) in &deltas {
            let (json, thought, said) = chunk(*shape, text);
            body.push_str(&format!("data: {json}\n\n"));
            reasoning.push_str(thought);
            answer.push_str(said);
        }
        body.push_str("data: [DONE]\n\n");
        let told = read(&body);
        assert_eq!((told.reasoning, told.answer), (reasoning, answer), "{body}");
        assert_eq!(told.rest, [Piece::Done]);
    }
}
