//! Which arguments fit together, and the request that they make.

use clap::{CommandFactory, Parser};
use serde_json::json;

use super::{Args, Command, seconds};
use crate::cli::ask;

fn parse(line: &str) -> Result<Args, clap::Error> {
    let words = line.split_whitespace();
    // An empty variable is none: this machine's own are not what is tested.
    let none = ["--model=", "--friendli-endpoint-id="];
    let given = |name: &str| line.contains(name.trim_end_matches('='));
    let none = none.into_iter().filter(|name| !given(name));
    Args::try_parse_from(["gateway-client"].into_iter().chain(none).chain(words))
}

fn args(line: &str) -> Args {
    parse(line).unwrap_or_else(|error| panic!("{line}: {error}"))
}

#[test]
fn arguments_are_consistent() {
    Args::command().debug_assert();
}

#[test]
fn arguments_make_a_request() {
    let user = json!({"role": "user", "content": "hi"});
    let system = json!({"role": "system", "content": "be-brief"});
    let summaries = |summaries: serde_json::Value| json!({"messages": [user], "stream": true, "summaries": summaries});
    for (line, request) in [
        ("", json!({"messages": [user], "stream": true})),
        ("--model a", json!({"model": "a", "messages": [user], "stream": true})),
        ("--friendli-endpoint-id e", json!({"model": "e", "messages": [user], "stream": true})),
        (
            "--friendli-endpoint-id e --model a",
            json!({"model": "a", "messages": [user], "stream": true}),
        ),
        ("--system be-brief", json!({"messages": [system, user], "stream": true})),
        ("--summary-model s", json!({"messages": [user], "stream": true, "summary_model": "s"})),
        ("--live", summaries(json!({"live": true}))),
        ("--reasoning raw --live", summaries(json!({"live": true, "visibility": "raw"}))),
        ("--reasoning none", summaries(json!({"visibility": "none"}))),
        ("--no-stream", json!({"messages": [user], "stream": false})),
    ] {
        let made = serde_json::to_value(ask::request(&args(line), "hi".to_owned())).unwrap();
        assert_eq!(made, request, "{line}");
    }
}

#[test]
fn refuses_contradictions() {
    for line in [
        "--message a b",
        "--live --no-stream",
        "--json --events",
        "--timings --no-timings",
        "--status --wake --friendli-endpoint-id e",
        "--status --file a --friendli-endpoint-id e",
        "completions",
        "completions cmd",
        "chat about cats",
    ] {
        assert!(parse(line).is_err(), "{line}");
    }
}

#[test]
fn options_stand_before_and_behind_a_command() {
    for line in ["--url http://u --json chat", "chat --url http://u --json"] {
        let args = args(line);
        assert!(matches!(args.command, Some(Command::Chat(_))), "{line}");
        assert_eq!((args.server.url(), args.looks.json), ("http://u", true), "{line}");
        assert_eq!(args.out_of_place(), None, "{line}");
    }
}

#[test]
fn what_belongs_to_a_question_has_no_place_beside_a_command() {
    for (line, name) in [
        ("--message hi chat", Some("--message")),
        ("--file a models", Some("--file")),
        ("--friendli-endpoint-id e --wake health", Some("--wake")),
        ("--message hi", None),
        ("--file a", None),
        ("models", None),
    ] {
        assert_eq!(args(line).out_of_place(), name, "{line}");
    }
}

#[test]
fn words_are_a_question_unless_the_first_is_a_command() {
    for (line, prompt) in [
        ("why blue", Some("why blue")),
        ("why chat", Some("why chat")),
        ("help me", Some("help me")),
        ("-- chat", Some("chat")),
        ("--system s why health", Some("why health")),
        ("model", Some("model")),
        ("health", None),
        ("--system s man", None),
    ] {
        let args = args(line);
        let asked = args.command.is_none().then(|| args.prompt.join(" "));
        assert_eq!(asked.as_deref(), prompt, "{line}");
    }
}

#[test]
fn reads_seconds() {
    for (text, millis) in [
        ("1", Some(1000)),
        ("0.25", Some(250)),
        ("0", None),
        ("-1", None),
        ("NaN", None),
        ("x", None),
        ("1e30", None),
    ] {
        assert_eq!(seconds(text).ok().map(|it| it.as_millis()), millis, "{text}");
    }
}
