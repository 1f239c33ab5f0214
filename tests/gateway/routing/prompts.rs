//! How long a prompt may be, model by model.

use serde_json::json;

use super::{file, says};
use crate::process::{Gateway, question, with};

#[tokio::test]
async fn each_model_has_its_own_limit_or_the_common_one() {
    let upstream = says("fine").await;
    let text = format!(
        "upstreams: {{down: {{base_url: \"http://127.0.0.1:1\"}}, up: {{base_url: \"{}\"}}}}\n\
        models:\n  short: {{targets: [{{upstream: up}}], limits: {{max_prompt_tokens: 10}}}}\n  \
        long: {{targets: [{{upstream: down}}, {{upstream: up}}], limits: {{max_prompt_tokens: 100, max_retries: 0}}}}\n  \
        common: {{targets: [{{upstream: up}}]}}\naliases: {{little: short}}\n\
        routes: {{auto: {{simple: {{model: short}}, medium: {{model: common}}, complex: {{model: long}}}}}}\n\
        default_upstream: up\n",
        upstream.base_url()
    );
    let file = file("prompt-limits", &text);
    let settings = [("GATEWAY_CONFIG", file.as_str()), ("MAX_PROMPT_TOKENS", "20")];
    let gateway = Gateway::at("http://127.0.0.1:1", &settings).await;
    for (model, characters, refused) in [
        ("short", 40, None),
        (
            "short",
            41,
            Some("about 11 tokens, by an estimate of four characters each; expected at most 10"),
        ),
        ("little", 41, Some("at most 10")),
        ("long", 400, None),
        (
            "long",
            401,
            Some("about 101 tokens, by an estimate of four characters each; expected at most 100"),
        ),
        ("common", 80, None),
        ("common", 81, Some("at most 20")),
        ("whatever", 80, None),
        ("whatever", 81, Some("at most 20")),
        ("auto", 40, None),
        ("auto", 41, None),
        ("auto", 300, None),
        ("auto", 401, Some("at most 20")),
        ("auto", 1_001, Some("at most 100")),
    ] {
        let before = upstream.calls().len();
        let body = with(question(&"x".repeat(characters)), json!({"model": model}));
        let reply = gateway.post(body).await;
        let case = format!("{characters} characters for {model}: {}", reply.text());
        assert_eq!(reply.status == 422, refused.is_some(), "{case}");
        if let Some(refused) = refused {
            assert_eq!(reply.json()["code"], "context_length_exceeded", "{case}");
            assert!(reply.text().contains(refused), "{case}");
            assert_eq!(upstream.calls().len(), before, "{case}");
        }
    }
}
