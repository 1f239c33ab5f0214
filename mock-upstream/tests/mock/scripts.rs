//! Where scripts come from, which call gets which, and what is said of a wrong one.

use serde_json::{Value, json};

use mock_upstream::{At, Kind, Rules, Script, When};

use crate::wire::{ask, post, question, send, server, summary_call};

#[tokio::test]
async fn the_request_overrides_the_rules() {
    let server = server(json!({"style": "plain", "answer": "rule", "usage": true})).await;
    let path = "/v1/chat/completions";
    let header = "X-Mock-Script: {\"answer\":\"header\"}\r\n";
    let mut body = question("?");
    assert_eq!(send(&server, &post(path, "", &body)).await.said("content"), "rule");
    assert_eq!(send(&server, &post(path, header, &body)).await.said("content"), "header");
    body["mock"] = json!({"answer": "body"});
    let got = send(&server, &post(path, header, &body)).await;
    assert_eq!(got.said("content"), "body");
    assert!(got.text().contains("\"usage\":{"), "the rule's other members stay");
}

#[tokio::test]
async fn attempts_are_counted_per_rule() {
    let server = server(json!([
        {"when": {"kind": "answer", "attempt": [1, 2]}, "do": {"status": 503}},
        {"when": {"kind": "prompt_summary", "attempt": 1}, "do": {"status": 500}},
        {"when": {"stream": true}, "do": {"style": "plain", "answer": "at last"}},
    ]))
    .await;
    let summary = summary_call("Summarize the user's request.", "Some text.");
    assert_eq!(ask(&server, &question("?")).await.status, 503);
    assert_eq!(ask(&server, &summary).await.status, 500);
    assert_eq!(ask(&server, &question("?")).await.status, 503);
    assert_eq!(ask(&server, &question("?")).await.said("content"), "at last");
    assert_eq!(ask(&server, &summary).await.status, 200);
    server.set_script(json!({"status": 418})).unwrap();
    assert_eq!(ask(&server, &question("?")).await.status, 418);
}

#[tokio::test]
async fn a_rule_counts_the_calls_that_an_earlier_rule_took() {
    let server = server(json!([
        {"when": {"attempt": 1}, "do": {"status": 501}},
        {"when": {"attempt": 2}, "do": {"status": 502}},
        {"when": {"attempt": [3, 4]}, "do": {"status": 503}},
    ]))
    .await;
    for status in [501, 502, 503, 503, 200] {
        assert_eq!(ask(&server, &question("?")).await.status, status);
    }
}

#[tokio::test]
async fn rules_ask_for_path_and_model() {
    let server = server(json!([
        {"when": {"path": "/models"}, "do": {"status": 502}},
        {"when": {"model": "slow"}, "do": {"status": 504}},
    ]))
    .await;
    let models = crate::wire::request("GET", "/v1/models", "connection: close\r\n", "");
    assert_eq!(send(&server, &models).await.status, 502);
    let mut body = question("?");
    assert_eq!(ask(&server, &body).await.status, 200);
    body["model"] = json!("slow");
    assert_eq!(ask(&server, &body).await.status, 504);
}

#[tokio::test]
async fn scripts_can_be_built() {
    let server = server(json!({})).await;
    let cut = Script { cut: Some(At::Token(0)), ..Script::default() };
    let answers = When { kind: Some(Kind::Answer), ..When::default() };
    server.set_script(Rules::default().and(answers, cut)).unwrap();
    let got = ask(&server, &question("?")).await;
    assert!(!got.complete && got.said("content").is_empty());
}

#[test]
fn wrong_scripts_are_refused_by_name() {
    for (script, member, said) in [
        (json!({"cutt": {}}), "cutt", "unknown field"),
        (json!({"status": "x"}), "status", "invalid type"),
        (json!({"status": 70_000}), "status", "u16"),
        (json!({"stall": {"mss": 1}}), "stall.mss", "unknown field"),
        (json!({"stall": {"ms": -1}}), "stall.ms", "integer"),
        (json!({"cut": {"tokn": 1}}), "cut", "unknown variant"),
        (json!({"answer": []}), "answer", "a text or a number of tokens"),
        (json!({"style": "loud"}), "style", "unknown variant"),
        (json!({"raw": {"base64": "*"}}), "raw.base64", "Invalid"),
        (json!([{"do": {}}, {"do": {"tps": true}}]), "[1].do.tps", "invalid type"),
        (json!([{"when": {"atempt": 1}, "do": {}}]), "[0].when.atempt", "unknown field"),
        (json!({"when": {}, "do": {"end": 1}}), "do.end", "expected"),
        (json!([{"when": {}}]), "[0]", "missing field `do`"),
        (json!(3), "", "invalid type"),
    ] {
        let error = Rules::from_value(script.clone()).unwrap_err();
        assert!(error.member.starts_with(member), "{script}: {error}");
        assert!(error.to_string().contains(said), "{script}: {error}");
    }
}

#[tokio::test]
async fn wrong_scripts_of_requests_are_answered_400() {
    let server = server(json!({})).await;
    let path = "/v1/chat/completions";
    let with = |mock: Value| {
        let mut body = question("?");
        body["mock"] = mock;
        body
    };
    for (case, headers, body, said) in [
        ("unknown", "", with(json!({"cutt": 1})), "`cutt`"),
        ("type", "", with(json!({"stall": {"ms": "x"}})), "stall.ms"),
        ("no object", "", with(json!(1)), "object"),
        ("header", "X-Mock-Script: {\"tps\":[]}\r\n", question("?"), "`tps`"),
        ("no JSON", "X-Mock-Script: {\r\n", question("?"), "X-Mock-Script"),
    ] {
        let got = send(&server, &post(path, headers, &body)).await;
        let error = &got.json()["error"];
        assert_eq!((got.status, error["param"].as_str()), (400, Some("mock")), "{case}");
        assert!(error["message"].as_str().unwrap().contains(said), "{case}: {error}");
    }
}
