//! The configuration file: what it may hold, and what is told of mistakes in it.

use std::collections::{BTreeSet, HashMap};

use inference_gateway::config::file::File;
use inference_gateway::config::load::{read, schema};
use serde_json::Value;

const EXAMPLE: &str = include_str!("../../../config.example.yaml");

/// What stands for a secret.
const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// Mistakes about routes: what stands below an upstream, and a model if it has none; place; words.
const ROUTES: &[[&str; 4]] = &[
    [
        "a route to nowhere",
        "routes: {auto: {simple: {model: m}, medium: {model: x}, complex: {model: m}}}",
        "4:53: routes.auto.medium.model",
        "listed: m",
    ],
    [
        "a size without a model",
        "routes: {auto: {simple: {model: m}, complex: {model: m}}}",
        "4:16: routes.auto.medium",
        "missing; expected the model",
    ],
    [
        "an odd strategy",
        "routes: {auto: {strategy: luck, simple: {model: m}, medium: {model: m}, complex: {model: m}}}",
        "4:27: routes.auto.strategy",
        "expected one of size, latency, cost",
    ],
    [
        "an unknown candidate",
        "routes: {auto: {strategy: latency, models: [m, x]}}",
        "4:48: routes.auto.models[1]",
        "listed: m",
    ],
    [
        "sizes for latency",
        "routes: {auto: {strategy: latency, simple: {model: m}}}",
        "4:44: routes.auto.simple",
        "for strategy size",
    ],
    [
        "models for sizes",
        "routes: {auto: {simple: {model: m}, medium: {model: m}, complex: {model: m}, models: [m]}}",
        "4:86: routes.auto.models",
        "for latency and cost",
    ],
    [
        "no price",
        "routes: {auto: {strategy: cost, models: [m]}}",
        "4:42: routes.auto.models[0]",
        "models.m has no price",
    ],
    [
        "no price at all",
        "routes: {auto: {strategy: cost}}",
        "4:27: routes.auto.strategy",
        "models.m has no price",
    ],
    ["a hidden route", "routes: {m: {strategy: latency}}", "4:13: routes.m", "hide"],
    [
        "a wrong price",
        "models: {m: {targets: [{upstream: local}], price: {input: -1, output: 1}}}",
        "3:59: models.m.price.input",
        "from 0 to 1000000",
    ],
    [
        "half a price",
        "models: {m: {targets: [{upstream: local}], price: {input: 1}}}",
        "3:51: models.m.price",
        "missing field output",
    ],
    [
        "an odd feature",
        "models: {m: {targets: [{upstream: local}], features: [fly]}}",
        "3:55: models.m.features[0]",
        "expected one of tools",
    ],
    [
        "a limit of nothing",
        "models: {m: {targets: [{upstream: local}], limits: {max_tokens: 0}}}",
        "3:65: models.m.limits.max_tokens",
        "from 1 to",
    ],
    [
        "a prompt of nothing",
        "models: {m: {targets: [{upstream: local}], limits: {max_prompt_tokens: many}}}",
        "3:72: models.m.limits.max_prompt_tokens",
        "from 1 to",
    ],
];

/// The same about keys, limits and kept answers.
const KEYS: &[[&str; 4]] = &[
    [
        "a limit of no request",
        "default_upstream: local\nlimits: {requests_per_minute: 0}",
        "4:31: limits.requests_per_minute",
        "from 1 to",
    ],
    [
        "too many at once",
        "default_upstream: local\nlimits: {max_concurrent: 1000001}",
        "4:26: limits.max_concurrent",
        "from 1 to 1000000",
    ],
    ["no time to keep", "default_upstream: local\ncache: {ttl: 0}", "4:14: cache.ttl", "above 0"],
    [
        "a key without a name",
        "default_upstream: local\nkeys: {inline: [{digest: \"DIGEST\"}]}",
        "4:17: keys.inline[0].name",
        "1 to 64 letters",
    ],
    [
        "a key without a digest",
        "default_upstream: local\nkeys: {inline: [{name: a}]}",
        "4:17: keys.inline[0].digest",
        "missing",
    ],
    [
        "no digest",
        "default_upstream: local\nkeys: {inline: [{name: a, digest: igw_a}]}",
        "4:35: keys.inline[0].digest",
        "64 hexadecimal digits",
    ],
    [
        "a name twice",
        "default_upstream: local\nkeys: {inline: [{name: a, digest: \"DIGEST\"}, {name: a, digest: \"OTHER\"}]}",
        "4:118: keys.inline[1].name",
        "already",
    ],
    [
        "a digest twice",
        "default_upstream: local\nkeys: {inline: [{name: a, digest: \"DIGEST\"}, {name: b, digest: \"DIGEST\"}]}",
        "4:129: keys.inline[1].digest",
        "already",
    ],
    [
        "a key for nothing",
        "keys: {inline: [{name: a, models: [x], digest: \"DIGEST\"}]}",
        "4:36: keys.inline[0].models[0]",
        "listed: m",
    ],
    [
        "an odd end",
        "default_upstream: local\nkeys: {inline: [{name: a, expires: soon, digest: \"DIGEST\"}]}",
        "4:36: keys.inline[0].expires",
        "2027-01-31",
    ],
];

fn env() -> HashMap<String, String> {
    let pairs =
        [("FRIENDLI_TOKEN", "canary-key"), ("FRIENDLI_TEAM", "canary-team"), ("BAD", "a b")];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

fn yaml(text: &str) -> Result<File, String> {
    read("gateway.yaml", text, &env())
}

/// An upstream, and this beside it.
fn beside(text: &str) -> String {
    format!("upstreams:\n  local: {{base_url: \"http://host\"}}\n{text}")
}

#[test]
fn the_example_can_be_used() {
    let file = yaml(EXAMPLE).unwrap_or_else(|told| panic!("{told}"));
    assert_eq!(file.models.names(), "big, small");
    let friendli = file.upstreams.get("friendli").unwrap();
    assert_eq!(friendli.headers.get("X-Friendli-Team").unwrap(), "canary-team");
    assert!(friendli.key.is_some());
    assert!(!format!("{file:?}").contains("canary-key"));
}

/// Every member that the schema knows stands in the example, maybe behind a `#`.
#[test]
fn the_example_is_complete() {
    let schema: Value = serde_json::from_str(&schema()).unwrap();
    let mut names = BTreeSet::new();
    properties(&schema, &mut names);
    assert!(names.len() > 25, "{names:?}");
    for name in names {
        assert!(EXAMPLE.contains(&format!("{name}:")), "{name} is missing");
    }
}

fn properties(schema: &Value, names: &mut BTreeSet<String>) {
    if let Some(members) = schema["properties"].as_object() {
        names.extend(members.keys().cloned());
    }
    let inner: Vec<&Value> = match schema {
        Value::Object(members) => members.values().collect(),
        Value::Array(items) => items.iter().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => vec![],
    };
    inner.into_iter().for_each(|inner| properties(inner, names));
}

#[test]
fn toml_says_the_same() {
    let text = "default_model = \"m\"\n[upstreams.local]\nbase_url = \"http://host\"\n\
        [[models.m.targets]]\nupstream = \"local\"\nmodel = \"own\"\n";
    let file = read("gateway.TOML", text, &env()).unwrap_or_else(|told| panic!("{told}"));
    assert_eq!(file.models.get("m").unwrap().targets[0].model.as_deref(), Some("own"));
    let told = read("gateway.toml", &text.replace("\"own\"", "7"), &env()).unwrap_err();
    assert!(told.starts_with("gateway.toml:6:9: models.m.targets[0].model: "), "{told}");
}

/// Each mistake, as a file's text, with its place and some words of what is told.
fn check(mistakes: &[(&str, String, &str, &str)]) {
    for (case, text, at, words) in mistakes {
        let told = yaml(text).expect_err(case);
        assert!(told.starts_with(&format!("gateway.yaml:{at}")), "{case}: {told}");
        assert!(told.lines().next().expect("a line").contains(*words), "{case}: {told}");
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines.len(), 3, "{case}: one mistake with its line and a caret: {told}");
        let column: usize =
            lines[0].split(':').nth(2).and_then(|it| it.parse().ok()).expect("a column");
        let bar = lines[2].find("| ").expect("a bar") + 2;
        let (shown, caret) = (&lines[1][bar..], lines[2][bar..].find('^').expect("a caret"));
        // What is masked is no place to point into: the caret stands below its stars.
        let hidden = shown.find("***").filter(|stars| caret == *stars && *stars < column);
        assert!(hidden.is_some() || caret == column - 1, "{case}: {told}");
        assert!(caret < shown.len(), "{case}: it points at nothing: {told}");
        let masked = text.lines().all(|line| line != shown);
        assert!(!masked || shown.ends_with("***"), "{case}: {told}");
    }
}

#[test]
fn each_mistake_is_told_with_its_place() {
    let target = "models: {m: {targets: [{upstream: local}]}}";
    check(&[
        ("no upstream", "models:\n  m: {targets: [{upstream: x}]}\n".to_owned(), "2:28: models.m.targets[0].upstream", "none is listed"),
        ("another upstream", beside("models:\n  m: {targets: [{upstream: x}]}\n"), "4:28: models.m.targets[0].upstream", "an upstream: local"),
        ("no target", beside("models:\n  m: {}\n"), "4:6: models.m.targets", "at least one"),
        ("a wrong type", beside("models:\n  m: {targets: 7}\n"), "4:16: models.m.targets", "expected a list, got a number"),
        ("an unknown member", beside(&format!("{target}\nrouts: {{}}\n")), "4:1: routs", "unknown field routs, expected one of upstreams"),
        ("an unknown kind", "upstreams:\n  a:\n    kind: lama\n    base_url: http://host\ndefault_upstream: a\n".into(), "3:11: upstreams.a.kind", "expected one of generic"),
        ("another kind that is woken", "upstreams:\n  a: {base_url: \"http://host\", auto_wake: true}\ndefault_upstream: a\n".into(), "2:43: upstreams.a.auto_wake", "only an upstream of kind friendli"),
        ("a token in the file", "upstreams:\n  a: {base_url: \"http://host\", management_token: canary}\ndefault_upstream: a\n".into(), "2:50: upstreams.a.management_token", "has no place in a file"),
        ("another kind's template", "upstreams:\n  a: {base_url: \"http://host\", template: phi}\ndefault_upstream: a\n".into(), "2:42: upstreams.a.template", "only an upstream of kind llama_completion"),
        ("an unknown template", "upstreams:\n  a:\n    kind: llama_completion\n    template: lama\n    base_url: http://host\ndefault_upstream: a\n".into(), "4:15: upstreams.a.template", "expected one of chatml"),
        ("a wrong URL", "upstreams:\n  a: {base_url: host}\ndefault_upstream: a\n".into(), "2:17: upstreams.a.base_url", "a URL such as"),
        ("no URL", "upstreams:\n  a: {kind: vllm}\ndefault_upstream: a\n".into(), "2:6: upstreams.a.base_url", "missing"),
        ("a wrong time", beside(&format!("    \n{target}")).replace("{base_url: \"http://host\"}", "{base_url: \"http://host\", timeouts: {idle: 0}}"), "2:53: upstreams.local.timeouts.idle", "above 0"),
        ("an unset variable", "upstreams:\n  a: {base_url: \"http://host\", api_key: \"${NONE}\"}\ndefault_upstream: a\n".into(), "2:41: upstreams.a.api_key", "NONE is not set"),
        ("a key with a blank", "upstreams:\n  a: {base_url: \"http://host\", api_key: \"${BAD}\"}\ndefault_upstream: a\n".into(), "2:41: upstreams.a.api_key", "without blanks"),
        ("our own header", "upstreams:\n  a:\n    base_url: http://host\n    headers: {Host: x}\ndefault_upstream: a\n".into(), "4:21: upstreams.a.headers.Host", "itself"),
        ("a weight alone", beside("models: {m: {targets: [{upstream: local, weight: 2}]}}"), "3:50: models.m.targets[0].weight", "a rank that another"),
        ("no weight", beside("models: {m: {targets: [{upstream: local, weight: 0}]}}"), "3:50: models.m.targets[0].weight", "at least 1"),
        ("a capability", beside("models: {m: {targets: [{upstream: local}], capability: x}}"), "3:56: models.m.capability", "expected one of auto"),
        ("a choice", beside("models: {m: {targets: [{upstream: local}], on_missing_final: x}}"), "3:62: models.m.on_missing_final", "reasoning or answer"),
        ("a visibility", beside("models: {m: {targets: [{upstream: local}], visibility: all}}"), "3:56: models.m.visibility", "summary, raw or none"),
        ("a summary model", beside("models: {m: {targets: [{upstream: local}], summary_model: x}}"), "3:59: models.m.summary_model", "listed: m"),
        ("a route for a summary model", beside("models: {m: {targets: [{upstream: local}], summary_model: r}}\nroutes: {r: {strategy: latency}}\ndefault_model: m"), "3:59: models.m.summary_model", "listed: m"),
        ("an echo of thoughts", beside("models: {m: {targets: [{upstream: local}], summary_model: p}, p: {targets: [{upstream: e}]}}").replace("upstreams:", "upstreams:\n  e: {kind: echo}"), "4:59: models.m.summary_model", "an echo would show what this model thinks"),
        ("an alias", beside(&format!("{target}\naliases: {{a: x}}")), "4:14: aliases.a", "listed: m"),
        ("a hidden model", beside(&format!("{target}\naliases: {{m: m}}")), "4:14: aliases.m", "hide"),
        ("a default", beside(&format!("{target}\ndefault_model: x")), "4:16: default_model", "listed: m"),
        ("two defaults", beside(&format!("{target}\ndefault_model: m\ndefault_upstream: local")), "5:19: default_upstream", "either"),
        ("twice", beside("a: 1\na: 2\n"), "4:1: ", "duplicate mapping key: a"),
        ("broken", "a: [1\n".into(), "1:4: ", "unclosed"),
    ]);
}

/// The same where the file has a model, unless it says so itself.
fn check_beside_a_model(mistakes: &[[&str; 4]]) {
    let other = DIGEST.replace("aa", "bb");
    for &[case, rest, at, words] in mistakes {
        let has_one = rest.starts_with("models") || rest.starts_with("default");
        let model = if has_one { "" } else { "models: {m: {targets: [{upstream: local}]}}\n" };
        let text = beside(&format!("{model}{rest}"));
        let text = text.replace("DIGEST", DIGEST).replace("OTHER", &other);
        check(&[(case, text, at, words)]);
    }
}

#[test]
fn mistakes_in_routes_are_told() {
    check_beside_a_model(ROUTES);
}

#[test]
fn mistakes_in_keys_and_limits_are_told() {
    check_beside_a_model(KEYS);
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = "upstreams:\n  a: {kind: lama, base_url: nowhere, colour: red}\n  b: {}\n\
        models:\n  m: {targets: [{upstream: c, weight: two}, 7]}\naliases: {x: y}\ndefault_model: 5\n";
    let told = yaml(text).unwrap_err();
    for at in [
        "upstreams.a.kind: ",
        "upstreams.a.base_url: ",
        "upstreams.a.colour: ",
        "upstreams.b.base_url: ",
        "models.m.targets[0].weight: ",
        "models.m.targets[1]: ",
        "aliases.x: ",
        "default_model: expected",
    ] {
        let times = told.matches(&format!(": {at}")).count();
        assert_eq!(times, 1, "{at}: {told}");
    }
    assert_eq!(told.lines().count(), 8 * 3, "{told}");
    let places = told.lines().filter_map(|line| {
        let mut numbers = line.strip_prefix("gateway.yaml:")?.split(':').map(str::parse::<usize>);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    });
    let places: Vec<(usize, usize)> = places.collect();
    assert!(places.len() == 8 && places.is_sorted(), "{places:?}: {told}");
}

/// Whatever is wrong, and wherever a key may have got to, it is not printed.
#[test]
fn mistakes_show_no_key() {
    for text in [
        "upstreams:\n  a: {base_url: \"http://host\", api_key: canary}\n",
        "upstreams:\n  a: {base_url: \"http://host\", management_token: canary}\n",
        "upstreams:\n  a:\n    api_key: canary\n    base_url: http://host\n",
        "upstreams:\n  a:\n    api_key: [canary]\n",
        "upstreams:\n  a:\n    api_key:canary\n",
        "upstreams:\n  a:\n    api_key: canary: x\n",
        "upstreams:\n  a:\n    apikey: canary\n",
        "upstreams:\n  a:\n    headers: {X-Own: \"canary\\n\"}\n",
        "upstreams:\n  a:\n    headers: {Authorization: canary}\n",
        "upstreams:\n  a:\n    headers: [canary]\n",
        "upstreams:\n  a:\n    headers: canary\n",
        "upstreams:\n  a:\n    base_url: http://user:canary@host\n",
        "upstreams:\n  a:\n    api_key: \"canary\n",
        "keys:\n  inline:\n    - {name: a, digest: canary}\n",
        "keys:\n  inline:\n    - {name: a, digest: canary, models: 7}\n",
        "keys:\n  inline:\n    - {name: [], digest: [canary]}\n",
        "keys:\n  inline:\n    - name: a\n      digest: canary\n",
        "keys:\n  inline:\n    - {name: a, secret: canary}\n",
    ] {
        for (name, told) in [("yaml", yaml(text)), ("toml", read("a.toml", text, &env()))] {
            let told = told.expect_err("it is wrong");
            assert!(!told.contains("canary"), "{name}: {text}: {told}");
        }
    }
}
