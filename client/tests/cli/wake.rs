//! Waking a Friendli Dedicated endpoint.

use crate::gateway::{Act, Gateway, answer, flawless, stream};
use crate::run::{Ran, command, run};

fn status(status: &str) -> Vec<Act> {
    let phase = if status == "AWAKING" { r#""ENGINE_INITIALIZING""# } else { "null" };
    let error = if status == "FAILED" { r#""WORKLOAD_INIT_DOWNLOAD_ERROR""# } else { "null" };
    let body = format!(
        r#"{{"status":"{status}","createdAt":"2026-01-01T00:00:00Z","phase":{phase},"errorCode":{error}}}"#
    );
    answer("200 OK", "application/json", &body)
}

fn friendli(api: &Gateway, args: &[&str]) -> Ran {
    let base = api.base();
    let settings =
        ["--friendli-api", &base, "--friendli-endpoint-id", "e/1", "--wake-interval", "0.02"];
    let mut command = command(&[&settings, args].concat());
    command.env("UPSTREAM_API_KEY", "token").env("FRIENDLI_TEAM", "team");
    run(command)
}

/// The first lines of the requests that came, in short.
fn calls(api: &Gateway, count: usize) -> Vec<String> {
    let verb = |head: &str| {
        let path = head.lines().next().unwrap().trim_end_matches(" http/1.1").to_owned();
        path.replace(" /dedicated/beta/endpoint/e%2f1/", " ")
    };
    (0..count).map(|_| verb(&api.request().head)).collect()
}

#[test]
fn wakes_a_sleeping_endpoint_and_asks_it() {
    let seen = ["SLEEPING", "AWAKING", "AWAKING", "RUNNING"];
    let api = Gateway::start(seen.map(status).to_vec());
    let gateway = Gateway::start(vec![stream(&flawless())]);
    let ran = friendli(&api, &["--wake", "--url", &gateway.url(), "hi"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(
        ran.err,
        "the endpoint is SLEEPING\nthe endpoint is AWAKING (ENGINE_INITIALIZING)\nthe endpoint is RUNNING\n"
    );
    assert_eq!(calls(&api, 4), ["get status", "put wake", "get status", "get status"]);
    assert_eq!(gateway.request().body["model"], "e/1");
}

#[test]
fn sends_token_and_team() {
    let api = Gateway::start(vec![status("RUNNING")]);
    assert_eq!(friendli(&api, &["--wake"]).code, Some(0));
    let head = api.request().head;
    assert!(head.contains("authorization: bearer token\r\n"), "{head}");
    assert!(head.contains("x-friendli-team: team\r\n"), "{head}");
}

#[test]
fn says_at_once_when_waking_does_not_help() {
    for (case, script, said) in [
        ("failed", status("FAILED"), "FAILED (WORKLOAD_INIT_DOWNLOAD_ERROR)"),
        ("terminated", status("TERMINATED"), "TERMINATED"),
        ("not found", answer("404 Not Found", "application/json", "{}"), "--friendli-endpoint-id"),
        ("no token", answer("401 Unauthorized", "application/json", "{}"), "UPSTREAM_API_KEY"),
    ] {
        let ran = friendli(&Gateway::start(vec![script]), &["--wake"]);
        assert_eq!(ran.code, Some(1), "{case}: {}", ran.err);
        assert!(ran.err.contains(said), "{case}: {}", ran.err);
    }
}

#[test]
fn waits_out_server_errors_but_not_for_ever() {
    let busy = answer("500 Oops", "application/json", "{}");
    let api = Gateway::start(vec![status("SLEEPING"), busy, status("SLEEPING"), status("RUNNING")]);
    assert_eq!(friendli(&api, &["--wake"]).code, Some(0));
    assert_eq!(calls(&api, 4), ["get status", "put wake", "get status", "put wake"]);

    let api = Gateway::start(vec![status("INITIALIZING"); 100]);
    let ran = friendli(&api, &["--wake", "--wake-timeout", "0.1"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.err.contains("still INITIALIZING") && ran.err.contains("--wake-timeout"),
        "{}",
        ran.err
    );
}

#[test]
fn status_only_looks() {
    for (seen, code, shown) in [
        ("RUNNING", 0, "RUNNING\n"),
        ("UPDATING", 0, "UPDATING\n"),
        ("SLEEPING", 1, "SLEEPING\n"),
        ("AWAKING", 1, "AWAKING (ENGINE_INITIALIZING)\n"),
        ("DREAMING", 1, "DREAMING\n"),
    ] {
        let api = Gateway::start(vec![status(seen)]);
        let ran = friendli(&api, &["--status"]);
        assert_eq!((ran.code, &*ran.out), (Some(code), shown), "{seen}");
        assert_eq!(calls(&api, 1), ["get status"], "{seen}");
    }
}

#[test]
fn needs_an_endpoint() {
    for flag in ["--wake", "--status"] {
        let ran = run(command(&[flag]));
        assert_eq!(ran.code, Some(2), "{flag}");
        assert!(ran.err.contains("--friendli-endpoint-id"), "{}", ran.err);
    }
    let ran = run(command(&["--status", "--friendli-endpoint-id", ""]));
    assert_eq!(ran.code, Some(2));
}
