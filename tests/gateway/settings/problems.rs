//! Values that can't be used: all are told at once, with what was expected, and no secret.

use inference_gateway::config::read::{Invocation, NoSettings, Problem, read};

use super::invocation;
use super::samples::{SAMPLES, flag};
use crate::process::{command, empty_folder, output};

#[track_caller]
fn problems(invocation: &Invocation) -> Vec<Problem> {
    match read(invocation) {
        Err(NoSettings::Problems(problems)) => problems,
        other => panic!("problems were expected: {other:?}"),
    }
}

#[test]
fn every_wrong_value_is_told_with_what_was_expected() {
    for (name, _, wrong) in SAMPLES {
        let Some((value, expected)) = wrong else { continue };
        let found = problems(&invocation(&[], &[(name, value)]));
        let [problem] = &found[..] else { panic!("one problem: {found:?}") };
        let is_secret = name.ends_with("KEY") || name.ends_with("HEADERS") || name == "REDIS_URL";
        let shown = if is_secret { "***" } else { value };
        assert_eq!((problem.name.as_str(), problem.value.as_str()), (name, shown));
        assert!(problem.expected.contains(expected), "{name}: {}", problem.expected);
        assert!(problem.to_string().starts_with(&format!("{name}={shown}: ")), "{problem}");
    }
}

#[test]
fn all_wrong_values_are_told_at_once() {
    let wrong: Vec<(&str, &str)> = SAMPLES
        .iter()
        .filter_map(|(name, _, wrong)| wrong.map(|(value, _)| (*name, value)))
        .collect();
    let found = problems(&invocation(&[], &wrong));
    let names: Vec<_> = found.iter().map(|problem| problem.name.as_str()).collect();
    let expected: Vec<_> = wrong.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, expected);
}

#[test]
fn a_wrong_variable_that_a_flag_overrules_is_no_problem() {
    for (name, value, wrong) in SAMPLES {
        let Some((wrong, _)) = wrong else { continue };
        let flag = flag(name);
        assert!(read(&invocation(&[&flag, value], &[(name, wrong)])).is_ok(), "{name}");
    }
}

#[test]
fn a_wrong_flag_is_told_beside_wrong_variables() {
    let found = problems(&invocation(&["--bind-addr=here"], &[("REQUEST_TIMEOUT", "soon")]));
    let names: Vec<_> = found.iter().map(|problem| problem.name.as_str()).collect();
    assert_eq!(names, ["REQUEST_TIMEOUT", "--bind-addr"]);
    let alone = problems(&invocation(&["--bind-addr", "here"], &[]));
    assert_eq!(alone, found[1..]);
    assert!(found[1].expected.contains("127.0.0.1:8000"), "{found:?}");
}

#[tokio::test]
async fn settings_and_file_are_told_at_once() {
    let folder = empty_folder("told-at-once");
    let file =
        "upstreams: {a: {kind: echo, colour: red}}\nmodels:\n  m: {targets: [{upstream: b}]}\n";
    std::fs::write(folder.join("bad.yaml"), file).expect("it can be written");
    let env = [
        ("RATE_LIMIT_REQUESTS", "abc"),
        ("SUMMARY_MODEL_DEFAULT", "x"),
        ("SUMMARY_MODEL_FALLBACK", "y"),
    ];
    let wrong = ["--bind-addr=here", "--idle-timeout", "soon"];
    for args in [&["check"][..], &[]] {
        let mut command = command(&env);
        command.current_dir(&folder).args(wrong).args(args);
        let output = output(command.args(["--gateway-config", "bad.yaml"])).await;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        let told = [
            "  RATE_LIMIT_REQUESTS=abc: ",
            "  --bind-addr=here: ",
            "  --idle-timeout=soon: ",
            "  SUMMARY_MODEL_DEFAULT=x: expected a model of the file: m\n",
            "  SUMMARY_MODEL_FALLBACK=y: expected a model of the file: m\n",
            "bad.yaml:1:29: upstreams.a.colour: ",
            "bad.yaml:3:28: models.m.targets[0].upstream: ",
        ];
        let places: Vec<Vec<usize>> =
            told.iter().map(|it| stderr.match_indices(it).map(|(at, _)| at).collect()).collect();
        assert!(
            places.iter().all(|it| it.len() == 1) && places.is_sorted(),
            "{places:?}: {stderr}"
        );
    }
    let mut command = command(&[("RATE_LIMIT_REQUESTS", "abc")]);
    command.current_dir(&folder).args(["--gateway-config", "bad.yaml", "healthcheck"]);
    let stderr = output(&mut command).await.stderr;
    assert!(!String::from_utf8_lossy(&stderr).contains("bad.yaml"), "it reads no file");
}

/// Neither a key that can't be used nor one in a URL is printed.
#[tokio::test]
async fn secrets_are_not_printed() {
    let url = "http://user:canary@host";
    for (args, env) in [
        (&[][..], &[("UPSTREAM_API_KEY", "canary key")][..]),
        (&[], &[("UPSTREAM_API_KEY", "canary\u{e4}"), ("BIND_ADDR", "here")]),
        (&["--upstream-api-key=canary key"], &[]),
        (&["--upstream-api-key", "canary key"], &[]),
        (&["--upstream-api-key", "canary key"], &[("BIND_ADDR", "here")]),
        (&[], &[("UPSTREAM_BASE_URL", url)]),
        (&["--upstream-base-url", url], &[]),
        (&["--upstream-base-url", url], &[("BIND_ADDR", "here")]),
        (&["check", "--upstream-api-key", "canary key"], &[]),
    ] {
        let output = output(command(env).args(args)).await;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?} {env:?}: {stderr}");
        assert!(!stderr.contains("canary"), "{args:?} {env:?}: {stderr}");
        let named = stderr.to_uppercase().replace('-', "_");
        assert!(
            named.contains("UPSTREAM_API_KEY") || named.contains("UPSTREAM_BASE_URL"),
            "{stderr}"
        );
        assert_eq!(output.stdout, b"", "{args:?} {env:?}");
    }
}

#[tokio::test]
async fn unknown_arguments_are_refused_and_help_is_none() {
    for (args, code, part) in [
        (&["--no-such-flag"][..], 2, "--no-such-flag"),
        (&["serve"], 2, "serve"),
        (&["--help"], 0, "--upstream-base-url"),
        (&["--version"], 0, env!("CARGO_PKG_VERSION")),
        // Help is help, whatever else is wrong.
        (&["--help", "--bind-addr", "127.0.0.1:1"], 0, "--bind-addr"),
    ] {
        let output = output(command(&[]).args(args)).await;
        let text = if code == 0 { &output.stdout } else { &output.stderr };
        let text = String::from_utf8_lossy(text);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {text}");
        assert!(text.contains(part), "{args:?}: {text}");
    }
}
