//! How often an upstream is asked, and how soon again.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;
use wiremock::ResponseTemplate;

use super::{answer_call, prompt_call, tagged, upstream, whole};
use crate::process::listener::hear;
use crate::process::{Gateway, Settings, question};

const QUICK: Settings<'_> = &[("UPSTREAM_RETRY_BACKOFF", "0.01")];

#[tokio::test]
async fn twice_busy_then_well() {
    for stream in [true, false] {
        let upstream = upstream().await;
        let busy = answer_call().respond_with(ResponseTemplate::new(503));
        busy.up_to_n_times(2).expect(2).with_priority(1).mount(&upstream).await;
        answer_call().respond_with(tagged()).expect(1).mount(&upstream).await;
        let gateway = Gateway::at(&upstream.uri(), QUICK).await;
        let attempts = if stream {
            let heard = hear(&gateway, question("Why?")).await;
            assert_eq!((heard.answer.as_str(), heard.finish()), ("42", "stop"));
            json!(heard.done.unwrap().attempts)
        } else {
            gateway.post(whole("Why?")).await.json()["attempts"].clone()
        };
        assert_eq!(attempts, json!({"a": 1, "b": 3, "c": 1}), "stream: {stream}");
        let line = gateway.until_logged(|line| line["code"] == "stop").await;
        assert_eq!(line["attempts.b"], 3, "{line}");
    }
}

#[tokio::test]
async fn no_more_often_than_the_setting_says() {
    for (retries, calls) in [("0", 1), ("1", 2), ("3", 4)] {
        let upstream = upstream().await;
        let down = answer_call().respond_with(ResponseTemplate::new(500));
        down.expect(calls).mount(&upstream).await;
        let settings = [("UPSTREAM_RETRY_BACKOFF", "0.01"), ("UPSTREAM_MAX_RETRIES", retries)];
        let gateway = Gateway::at(&upstream.uri(), &settings).await;
        assert_eq!(gateway.post(whole("Why?")).await.status, 502, "{retries}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_asked_once() {
    for (status, expected) in
        [(400, 400), (401, 502), (403, 502), (404, 404), (413, 413), (422, 422)]
    {
        let upstream = upstream().await;
        let refusal = answer_call().respond_with(ResponseTemplate::new(status));
        refusal.expect(1).mount(&upstream).await;
        let gateway = Gateway::at(&upstream.uri(), QUICK).await;
        assert_eq!(gateway.post(whole("Why?")).await.status, expected, "{status}");
    }
}

#[tokio::test]
async fn waits_as_long_as_it_was_asked_to() {
    for (header, value, least) in [
        ("retry-after", "1", Duration::from_secs(1)),
        ("retry-after-ms", "600", Duration::from_millis(600)),
        ("retry-after", "soon", Duration::ZERO),
        ("retry-after", "-5", Duration::ZERO),
        ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT", Duration::ZERO),
    ] {
        for status in [429, 503] {
            let upstream = upstream().await;
            let busy = ResponseTemplate::new(status).insert_header(header, value);
            let busy = answer_call().respond_with(busy).up_to_n_times(1).expect(1);
            busy.with_priority(1).mount(&upstream).await;
            answer_call().respond_with(tagged()).expect(1).mount(&upstream).await;
            let gateway = Gateway::at(&upstream.uri(), QUICK).await;
            let began = Instant::now();
            let answer = gateway.post(whole("Why?")).await;
            assert_eq!(answer.status, 200, "{status} {header}: {value}: {}", answer.text());
            let took = began.elapsed();
            assert!(took >= least, "{status} {header}: {value} took {took:?}");
            assert!(
                took < least + Duration::from_secs(5),
                "{status} {header}: {value} took {took:?}"
            );
        }
    }
}

/// A summary is asked for again once, and only where that may help.
#[tokio::test]
async fn a_summary_is_asked_for_twice_at_most() {
    for (status, calls) in [(500, 2), (503, 2), (400, 1), (401, 1), (404, 1)] {
        let upstream = wiremock::MockServer::start().await;
        let down = prompt_call().respond_with(ResponseTemplate::new(status));
        down.expect(calls).mount(&upstream).await;
        answer_call()
            .respond_with(super::streams(&[json!({"content": "42"})], "stop"))
            .mount(&upstream)
            .await;
        let gateway = Gateway::at(&upstream.uri(), &[]).await;
        let heard = hear(&gateway, question("Why?")).await;
        assert_eq!((heard.answer.as_str(), heard.finish()), ("42", "stop"), "{status}");
        assert_eq!(u64::from(heard.done.unwrap().attempts.a), calls, "{status}");
    }
}
