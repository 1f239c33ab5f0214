//! The client as a person sees it, in a real terminal.

use std::fs;
use std::path::PathBuf;

use crate::gateway::{
    Act, Gateway, HEAD, answer, asked, done, flawless, said, send, stream, thought,
};
use crate::tmux::Terminal;

/// An empty folder to be at home in.
fn home(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn answering(text: &str) -> Vec<Act> {
    stream(&[asked("P"), thought("R"), said(text), done("stop")])
}

/// A chat with a gateway, of which only the model's answers matter.
fn chat(name: &str, gateway: &Gateway, args: &str) -> Terminal {
    let args = format!("--url {} --model m chat {args}", gateway.url());
    let terminal = Terminal::start(80, &home(name), "", &args);
    terminal.sees("Ctrl-D leaves.");
    terminal
}

#[track_caller]
fn in_order(shown: &str, parts: &[&str]) {
    let mut rest = shown;
    for part in parts {
        let (_, after) =
            rest.split_once(part).unwrap_or_else(|| panic!("{part:?} is out of order:\n{shown}"));
        rest = after;
    }
}

#[test]
fn a_chat_is_typed_shown_in_order_and_saved() {
    let gateway = Gateway::start(vec![answering("42"), answering("43")]);
    let terminal = chat("typed", &gateway, "");
    terminal.types("6 × 7?", "Enter");
    let shown = terminal.sees("tokens/s");
    in_order(
        &shown,
        &[
            "> 6 × 7?",
            "=== 1) ",
            "P",
            "=== 2) ",
            "R",
            "=== 3) ",
            "42",
            "[done]",
            "prompt summary",
            "total",
        ],
    );
    terminal.types("/model other", "Enter").sees("(the model is other)");
    terminal.types("and more?", "Enter").sees_times(2, "tokens/s");
    terminal.types("/nonsense", "Enter").sees("no such command; there are /model, /system, /save");
    terminal.types("/save chat.md", "Enter").sees("(saved to chat.md)");
    terminal.types("/save chat.md", "Enter").sees("/save --force chat.md replaces it");
    terminal.press("C-d").sees("exit code 0");
    assert_eq!(gateway.request().body["model"], "m");
    let second = gateway.request().body;
    assert_eq!(
        (&second["model"], &second["messages"][1]["content"]),
        (&"other".into(), &"42".into())
    );
    let saved = fs::read_to_string(home_of("typed").join("chat.md")).unwrap();
    assert!(
        saved.starts_with("# Chat with other\n\n## You\n\n6 × 7?\n\n## Model\n\n42\n"),
        "{saved}"
    );
}

fn home_of(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn ctrl_c_stops_an_answer_and_keeps_the_chat() {
    let held = vec![send(format!("{HEAD}{}{}{}", asked("P"), thought("R"), said("4"))), Act::Hold];
    let gateway = Gateway::start(vec![held, answering("42")]);
    let terminal = chat("stopped", &gateway, "");
    terminal.types("one", "Enter").sees("final output ===\n4");
    terminal.press("C-c").sees("(stopped; the chat goes on without this turn)");
    gateway.wait_until_left();
    terminal.types("half a li", "C-c").sees("> half a li\n>");
    terminal.types("two", "Enter").sees("[done]");
    terminal.types("/quit", "Enter").sees("exit code 0");
    gateway.request();
    let messages = gateway.request().body["messages"].clone();
    assert_eq!(messages, serde_json::json!([{"role": "user", "content": "two"}]));
}

#[test]
fn a_failure_does_not_end_the_chat() {
    let refused = answer("503 Service Unavailable", "application/json", "{}");
    let gateway = Gateway::start(vec![refused, answering("42")]);
    let terminal = chat("failed", &gateway, "");
    terminal.types("one", "Enter").sees("(failed; the chat goes on without this turn)");
    terminal.types("two", "Enter").sees("[done]");
    terminal.press("C-d").sees("exit code 0");
}

#[test]
fn several_lines_are_typed_and_pasted() {
    let gateway = Gateway::start(vec![answering("1"), answering("2"), answering("3")]);
    let terminal = chat("several", &gateway, "--no-history");
    terminal.types("one\\", "Enter").types("two", "Enter").sees_times(1, "[done]");
    terminal.types("\"\"\"", "Enter").types("three", "Enter").types("\"\"\"", "Enter");
    // What is pasted before the next prompt is there is typed, not pasted.
    terminal.sees_times(2, "tokens/s\n\n>");
    terminal.pastes("four\n  five\nsix").press("Enter").sees_times(3, "[done]");
    for (at, question) in ["one\ntwo", "three", "four\n  five\nsix"].into_iter().enumerate() {
        assert_eq!(gateway.request().body["messages"][2 * at]["content"], question);
    }
    assert!(!home_of("several").join(".local").exists(), "a history that nobody wanted");
}

#[test]
fn what_was_typed_is_there_in_the_next_chat() {
    let gateway = Gateway::start(vec![answering("1"), answering("2"), answering("3")]);
    let terminal = chat("history", &gateway, "");
    terminal.types("why?", "Enter").sees("[done]");
    terminal.types(" a secret", "Enter").sees_times(2, "[done]");
    drop(terminal);
    let args = format!("--url {} --model m chat", gateway.url());
    let terminal = Terminal::start(80, &home_of("history"), "", &args);
    terminal.sees("Ctrl-D leaves.");
    terminal.press("Up").sees("> why?");
    terminal.press("Enter").sees("[done]");
    let file = home_of("history").join(".local/state/gateway-client/history");
    assert!(!fs::read_to_string(file).unwrap().contains("secret"));
}

#[test]
fn a_question_shows_what_it_waits_for_and_what_has_come() {
    let events = [asked("P"), thought("R"), said("42"), done("stop")];
    let held = vec![send(format!("{HEAD}{}", events[0])), Act::Hold];
    let gateway = Gateway::start(vec![held]);
    let args = format!("--url {} hi", gateway.url());
    let terminal = Terminal::start(60, &home("waits"), "", &args);
    let shown = terminal.sees(" s · prompt summary ");
    assert!(shown.contains("thinking… "), "{shown}");
    terminal.press("C-c").sees("exit code 130");
    assert!(!terminal.shown().contains("thinking"), "the spinner is gone");
}

#[test]
fn markdown_is_painted_where_colours_are_wanted() {
    let text = "# Head\n\nSome **bold** and `code`, in a line that is longer than sixty columns.\n";
    for (name, setting, args, bold, broken) in [
        ("painted", "", "", true, true),
        ("no-color", "NO_COLOR=1", "", false, true),
        ("plain", "", "--plain", false, false),
    ] {
        let gateway = Gateway::start(vec![answering(text)]);
        let args = format!("--url {} hi {args}", gateway.url());
        let terminal = Terminal::start(60, &home(name), setting, &args);
        let shown = terminal.sees("exit code 0");
        assert!(
            shown.contains("# Head\n\nSome **bold** and `code`, in a line"),
            "{name}:\n{shown}"
        );
        assert_eq!(shown.contains("longer than\nsixty columns.\n"), broken, "{name}:\n{shown}");
        let painted = terminal.painted();
        let (_, before) = painted.split_once("Some").unwrap();
        let is_bold = before.split("bold").next().unwrap().contains("1m");
        assert_eq!(is_bold, bold, "{name}: {painted:?}");
        assert_eq!(painted.contains('\x1b'), setting.is_empty(), "{name}: {painted:?}");
    }
}

#[test]
fn nothing_that_a_model_says_moves_the_terminal() {
    let hostile = "a\x1b]0;hacked\x07b\x1b[2J\x1b[31mred\r**c\x1b[1m**\n";
    let gateway = Gateway::start(vec![answering(hostile)]);
    let args = format!("--url {} hi", gateway.url());
    let terminal = Terminal::start(60, &home("hostile"), "", &args);
    let shown = terminal.sees("exit code 0");
    assert!(shown.contains("a␛]0;hacked␇b␛[2J␛[31mred**c␛[1m**"), "{shown}");
    assert!(!terminal.title().contains("hacked"));
    assert!(!terminal.painted().contains("\x1b[31m"));
}

#[test]
fn a_chat_whose_answers_go_to_a_file_is_typed_at_the_terminal() {
    let gateway = Gateway::start(vec![stream(&flawless())]);
    let terminal = chat("redirected", &gateway, ">answers.txt");
    terminal.types("hi", "Enter").sees("tokens/s");
    terminal.press("C-d").sees("exit code 0");
    assert!(!terminal.shown().contains("=== 1)"));
    let kept = fs::read_to_string(home_of("redirected").join("answers.txt")).unwrap();
    assert!(kept.starts_with("=== 1)") && kept.ends_with("42\n\n[done]\n"), "{kept:?}");
}
