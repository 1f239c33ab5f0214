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
fn nothing_to_ask_is_wrong_usage() {
    for args in [&[][..], &["-"], &[" "], &["--message", ""]] {
        let ran = run(command(args));
        assert_eq!((ran.code, &*ran.out), (Some(2), ""), "{args:?}");
        assert!(ran.err.contains("nothing to ask") && ran.err.contains("--help"), "{}", ran.err);
    }
    assert_eq!(run(command(&["--no-such-option"])).code, Some(2));
}
