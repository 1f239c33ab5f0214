//! Models, upstreams and fallbacks of a configuration file, with the real binary and real sockets.

mod auto;
mod choices;
mod openrouter;
mod prompts;
mod weights;

use std::fs;

use mock_upstream::Server;
use serde_json::{Value, json};

use crate::process::listener::{answers, hear, of_kind};
use crate::process::{Gateway, command, empty_folder, mock, output, question};

/// A configuration file of a test's own.
fn file(name: &str, text: &str) -> String {
    let path = empty_folder(name).join("gateway.yaml");
    fs::write(&path, text).expect("a file can be written");
    path.display().to_string()
}

async fn gateway(name: &str, text: &str) -> Gateway {
    let file = file(name, text);
    let settings = [("GATEWAY_CONFIG", file.as_str()), ("UPSTREAM_RETRY_BACKOFF", "0.01")];
    Gateway::at("http://127.0.0.1:1", &settings).await
}

fn asking(model: &str) -> Value {
    let mut body = question("Why?");
    body["model"] = model.into();
    body
}

async fn says(answer: &str) -> Server {
    mock(json!([{"when": {"kind": "answer"}, "do": {"answer": answer}}])).await
}

#[tokio::test]
async fn each_model_goes_to_its_own_server_under_its_own_name() {
    let (one, two) = (says("one").await, says("two").await);
    let text = format!(
        "upstreams:\n  one: {{base_url: \"{}\", kind: friendli}}\n  two: {{base_url: \"{}\"}}\n\
         models:\n  big: {{targets: [{{upstream: one, model: org/big, members: {{top_k: 5}}}}], summary_model: small}}\n  \
         small: {{targets: [{{upstream: two}}], capability: fields}}\naliases: {{gpt: big}}\n",
        one.base_url(),
        two.base_url()
    );
    let gateway = gateway("routing-models", &text).await;
    let mut body = asking("gpt");
    body["stop"] = "END".into();
    let heard = hear(&gateway, body).await;
    assert_eq!((heard.answer.as_str(), heard.finish()), ("one", "stop"));
    let call = &answers(&one)[0].body;
    assert_eq!((&call["model"], &call["top_k"]), (&json!("org/big"), &json!(5)));
    assert_eq!((&call["stop"], &call["parse_reasoning"]), (&json!(["END"]), &json!(true)));
    let summary = &of_kind(&two, mock_upstream::Kind::PromptSummary)[0].body;
    assert_eq!(summary["model"], "small", "summaries go where their model is served");

    assert_eq!(hear(&gateway, asking("small")).await.answer, "two");
    assert_eq!(answers(&two)[0].body["messages"][0]["role"], "user", "no word of tags");

    for (model, summary, status) in [("x", None, 404), ("gpt", Some("x"), 404)] {
        let mut body = asking(model);
        body["summary_model"] = summary.into();
        let reply = gateway.post(body).await;
        assert_eq!(reply.status, status, "{}", reply.text());
        assert_eq!(reply.json()["code"], "model_not_found");
        assert!(reply.text().contains("big, small, gpt\""), "{}", reply.text());
    }
    let refused = |line: &Value| line["status"] == 404 && line["code"] == "model_not_found";
    gateway.until_logged_times(2, refused).await;
    let models = gateway.get("/v1/models").await.json();
    let listed: Vec<_> = models["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["id"].clone(), it["capability"].clone()))
        .collect();
    let expected = [("big", "auto"), ("small", "fields"), ("gpt", "auto")];
    assert_eq!(listed, expected.map(|(name, capability)| (json!(name), json!(capability))));
}

#[tokio::test]
async fn row_38_the_next_target_answers_and_only_the_log_knows() {
    let broken = mock(json!([{"when": {"kind": "answer"}, "do": {"status": 503}}])).await;
    let half = mock(json!([{"when": {"kind": "answer"}, "do":
        {"reasoning": "one two three", "answer": "no", "reset": {"token": 2}}}]))
    .await;
    let good = says("fine").await;
    let text = format!(
        "upstreams:\n  a: {{base_url: \"http://127.0.0.1:1\"}}\n  b: {{base_url: \"{}\"}}\n  c: {{base_url: \"{}\"}}\n  \
         d: {{base_url: \"{}\"}}\nmodels:\n  m:\n    targets: [{{upstream: a}}, {{upstream: b}}, {{upstream: c}}, {{upstream: d}}]\n    \
         limits: {{max_retries: 1}}\n",
        broken.base_url(),
        half.base_url(),
        good.base_url()
    );
    let gateway = gateway("routing-fallback", &text).await;
    let heard = hear(&gateway, asking("m")).await;
    assert_eq!((heard.answer.as_str(), heard.finish()), ("fine", "stop"));
    assert_eq!(heard.done.as_ref().unwrap().attempts.b, 7, "two of each, and the one that counts");
    let calls = [&broken, &half, &good].map(|server| answers(server).len());
    assert_eq!(calls, [2, 2, 1]);
}

#[tokio::test]
async fn a_model_that_cannot_stream_is_asked_whole() {
    let body = json!({"choices": [{"message": {"reasoning_content": "hm", "content": "all at once"}, "finish_reason": "stop"}]});
    let upstream =
        mock(json!({"headers": {"content-type": "application/json"}, "body": body})).await;
    let text = format!(
        "upstreams: {{a: {{base_url: \"{}\"}}}}\nmodels: {{m: {{targets: [{{upstream: a, stream: false}}]}}}}\n",
        upstream.base_url()
    );
    let gateway = gateway("routing-whole", &text).await;
    let heard = hear(&gateway, asking("m")).await;
    assert_eq!((heard.answer.as_str(), heard.finish()), ("all at once", "stop"));
    for call in upstream.calls() {
        assert_eq!(call.body["stream"], false);
        assert!(call.body.get("stream_options").is_none());
    }
}

#[tokio::test]
async fn unknown_names_go_to_the_default() {
    let upstream = says("fine").await;
    let listed = format!(
        "upstreams: {{a: {{base_url: \"{}\"}}}}\nmodels: {{m: {{targets: [{{upstream: a, model: own}}]}}}}\n",
        upstream.base_url()
    );
    for (name, default, expected) in
        [("model", "default_model: m\n", "own"), ("upstream", "default_upstream: a\n", "any")]
    {
        let gateway =
            gateway(&format!("routing-default-{name}"), &format!("{listed}{default}")).await;
        assert_eq!(hear(&gateway, asking("any")).await.answer, "fine");
        assert_eq!(answers(&upstream).last().unwrap().body["model"], expected, "{default}");
    }
}

#[tokio::test]
async fn an_echo_needs_no_upstream() {
    for settings in [&[("ECHO", "true")][..], &[("ECHO", "1"), ("UPSTREAM_BASE_URL", "http://x")]] {
        let gateway = Gateway::at("http://127.0.0.1:1", settings).await;
        let heard = hear(&gateway, asking("any")).await;
        assert_eq!((heard.answer.as_str(), heard.finish()), ("Echo: Why?", "stop"));
        let mut body = asking("any");
        body["stream"] = false.into();
        for said in ["Why?", "<text>\nWhy?\n</text>", "</so_far>\n&lt;text>\n"] {
            body["messages"][0]["content"] = said.into();
            let reply = gateway.post(&body).await.json();
            let expected = format!("Echo: {said}");
            assert_eq!(reply["choices"][0]["message"]["content"], expected);
            assert_eq!(reply["summaries"]["prompt"]["text"], expected.trim());
        }
    }
}

/// An echo that stands in for a model writes no summaries of what the model has thought.
#[tokio::test]
async fn an_echo_is_told_no_thoughts() {
    let upstream = mock(json!({"reasoning": "hm, let me see", "answer": "It is."})).await;
    let text = format!(
        "upstreams: {{a: {{base_url: \"{}\"}}, e: {{kind: echo}}}}\n\
         models:\n  m: {{targets: [{{upstream: e, weight: 99, rank: 1}}, {{upstream: a, rank: 1}}]}}\n  \
         p: {{targets: [{{upstream: e}}]}}\n  t: {{targets: [{{upstream: a}}], summary_model: m}}\n\
         aliases: {{q: p}}\nroutes: {{auto: {{strategy: latency}}}}\n",
        upstream.base_url()
    );
    let gateway = gateway("routing-echo", &text).await;
    let mut body = asking("t");
    body["stream"] = false.into();
    let reply = gateway.post(&body).await;
    assert!(!reply.text().contains("Echo"), "{}", reply.text());
    for (summary_model, words) in [
        ("p", "an echo can't write summaries of what another model thinks"),
        ("q", "an echo can't write summaries of what another model thinks"),
        ("auto", "a route can't write summaries"),
    ] {
        body["summary_model"] = summary_model.into();
        let reply = gateway.post(&body).await;
        assert_eq!((reply.status, reply.fields()), (422, vec!["summary_model".to_owned()]));
        let told = reply.json()["errors"][0]["message"].as_str().unwrap().to_owned();
        assert_eq!(told, format!("{words}; the models that can are m, t"));
    }
    for (model, summary_model) in [("p", "q"), ("q", "p"), ("p", "t")] {
        (body["model"], body["summary_model"]) = (model.into(), summary_model.into());
        assert_eq!(gateway.post(&body).await.status, 200, "{model} {summary_model}");
    }
    (body["model"], body["summary_model"]) = ("p".into(), "auto".into());
    let told = gateway.post(&body).await.text();
    assert!(
        told.contains("a route can't write summaries; the models that can are m, p, t, q"),
        "{told}"
    );
}

#[tokio::test]
async fn the_check_tells_of_models_mistakes_and_who_is_reached() {
    let upstream = says("fine").await;
    let good = format!(
        "upstreams: {{a: {{base_url: \"{}\", api_key: \"${{KEY}}\"}}, b: {{base_url: \"http://127.0.0.1:1\"}}}}\n\
         models: {{m: {{targets: [{{upstream: a, model: own}}, {{upstream: b}}]}}}}\naliases: {{n: m}}\n",
        upstream.base_url()
    );
    let good = file("check-good", &good);
    let bad = file("check-bad", "upstreams: {a: {}}\n");
    for (case, path, args, code, words) in [
        (
            "plain",
            &good,
            &["check"][..],
            0,
            &["upstream a", "with a key", "a as own, then b", "alias    n"][..],
        ),
        (
            "online",
            &good,
            &["check", "--online"],
            1,
            &["upstream a               reached", "b               not reached"],
        ),
        (
            "mistakes",
            &bad,
            &["check"],
            2,
            &["gateway.yaml:1:16: upstreams.a.base_url", "^", "no model"],
        ),
        ("start", &bad, &[], 2, &["gateway.yaml:1:16: upstreams.a.base_url"]),
        ("missing", &"nowhere.yaml".to_owned(), &["check"], 2, &["nowhere.yaml: can't be read"]),
        ("schema", &good, &["config", "schema"], 0, &["\"default_upstream\"", "json-schema.org"]),
    ] {
        let env = [("GATEWAY_CONFIG", path.as_str()), ("KEY", "canary")];
        let output = output(command(&env).args(args)).await;
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        assert_eq!(output.status.code(), Some(code), "{case}: {text}");
        words.iter().for_each(|word| assert!(text.contains(word), "{case}: {word}: {text}"));
        assert!(!text.contains("canary"), "{case}: {text}");
    }
    let env = [("GATEWAY_CONFIG", good.as_str()), ("KEY", "k"), ("SUMMARY_MODEL_DEFAULT", "x")];
    let output = output(command(&env).arg("check")).await;
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("SUMMARY_MODEL_DEFAULT=x: expected a model of the file: m"), "{text}");
}

#[tokio::test]
async fn the_check_tells_of_models_that_cannot_write_summaries() {
    let models = "upstreams: {a: {base_url: \"http://127.0.0.1:1\"}, e: {kind: echo}}\n\
        models:\n  p: {targets: [{upstream: e}]}\n  q: {targets: [{upstream: e}, {upstream: a}]}\n  ";
    let served = file("writers-all", &format!("{models}m: {{targets: [{{upstream: a}}]}}\n"));
    let own =
        "m: {targets: [{upstream: a}], summary_model: m}\nroutes: {auto: {strategy: latency}}\n";
    let own = file("writers-own", &format!("{models}{own}").replace(", {upstream: a}", ""));
    let unlisted = file(
        "writers-unlisted",
        &format!("{models}\ndefault_upstream: a\n").replace(", {upstream: a}", ""),
    );
    let echo = file("writers-echo", "upstreams: {e: {kind: echo}}\ndefault_upstream: e\n");
    let shown = "an echo would show what other models think; expected";
    for (path, name, model, told) in [
        (&served, "DEFAULT", "x", "expected a model of the file: p, q, m"),
        (&served, "DEFAULT", "p", shown),
        (&served, "FALLBACK", "p", shown),
        (&served, "DEFAULT", "q", ""),
        (&own, "DEFAULT", "auto", "expected a model of the file: p, q, m"),
        (&own, "DEFAULT", "p", ""),
        (&own, "FALLBACK", "p", shown),
        (&unlisted, "DEFAULT", "p", shown),
        (&unlisted, "DEFAULT", "any", ""),
        (&echo, "DEFAULT", "any", ""),
    ] {
        let name = format!("SUMMARY_MODEL_{name}");
        let env = [("GATEWAY_CONFIG", path.as_str()), (name.as_str(), model)];
        let output = output(command(&env).arg("check")).await;
        let text = String::from_utf8_lossy(&output.stderr);
        let expected = format!("{name}={model}: {told}");
        let is_told = !told.is_empty() && text.contains(&expected);
        assert!(
            is_told || output.status.success() && told.is_empty(),
            "{expected}: {path}: {text}"
        );
    }
}
