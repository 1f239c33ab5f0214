//! What makes two requests the same: who asks, every member that the answer depends on, and what the
//! configuration decides of it.

use serde_json::{Map, Number, Value, json};

use super::caller::Caller;
use super::request::ChatRequest;
use crate::store::digest::Digest;

/// The member that asks for an answer that was given before, or for a new one.
const CACHE: &str = "cache";
/// The member that says what a stream tells: of the answer nothing depends on it.
const STREAM_OPTIONS: &str = "stream_options";

/// What a client says about answers that were given before. It is not the upstream's to read.
pub(super) fn take_wish(members: &mut Map<String, Value>) -> Option<bool> {
    members.shift_remove(CACHE)?.as_bool()
}

/// Whether an answer may be one that was given before: asked for, or left to the model no chance.
pub(super) fn may_repeat(request: &ChatRequest, wish: Option<bool>) -> bool {
    let temperature = request.members.get("temperature").and_then(Value::as_f64);
    wish.unwrap_or(temperature == Some(0.0))
}

/// The request without what its answer does not depend on: id, time, and how it is told.
pub(super) fn fingerprint(request: &ChatRequest, caller: &Caller, origin: &Value) -> Digest {
    let it = &request.summaries;
    let mut members = request.members.clone();
    members.shift_remove(STREAM_OPTIONS);
    let whole = json!([
        2,
        origin,
        format!("{:?}", caller.whose()),
        request.model,
        request.messages,
        members,
        request.summary_model,
        [it.prompt, it.reasoning],
        it.live,
        format!("{:?} {:?}", it.visibility, it.style),
        it.language,
    ]);
    let mut bytes = Vec::new();
    write_canonical(&whole, &mut bytes);
    Digest::of(&bytes)
}

/// The members of objects by name, whatever order they came in; whole numbers as integers.
fn write_canonical(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => {
            out.extend_from_slice(value.to_string().as_bytes());
        }
        Value::Number(number) => out.extend_from_slice(canonical(number).as_bytes()),
        Value::Array(values) => {
            out.push(b'[');
            for value in values {
                write_canonical(value, out);
                out.push(b',');
            }
            out.push(b']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            out.push(b'{');
            for (name, value) in members {
                out.extend_from_slice(Value::from(name.as_str()).to_string().as_bytes());
                out.push(b':');
                write_canonical(value, out);
                out.push(b',');
            }
            out.push(b'}');
        }
    }
}

/// `1.0` as `1`, and `-0.0` as `0`.
fn canonical(number: &Number) -> String {
    match number.as_f64().filter(|it| number.is_f64() && it.fract() == 0.0) {
        // Zero added to the negative one is the positive one.
        Some(whole) => format!("{:.0}", whole + 0.0),
        None => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::Arc;

    use serde_json::{Value, json};
    use tokio::time::Instant;

    use super::{canonical, fingerprint, may_repeat, take_wish};
    use crate::policy::account::Quota;
    use crate::relay::caller::Caller;
    use crate::relay::request::{ChatRequest, Style, SummaryOptions, Visibility};
    use crate::store::digest::Digest;
    use crate::store::key::Key;
    use crate::traces::trace::Trace;

    fn request() -> ChatRequest {
        let members = json!({"temperature": 0, "stop": ["a", "b"], "x": {"a": 1, "b": 2}});
        ChatRequest {
            id: "r".into(),
            path: "/".into(),
            arrived: Instant::now(),
            stream: true,
            model: "m".into(),
            messages: vec![json!({"role": "user", "content": "hi"})],
            members: serde_json::from_value(members).unwrap(),
            summary_model: None,
            summaries: SummaryOptions::default(),
            trace: Trace::default(),
        }
    }

    type Change = fn(&mut ChatRequest);

    #[test]
    fn each_member_that_matters_changes_it() {
        let caller = Caller::default();
        let plain = fingerprint(&request(), &caller, &Value::Null);
        let changes: [(&str, Change); 18] = [
            ("model", |it| it.model = "n".into()),
            ("content", |it| it.messages[0]["content"] = "ho".into()),
            ("role", |it| it.messages[0]["role"] = "system".into()),
            ("one message more", |it| it.messages.push(json!({"role": "user", "content": ""}))),
            ("temperature", |it| it.members["temperature"] = 1.into()),
            ("stop, another order", |it| it.members["stop"] = json!(["b", "a"])),
            ("a nested member", |it| it.members["x"]["a"] = 2.into()),
            ("text for number", |it| it.members["x"]["a"] = "1".into()),
            ("one member more", |it| drop(it.members.insert("seed".into(), 1.into()))),
            ("one member less", |it| drop(it.members.shift_remove("x"))),
            ("null for nothing", |it| drop(it.members.insert("seed".into(), Value::Null))),
            ("summary model", |it| it.summary_model = Some("s".into())),
            ("prompt summary", |it| it.summaries.prompt = false),
            ("reasoning summary", |it| it.summaries.reasoning = false),
            ("live", |it| it.summaries.live = Some(true)),
            ("visibility", |it| it.summaries.visibility = Some(Visibility::Raw)),
            ("language", |it| it.summaries.language = Some("de".into())),
            ("style", |it| it.summaries.style = Style::Bullets),
        ];
        let mut seen = vec![plain];
        for (case, change) in changes {
            let mut changed = request();
            change(&mut changed);
            let changed = fingerprint(&changed, &caller, &Value::Null);
            assert!(!seen.contains(&changed), "{case}");
            seen.push(changed);
        }
        let elsewhere = fingerprint(&request(), &caller, &json!(["another server"]));
        assert!(!seen.contains(&elsewhere), "where it is answered");
        let same: [(&str, Change); 8] = [
            ("id", |it| it.id = "s".into()),
            ("stream", |it| it.stream = false),
            ("order of members", |it| it.members["x"] = json!({"b": 2, "a": 1})),
            ("what a stream tells", |it| {
                drop(it.members.insert("stream_options".into(), json!({"include_usage": true})));
            }),
            ("0.0 for 0", |it| it.members["temperature"] = json!(0.0)),
            ("-0.0 for 0", |it| it.members["temperature"] = json!(-0.0)),
            ("1.0 for 1", |it| it.members["x"]["a"] = json!(1.0)),
            ("nothing of what a stream tells", |it| {
                drop(it.members.insert("stream_options".into(), Value::Null));
            }),
        ];
        for (case, change) in same {
            let mut changed = request();
            change(&mut changed);
            assert_eq!(fingerprint(&changed, &caller, &Value::Null), plain, "{case}");
        }
    }

    #[test]
    fn numbers_are_the_same_where_their_values_are() {
        for (text, expected) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("7.0", "7"),
            ("-7.0", "-7"),
            ("1e2", "100"),
            ("0.1", "0.1"),
            ("-1.5", "-1.5"),
            ("1e-300", "1e-300"),
            ("9007199254740993", "9007199254740993"),
            ("9223372036854775808.0", "9223372036854775808"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("-9223372036854775808.0", "-9223372036854775808"),
            ("18446744073709551615", "18446744073709551615"),
            ("18446744073709551616", "18446744073709551616"),
            ("36893488147419103232.0", "36893488147419103232"),
        ] {
            assert_eq!(canonical(&text.parse().unwrap()), expected, "{text}");
        }
        let [large, larger] = ["1e300", "1.0000000000000002e300"];
        let [large, larger] = [large, larger].map(|it| canonical(&it.parse().unwrap()));
        assert_eq!((large.len(), larger.len()), (301, 301));
        assert_ne!(large, larger);
    }

    #[test]
    fn each_caller_has_answers_of_his_own() {
        let key = |name: &str| {
            let key = Key::with_digest(name, Digest::of(name.as_bytes()));
            Caller::with_key(Arc::new(key), &Quota::default())
        };
        let at = |text: &str| Caller::at(text.parse::<IpAddr>().unwrap(), Quota::default());
        let callers = [key("a"), key("b"), at("10.0.0.1"), at("10.0.0.2")];
        let mut seen: Vec<_> =
            callers.iter().map(|it| fingerprint(&request(), it, &Value::Null)).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 4);
    }

    #[test]
    fn only_what_is_certain_or_asked_for_is_repeated() {
        for (members, expected) in [
            (json!({"temperature": 0}), true),
            (json!({"temperature": 0.0}), true),
            (json!({"temperature": 0.1}), false),
            (json!({}), false),
            (json!({"cache": true}), true),
            (json!({"temperature": 0, "cache": false}), false),
            (json!({"temperature": 1, "cache": true}), true),
        ] {
            let mut request = request();
            request.members = serde_json::from_value(members.clone()).unwrap();
            let wish = take_wish(&mut request.members);
            assert_eq!(may_repeat(&request, wish), expected, "{members}");
            assert!(!request.members.contains_key("cache"), "the upstream does not hear of it");
        }
    }
}
