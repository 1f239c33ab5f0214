//! Commands that ask no question: models, health, completions, the manual page.

use serde_json::{Value, json};

use crate::gateway::{Act, Gateway, answer};
use crate::run::{Ran, command, run};

const WELL: &str =
    r#"{"status":"ok","upstream":true,"detail":{"reachable":true,"status":200,"took_ms":3}}"#;
const ILL: &str = r#"{"status":"degraded","upstream":true,"upstreams":{"a":{"reachable":true,"took_ms":3},"b":{"reachable":false,"took_ms":3,"detail":"unreachable"}}}"#;

fn json_answer(status: &str, body: &str) -> Vec<Act> {
    answer(status, "application/json", body)
}

/// Runs a command against a gateway of which only the base is named.
fn ran(gateway: &Gateway, args: &[&str]) -> Ran {
    run(command(&[&["--url", &gateway.base()], args].concat()))
}

#[test]
fn models_are_listed() {
    let list = json!({"object": "list", "data": [
        {"id": "demo", "object": "model", "capability": "auto"}, {"id": "think\u{9b}", "object": "model"},
    ]});
    let gateway = Gateway::start(vec![json_answer("200 OK", &list.to_string()); 2]);
    let told = ran(&gateway, &["models", "--model", "demo", "--api-key", "k"]);
    assert_eq!((told.code, &*told.out), (Some(0), "* demo    auto\n  think\u{fffd}\n"), "{told:?}");
    let head = gateway.request().head;
    assert!(head.starts_with("get /v1/models http/1.1\r\n"), "{head}");
    assert!(head.contains("authorization: bearer k\r\n"), "{head}");
    let told = ran(&gateway, &["models", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&told.out).unwrap(), list["data"]);
    assert!(told.out.is_ascii(), "{}", told.out);
}

#[test]
fn health_is_told_by_words_and_exit_code() {
    let (ready, draining) = (r#"{"status":"ready"}"#, r#"{"status":"draining"}"#);
    for (case, status, body, upstreams, code, said) in [
        ("well", "200 OK", ready, WELL, 0, "upstream  reachable  (status 200, 3 ms)"),
        ("one is away", "200 OK", ready, ILL, 1, "upstream  NOT reachable  (b, 3 ms, unreachable)"),
        ("stopping", "503 Service Unavailable", draining, WELL, 1, "gateway   stopping"),
    ] {
        let gateway =
            Gateway::start(vec![json_answer(status, body), json_answer("200 OK", upstreams)]);
        let told = ran(&gateway, &["health"]);
        assert_eq!(told.code, Some(code), "{case}: {told:?}");
        assert!(told.out.contains(said), "{case}: {}", told.out);
        assert!(told.out.contains(&gateway.base()), "{case}: {}", told.out);
        assert!(gateway.request().head.starts_with("get /ready "), "{case}");
        assert!(gateway.request().head.starts_with("get /upstream-health "), "{case}");
    }
    let gateway = Gateway::start(vec![json_answer("200 OK", ready), json_answer("200 OK", ILL)]);
    let told = ran(&gateway, &["health", "--json"]);
    let health: Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!((told.code, &health["ready"]), (Some(1), &json!(true)));
    assert_eq!(health["upstreams"]["b"]["reachable"], json!(false));
}

#[test]
fn what_goes_wrong_has_its_exit_code() {
    for (case, script, code, said) in [
        ("no key", json_answer("401 Unauthorized", "{}"), 1, "GATEWAY_API_KEY"),
        ("no gateway", json_answer("404 Not Found", "{}"), 1, "--url"),
        ("a page", answer("200 OK", "text/html", "<html>"), 7, "not how a gateway answers"),
    ] {
        let told = ran(&Gateway::start(vec![script]), &["models"]);
        assert_eq!(told.code, Some(code), "{case}: {told:?}");
        assert!(told.err.contains(said) && told.out.is_empty(), "{case}: {told:?}");
    }
    for name in ["models", "health"] {
        let held = Gateway::start(vec![vec![Act::Hold]]);
        let told = ran(&held, &[name, "--timeout", "0.2"]);
        assert!(told.code == Some(6) && told.err.contains("0.2 s"), "{told:?}");
        held.wait_until_left();
    }
}

#[test]
fn a_path_in_front_of_the_gateways_own_is_kept() {
    let gateway = Gateway::start(vec![json_answer("200 OK", r#"{"data":[]}"#)]);
    let url = format!("{}/llm/v1/chat/completions?x=1", gateway.base());
    let told = run(command(&["--url", &url, "models"]));
    assert_eq!((told.code, &*told.out), (Some(0), "(the gateway lists no models)\n"));
    assert!(gateway.request().head.starts_with("get /llm/v1/models http"));
}

#[test]
fn a_question_has_no_place_beside_a_command() {
    let told = run(command(&["--message", "hi", "models"]));
    assert_eq!(told.code, Some(2));
    assert!(told.err.contains("--message belongs to a question"), "{}", told.err);
}

#[test]
fn shells_and_man_get_their_papers() {
    for (paper, start) in [
        (&["completions", "bash"][..], "_gateway__client() {"),
        (&["completions", "zsh"], "#compdef gateway-client"),
        (&["completions", "fish"], "# Print an optspec"),
        (&["completions", "elvish"], "\nuse builtin;"),
        (&["completions", "powershell"], "\nusing namespace"),
        (&["man"], ".ie "),
    ] {
        let told = run(command(paper));
        assert_eq!((told.code, &*told.err), (Some(0), ""), "{paper:?}");
        assert!(told.out.starts_with(start), "{paper:?}: {}", &told.out[..told.out.len().min(80)]);
        for word in ["reasoning", "chat", "health"] {
            assert!(told.out.contains(word), "{paper:?} lacks {word}");
        }
    }
}
