//! `make demo`, as a newcomer runs it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What the client prints above each section, and below the last.
const HEADINGS: [&str; 4] = [
    "=== 1) Summary of the prompt ===",
    "=== 2) Summary of the model's reasoning ===",
    "=== 3) The model's final output ===",
    "[done]",
];

/// A question that a careless shell would spoil.
const TRICKY: &str = "Is \"7\" prime, or $$9?";
/// The question that documents ask.
const DOCUMENTED: &str = "Why is the sky blue?";

/// A command in the root of the project, without what cargo and make tell those whom they start:
/// it would make the build within another one.
#[expect(clippy::disallowed_methods, reason = "what this process inherited is what must not go on")]
fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    let told = ["CARGO_PKG_", "CARGO_MANIFEST", "CARGO_BIN_EXE_", "MAKE", "MFLAGS"];
    for (name, _) in std::env::vars_os() {
        if told.iter().any(|start| name.to_string_lossy().starts_with(start)) {
            command.env_remove(name);
        }
    }
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// Runs the demo. It builds what the tests have built, so that nothing is built twice.
fn demo(prompt: &str, client_args: &str) -> Output {
    let mut make = command("make");
    make.args(["demo", "DEMO_BUILD=--workspace --bins --tests"]).arg(format!("PROMPT={prompt}"));
    make.arg(format!("CLIENT_ARGS={client_args}")).output().expect("make runs")
}

/// Both servers said where they listen, and nobody listens there.
#[track_caller]
fn assert_servers_are_gone(stderr: &str) {
    let addresses: Vec<&str> = stderr
        .lines()
        .filter(|line| line.starts_with("demo: "))
        .filter_map(|line| line.rsplit_once("listens on http://"))
        .map(|(_, address)| address)
        .collect();
    assert_eq!(addresses.len(), 2, "{stderr}");
    for address in addresses {
        assert!(TcpStream::connect(address).is_err(), "{address} still listens");
    }
}

#[test]
fn the_demo_shows_three_sections() {
    let output = demo(TRICKY, "--timeout 60");
    let [stdout, stderr] = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it));
    assert!(output.status.success(), "{stdout}\n{stderr}");
    let mut rest = stdout.as_ref();
    for (heading, is_first) in HEADINGS.iter().zip([true, false, false, false]) {
        let (section, after) =
            rest.split_once(heading).unwrap_or_else(|| panic!("{heading}: {stdout}"));
        let section = section.trim();
        let is_filled = !section.is_empty() && !section.starts_with('(');
        assert_eq!(is_filled, !is_first, "above {heading}: {stdout}");
        rest = after;
    }
    assert_eq!(rest.trim(), "", "{stdout}");
    assert_servers_are_gone(&stderr);
}

/// The words of the first three sections in a text, however its lines are broken.
fn words(text: &str) -> Vec<&str> {
    let from = text.find(HEADINGS[0]).expect("a first section");
    let (sections, _) = text[from..].split_once("[done]").expect("an end");
    sections.split_whitespace().collect()
}

#[test]
fn documents_show_what_the_demo_shows() {
    let output = demo(DOCUMENTED, "--timeout 60");
    let stdout = String::from_utf8_lossy(&output.stdout);
    for (name, document) in [
        ("README.md", include_str!("../../README.md")),
        ("client/README.md", include_str!("../../client/README.md")),
    ] {
        assert_eq!(words(document), words(&stdout), "{name}");
    }
}

#[test]
fn the_demo_fails_as_the_client_fails() {
    for (client_args, code) in [("--no-such-flag", 2), ("--timeout 0.000001", 6)] {
        let output = demo(TRICKY, client_args);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{client_args}: {stderr}");
        assert!(stderr.contains(&format!("Error {code}\n")), "{client_args}: {stderr}");
        assert_servers_are_gone(&stderr);
    }
}

#[test]
fn a_demo_that_is_stopped_leaves_nothing() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stopped-demo");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder can be made");
    let gateway = Path::new(env!("CARGO_BIN_EXE_inference-gateway"));
    for name in ["inference-gateway", "mock-upstream"] {
        symlink(gateway.with_file_name(name), folder.join(name)).expect("a link can be made");
    }
    let client = folder.join("gateway-client");
    fs::write(&client, "#!/bin/sh\necho asking\nexec sleep 600\n").expect("a file can be written");
    fs::set_permissions(&client, PermissionsExt::from_mode(0o755))
        .expect("a file can be a program");

    let mut script = command("sh");
    script.arg("scripts/demo.sh").arg(&folder).env("PROMPT", "hi").stdin(Stdio::null());
    let mut demo = script.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("sh runs");
    let mut line = String::new();
    let stdout = demo.stdout.take().expect("stdout is piped");
    BufReader::new(stdout).read_line(&mut line).expect("stdout can be read");
    let stopped = command("kill").arg(demo.id().to_string()).status().expect("kill runs");
    assert!(stopped.success());
    let mut stderr = String::new();
    demo.stderr.take().expect("stderr is piped").read_to_string(&mut stderr).expect("it is text");
    assert_eq!(demo.wait().expect("the demo ends").code(), Some(143), "{stderr}");
    assert_eq!(line, "asking\n", "{stderr}");
    assert_servers_are_gone(&stderr);
}
