//! Answers that were given before, and a configuration that changes meanwhile: what it decides of an
//! answer is part of the question.

use std::path::PathBuf;

use serde_json::json;

use super::{path, replace, says, was_reloaded};
use crate::process::redis::RedisServer;
use crate::process::{Gateway, Settings, question, soon, with};

/// A gateway whose configuration is rewritten, and which keeps answers.
struct House {
    path: PathBuf,
    gateway: Gateway,
    reloads: usize,
}

impl House {
    async fn new(name: &str, text: &str, settings: Settings<'_>) -> Self {
        let path = path(name);
        replace(&path, text);
        let own = [("CACHE_TTL", "60"), ("GATEWAY_CONFIG", path.to_str().expect("text"))];
        let gateway = Gateway::at("http://127.0.0.1:1", &[&own, settings].concat()).await;
        Self { path, gateway, reloads: 0 }
    }

    async fn change(&mut self, text: &str) {
        replace(&self.path, text);
        self.reloads += 1;
        self.gateway.until_logged_times(self.reloads, was_reloaded).await;
    }

    /// Whether the answer was given before, and its text.
    async fn ask(&self) -> (String, String) {
        let members = json!({"model": "m", "temperature": 0, "stream": false});
        let reply = self.gateway.post(with(question("hi"), members)).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let text = reply.json()["choices"][0]["message"]["content"].as_str().map(str::to_owned);
        (reply.header("x-cache").unwrap_or_default().to_owned(), text.expect("a text"))
    }

    async fn assert_miss(&self, case: &str, text: &str) {
        assert_eq!(self.ask().await, ("MISS".to_owned(), text.to_owned()), "{case}");
    }

    /// Redis is told of an answer a little later than the client.
    async fn assert_hit(&self, case: &str, text: &str) {
        soon(case, async {
            loop {
                let (cache, told) = self.ask().await;
                assert_eq!(told, text, "{case}");
                if cache == "HIT" {
                    return;
                }
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_model_that_is_served_elsewhere_or_asked_in_another_way_is_asked_again() {
    let (one, two) = (says("one").await, says("two").await);
    let text = |target: &str, model: &str, rest: &str| {
        format!(
            "upstreams: {{a: {{base_url: \"{}\"}}, b: {{base_url: \"{}\"}}}}\n\
            models:\n  m: {{targets: [{{{target}}}]{model}}}\n  s: {{targets: [{{upstream: a}}]}}\n{rest}",
            one.base_url(),
            two.base_url()
        )
    };
    let first = text("upstream: a, model: own", "", "");
    let redis = RedisServer::start().await;
    let url = redis.url();
    for (name, settings) in [("kept-here", &[][..]), ("kept-in-redis", &[("REDIS_URL", &*url)])] {
        let mut house = House::new(name, &first, settings).await;
        house.assert_miss("new", "one").await;
        house.assert_hit("again", "one").await;
        for (case, text, answer) in [
            ("another upstream", text("upstream: b, model: own", "", ""), "two"),
            ("another name there", text("upstream: a, model: other", "", ""), "one"),
            ("another member", text("upstream: a, model: own, members: {top_k: 5}", "", ""), "one"),
            ("another format", text("upstream: a, model: own", ", capability: fields", ""), "one"),
            ("another writer", text("upstream: a, model: own", ", summary_model: s", ""), "one"),
        ] {
            house.change(&text).await;
            house.assert_miss(&format!("{name}: {case}"), answer).await;
            house.assert_hit(case, answer).await;
        }
        let slower =
            text("upstream: a, model: own", ", limits: {deadline: 99}", "aliases: {n: m}\n");
        for (case, text) in [("as before", &first), ("nothing that matters", &slower)] {
            house.change(text).await;
            let told = house.ask().await;
            assert_eq!(told, ("HIT".to_owned(), "one".to_owned()), "{name}: {case}");
        }
    }
}

#[tokio::test]
async fn gateways_before_different_servers_share_no_answer() {
    let (one, two) = (says("one").await, says("two").await);
    let redis = RedisServer::start().await;
    let url = redis.url();
    let text = |url: String| {
        format!(
            "upstreams: {{a: {{base_url: \"{url}\"}}}}\nmodels: {{m: {{targets: [{{upstream: a}}]}}}}\n"
        )
    };
    let settings = [("REDIS_URL", url.as_str())];
    let first = House::new("kept-one", &text(one.base_url()), &settings).await;
    first.assert_miss("the first", "one").await;
    first.assert_hit("it is kept", "one").await;
    let other = House::new("kept-two", &text(two.base_url()), &settings).await;
    other.assert_miss("the other", "two").await;
    let same = House::new("kept-one-again", &text(one.base_url()), &settings).await;
    assert_eq!(same.ask().await.0, "HIT", "who asks the same server has its answer");
}
