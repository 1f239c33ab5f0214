//! A chat through a pipe: what is asked, what is kept, what is refused.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::gateway::{Act, Gateway, HEAD, answer, asked, done, said, send, stream, thought};
use crate::run::{Ran, command, end_of, run_with_stdin};

/// A conversation that answers with this text.
fn answering(text: &str) -> Vec<Act> {
    stream(&[asked("P"), thought("R"), said(text), done("stop")])
}

fn broken() -> Vec<Act> {
    stream(&[asked("P"), thought("R"), said("4")])
}

/// Chats with a gateway that has these answers, by these lines.
fn chat(gateway: &Gateway, args: &[&str], lines: &str) -> Ran {
    let base = ["--url", &gateway.url(), "--model", "m", "chat"];
    run_with_stdin(command(&[&base, args].concat()), lines)
}

/// The messages of the next request, in short.
fn messages(gateway: &Gateway) -> Vec<String> {
    let body = gateway.request().body;
    let short = |it: &Value| {
        format!("{} {}", it["role"].as_str().unwrap(), it["content"].as_str().unwrap())
    };
    body["messages"].as_array().unwrap().iter().map(short).collect()
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn each_question_goes_with_what_was_said() {
    let gateway = Gateway::start(vec![answering("42"), answering("7"), answering("1")]);
    let ran = chat(&gateway, &["--system", "be brief"], "6 × 7?\n\nand 42 / 6?\n/clear\nso?\n");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(messages(&gateway), ["system be brief", "user 6 × 7?"]);
    assert_eq!(
        messages(&gateway),
        ["system be brief", "user 6 × 7?", "assistant 42", "user and 42 / 6?"]
    );
    assert_eq!(messages(&gateway), ["system be brief", "user so?"]);
    let whole = "=== 3) The model's final output ===\n42\n\n[done]\n";
    assert!(ran.out.contains(whole), "{}", ran.out);
    assert!(!ran.out.contains("> ") && !ran.err.contains("> "), "no prompt is shown: {ran:?}");
}

#[test]
fn a_turn_that_failed_is_forgotten_and_the_chat_goes_on() {
    let refusal = answer("503 Service Unavailable", "application/json", "{}");
    let cut = stream(&[asked("P"), thought("R"), said("4"), done("error")]);
    for (case, script, code) in [("cut", broken(), 6), ("refused", refusal, 1), ("fatal", cut, 1)] {
        let gateway = Gateway::start(vec![script, answering("42"), answering("7")]);
        let ran = chat(&gateway, &[], "one\ntwo\nthree\n");
        assert_eq!(ran.code, Some(code), "{case}: {}", ran.err);
        assert!(ran.err.contains("the chat goes on without this turn"), "{case}: {}", ran.err);
        assert_eq!(messages(&gateway), ["user one"], "{case}");
        assert_eq!(messages(&gateway), ["user two"], "{case}");
        assert_eq!(messages(&gateway), ["user two", "assistant 42", "user three"], "{case}");
    }
}

#[test]
fn commands_change_what_is_asked() {
    let gateway = Gateway::start(vec![answering("42"), answering("43")]);
    let lines = "/system be\\\nbrief\nhi\n/system -\n/model other\nho\n/nonsense\n/quit\nnever\n";
    let ran = chat(&gateway, &[], lines);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(messages(&gateway), ["system be\nbrief", "user hi"]);
    let second = gateway.request().body;
    assert_eq!(second["model"], "other");
    assert_eq!(second["messages"].as_array().unwrap().len(), 3);
    for said in ["the model is other", "there is no system message", "no such command", "/quit"] {
        assert!(ran.err.contains(said), "{said}: {}", ran.err);
    }
}

#[test]
fn lines_that_belong_together_are_one_question() {
    let gateway = Gateway::start(vec![answering("42"), answering("43"), answering("44")]);
    let lines = "why\\\r\nblue?\r\n\"\"\"\nfn a() {\\\n}\n\"\"\"\n\"\"\"never\nclosed";
    assert_eq!(chat(&gateway, &[], lines).code, Some(0));
    assert_eq!(messages(&gateway), ["user why\nblue?"]);
    assert_eq!(messages(&gateway).last().unwrap(), "user fn a() {\\\n}");
    assert_eq!(messages(&gateway).last().unwrap(), "user never\nclosed");
}

#[test]
fn a_chat_is_saved_as_json_and_markdown_and_overwrites_nothing() {
    let folder = folder("saved-chats");
    let lines = "/save a.md\nhi\n/save a.json\n/save b.txt\n/save a.json\n/save b.md\n/save --force b.md\n/save\n";
    let gateway = Gateway::start(vec![answering("42")]);
    let mut command = command(&["--url", &gateway.url(), "--model", "m", "chat"]);
    command.current_dir(&folder);
    let ran = run_with_stdin(command, lines);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let told: Vec<&str> = ran.err.lines().collect();
    assert_eq!(
        told,
        [
            "not saved: nothing was said",
            "(saved to a.json)",
            "not saved: b.txt ends neither in .json nor in .md",
            "not saved: a.json is there already; /save --force a.json replaces it",
            "(saved to b.md)",
            "(saved to b.md)",
            "/save needs a file, as in /save chat.md",
        ]
    );
    let saved: Value = serde_json::from_slice(&fs::read(folder.join("a.json")).unwrap()).unwrap();
    let said =
        [json!({"role": "user", "content": "hi"}), json!({"role": "assistant", "content": "42"})];
    assert_eq!(saved, json!({"model": "m", "messages": said}));
    assert!(!folder.join("a.md").exists());
}

#[test]
fn the_first_model_of_the_gateway_is_asked_unless_one_is_named() {
    let list = r#"{"object":"list","data":[{"id":"first"},{"id":"second"}]}"#;
    let listed = || answer("200 OK", "application/json", list);
    let gateway = Gateway::start(vec![listed(), answering("42"), listed()]);
    let ran = run_with_stdin(command(&["--url", &gateway.url(), "chat"]), "hi\n/model\n");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(gateway.request().head.starts_with("get /v1/models "));
    assert_eq!(gateway.request().body["model"], "first");
    assert!(ran.err.contains("* first\n  second\n"), "{}", ran.err);
}

#[test]
fn json_is_one_object_per_turn() {
    let gateway = Gateway::start(vec![answering("42"), answering("43")]);
    let ran = chat(&gateway, &["--json"], "one\ntwo\n");
    let records: Vec<Value> =
        serde_json::Deserializer::from_str(&ran.out).into_iter().map(Result::unwrap).collect();
    let answers: Vec<&Value> = records.iter().map(|record| &record["answer"]).collect();
    assert_eq!(answers, ["42", "43"]);
}

#[test]
fn what_is_no_text_ends_the_chat() {
    let mut child = command(&["--url", "http://127.0.0.1:9", "--model", "m", "chat"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"\xff\n").unwrap();
    let ran = end_of(child);
    assert!(ran.code == Some(2) && ran.err.contains("not UTF-8"), "{ran:?}");
}

#[test]
fn ctrl_c_ends_a_chat_that_nobody_types() {
    let script = vec![send(format!("{HEAD}{}", asked("P"))), Act::Hold];
    for (case, lines) in [("in an answer", "hi\nnever\n"), ("before a question", "")] {
        let gateway = Gateway::start(vec![script.clone()]);
        let url = gateway.url();
        let mut chat = command(&["--url", &url, "--model", "m", "chat"]);
        let mut child = chat.stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(lines.as_bytes()).unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
        if lines.is_empty() {
            // Whoever has asked is waiting for a line: a command's reply is the sign of it.
            stdin.write_all(b"/system\n").unwrap();
            let err = BufReader::new(child.stderr.take().unwrap());
            assert!(err.lines().any(|line| line.unwrap().contains("no system message")));
        } else {
            assert!(out.any(|line| line.unwrap() == "P"), "{case}");
        }
        let id = child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        assert_eq!(end_of(child).code, Some(130), "{case}");
        drop(stdin);
    }
}
