//! Where the prompt comes from.

use crate::gateway::{Gateway, flawless};
use crate::run::{command, run, run_with_stdin};

#[test]
fn the_prompt_comes_from_arguments_stdin_or_both() {
    for (case, args, stdin, prompt) in [
        ("words", &["why", "blue"][..], "", "why blue"),
        ("option", &["--message", "why -- blue"], "", "why -- blue"),
        ("piped", &[], "why\nblue\n", "why\nblue"),
        ("dash", &["-"], "why\n", "why"),
        ("both", &["sum up"], "text\n", "sum up\n\ntext"),
        ("both, by option", &["-m", "sum up"], "text", "sum up\n\ntext"),
    ] {
        let gateway = Gateway::streaming(&flawless());
        let url = gateway.url();
        let args: Vec<&str> = args.iter().copied().chain(["--url", &url]).collect();
        let ran = run_with_stdin(command(&args), stdin);
        assert_eq!(ran.code, Some(0), "{case}: {}", ran.err);
        assert_eq!(gateway.request().body["messages"][0]["content"], prompt, "{case}");
    }
}

#[test]
fn files_are_added_below_the_question() {
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("prompt-files");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, bytes) in [
        ("a.txt", &b"A\n"[..]),
        ("b.txt", b"B"),
        ("empty.txt", b" \n"),
        ("latin.txt", b"caf\xe9"),
        ("image.png", b"\x89PNG\0"),
    ] {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    let asks = |args: &[&str], stdin: &str| {
        let gateway = Gateway::streaming(&flawless());
        let mut command = command(&[args, &["--url", &gateway.url()]].concat());
        command.current_dir(&folder);
        let ran = run_with_stdin(command, stdin);
        (ran.code == Some(0)).then(|| gateway.request()).map_or(Err(ran.err), |it| Ok(it.body))
    };
    for (args, stdin, prompt) in [
        (&["why?", "--file", "a.txt"][..], "", "why?\n\n--- a.txt ---\nA"),
        (&["-f", "a.txt"], "", "A"),
        (&["-f", "a.txt", "-f", "b.txt"], "", "--- a.txt ---\nA\n\n--- b.txt ---\nB"),
        (&["-f", "a.txt", "why?"], "S", "why?\n\n--- a.txt ---\nA\n\n--- stdin ---\nS"),
        (&["-f", "-"], "S\n", "S"),
    ] {
        let body = asks(args, stdin).unwrap();
        assert_eq!(body["messages"][0]["content"], prompt, "{args:?}");
    }
    for (file, said) in [
        ("missing.txt", "--file missing.txt can't be opened: No such file"),
        ("empty.txt", "--file empty.txt is empty"),
        ("latin.txt", "--file latin.txt is not UTF-8 text: byte 3 is 0xe9"),
        ("image.png", "--file image.png is not text: byte 4 is 0"),
        (".", "--file . can't be read: Is a directory"),
        ("/dev/zero", "--file /dev/zero is too long: a prompt may have 16777216 bytes"),
    ] {
        let err = asks(&["why?", "--file", file], "").unwrap_err();
        assert!(err.starts_with(&format!("error: {said}")), "{file}: {err}");
    }
}

#[test]
fn nothing_to_ask_is_wrong_usage() {
    for args in [&[][..], &["-"], &[" "], &["--message", ""]] {
        let ran = run(command(args));
        assert_eq!((ran.code, &*ran.out), (Some(2), ""), "{args:?}");
        assert!(ran.err.contains("nothing to ask") && ran.err.contains("--help"), "{}", ran.err);
    }
    assert_eq!(run(command(&["--no-such-option"])).code, Some(2));
}
