//! What llama.cpp's own `/completion` looks like.

use serde_json::{Value, json};

use mock_upstream::Kind;

use crate::wire::{post, send, server};

fn asking(prompt: &str, stream: bool) -> String {
    let body = json!({"prompt": prompt, "stream": stream, "n_predict": 100});
    post("/completion", "", &body)
}

#[tokio::test]
async fn a_stream_says_texts_and_then_how_it_stopped() {
    let server = server(json!({"style": "think", "reasoning": "hm", "answer": "one two"})).await;
    let got = send(&server, &asking("Why?", true)).await;
    let events = got.data().into_iter().map(|data| serde_json::from_str(&data).unwrap());
    let events: Vec<Value> = events.collect();
    let Some((last, texts)) = events.split_last() else { panic!("{got:?}") };
    let said: String = texts.iter().filter_map(|event| event["content"].as_str()).collect();
    assert_eq!(said, "<think>hm</think>\n\none two");
    assert!(texts.iter().all(|event| event["stop"] == false), "{texts:?}");
    assert_eq!((&last["stop"], &last["stop_type"]), (&json!(true), &json!("eos")));
    assert!(last["tokens_predicted"].as_u64() > Some(2) && last["content"] == "", "{last}");
}

#[tokio::test]
async fn a_whole_reply_is_one_document() {
    let server = server(json!({"style": "plain", "answer": "one two", "finish_reason": "length"}));
    let server = server.await;
    let got = send(&server, &asking("Why?", false)).await.json();
    assert_eq!((&got["content"], &got["stop"]), (&json!("one two"), &json!(true)));
    assert_eq!(got["stop_type"], "limit");
    assert!(got["choices"].is_null(), "{got}");
}

#[tokio::test]
async fn a_prompt_tells_what_it_is_for() {
    let server = server(json!({})).await;
    let summary = "<|im_start|>system\nYou write a summary of the user's prompt.<|im_end|>\n\
        <|im_start|>user\n<text>\nWhy is it so? It is late.\n</text><|im_end|>\n<|im_start|>assistant\n";
    let got = send(&server, &asking(summary, false)).await.json();
    assert!(got["content"].as_str().is_some_and(|text| !text.is_empty()), "{got}");
    send(&server, &asking("Why?", true)).await;
    let kinds: Vec<Kind> = server.calls().iter().map(|call| call.kind).collect();
    assert_eq!(kinds, [Kind::PromptSummary, Kind::Answer]);
    let refused = send(&server, &post("/completion", "", &json!({"prompt": 4}))).await;
    assert_eq!((refused.status, &refused.json()["error"]["param"]), (400, &json!("prompt")));
}
