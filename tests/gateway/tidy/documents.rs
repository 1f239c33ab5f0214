//! The rules for what people read: documents, the Makefile, scripts.

use std::collections::BTreeSet;
use std::process::Command;

use super::report;
use super::rules::is_note;
use super::source::{files, read, root};

/// Endings of the files that are text, beside those whose name says so.
const TEXT: &[&str] = &[
    "Dockerfile",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "Makefile",
    "run",
    "css",
    "env",
    "example",
    "html",
    "js",
    "json",
    "jsonl",
    "lock",
    "md",
    "py",
    "rs",
    "sh",
    "toml",
    "txt",
    "yaml",
    "yml",
];

/// Every text file of the workspace, with its text.
fn texts() -> impl Iterator<Item = (String, String)> {
    let is_text =
        |path: &String| TEXT.iter().any(|end| path.rsplit(['.', '/']).next() == Some(end));
    files().into_iter().filter(is_text).map(|path| (path.clone(), read(&path)))
}

/// The lines of all text files that a predicate over path and line finds.
fn lines(is_found: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in texts() {
        let hits = text.lines().zip(1..).filter(|(line, _)| is_found(&path, line));
        found.extend(hits.map(|(line, number)| format!("{path}:{number}: {}", line.trim())));
    }
    found
}

/// Whether a line names a place on somebody's machine. Tests may use the folder for what passes.
fn names_a_machine_path(path: &str, line: &str) -> bool {
    let passing = format!("/{}/", "tmp");
    let own = ["work", "root", "home"].map(|folder| format!("/{folder}/"));
    let is_named = |place: &String| {
        line.match_indices(place.as_str()).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || "./_-}".contains(c))
        })
    };
    own.iter().any(is_named) || (is_named(&passing) && !path.contains("tests/"))
}

/// The targets that the Makefile defines, as its rules name them.
fn targets(makefile: &str) -> BTreeSet<String> {
    let rules = makefile.lines().filter(|line| !line.starts_with(['\t', '#', '.', ' ']));
    let heads = rules.filter_map(|line| line.split_once(':'));
    let is_value = |name: &str, rest: &str| name.contains('=') || rest.starts_with('=');
    let names = heads.filter(|(name, rest)| !is_value(name, rest)).map(|(names, _)| names);
    names.flat_map(str::split_whitespace).map(str::to_owned).collect()
}

/// The targets that a document tells its reader to make: those in a block of code, or in quotes.
fn named_targets(document: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut is_code = false;
    for line in document.lines().map(str::trim_start) {
        is_code ^= line.starts_with("```");
        let command = line.trim_start_matches("$ ").strip_prefix("make ").filter(|_| is_code);
        let quoted = line.split("`make ").skip(1);
        for call in quoted.chain(command) {
            let end = call.find(|c: char| !(c.is_ascii_lowercase() || c == '-'));
            found.insert(call[..end.unwrap_or(call.len())].to_owned());
        }
    }
    found
}

#[test]
fn no_file_is_marked_as_unfinished() {
    report(lines(|_, line| is_note(line)));
}

#[test]
fn no_file_names_a_place_on_a_machine() {
    report(lines(names_a_machine_path));
}

#[test]
fn help_lists_every_target_of_the_makefile() {
    let help = Command::new("make")
        .args(["--no-print-directory", "help"])
        .current_dir(root())
        .output()
        .expect("make runs");
    assert!(help.status.success(), "{}", String::from_utf8_lossy(&help.stderr));
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    let listed = help.lines().filter_map(|line| line.split_whitespace().next());
    let listed: BTreeSet<String> = listed.map(str::to_owned).collect();
    assert_eq!(listed, targets(&read("Makefile")));
}

#[test]
fn documents_name_targets_that_exist() {
    let real = targets(&read("Makefile"));
    let documents = texts().filter(|(path, _)| path.ends_with(".md"));
    report(documents.flat_map(|(path, text)| {
        let wrong: Vec<String> = named_targets(&text).difference(&real).cloned().collect();
        wrong.into_iter().map(move |target| format!("{path}: make {target}"))
    }));
}

#[test]
fn readme_begins_with_two_commands() {
    let readme = read("README.md");
    let (opening, rest) = readme.split_once("```sh\n").expect("a block of commands");
    assert!(opening.lines().count() <= 10, "the commands stand on the first screen: {opening}");
    let commands: Vec<&str> = rest.lines().take_while(|line| *line != "```").collect();
    let named: Vec<&str> =
        commands.iter().map(|line| line.split('#').next().unwrap_or_default().trim()).collect();
    assert_eq!(named, ["make demo", "make test"]);
}

#[test]
fn reads_targets() {
    let makefile =
        ".PHONY: a\nX := 1\nY ?= http://c\na: export Z := 1\na: b ## does\n\t@c: d\nb:\n# e: f\n";
    assert_eq!(targets(makefile), BTreeSet::from(["a", "b"].map(str::to_owned)));
    let document = "We\nmake sure; `make b-c X=1`.\n```sh\nmake a\n$ make d\n```\nmake not\n";
    assert_eq!(named_targets(document), BTreeSet::from(["a", "b-c", "d"].map(str::to_owned)));
}

#[test]
fn tells_machine_paths_from_others() {
    let [work, passing] = ["work", "tmp"].map(|folder| format!("/{folder}/a"));
    for (path, line, expected) in [
        ("README.md", format!("see {work}"), true),
        ("README.md", format!("`{passing}`"), true),
        ("tests/gateway/a.rs", format!("\"{passing}\""), false),
        ("tests/gateway/a.rs", format!("\"{work}\""), true),
        ("README.md", format!("https://example.com{work}"), false),
        ("README.md", format!("src{work} ${{HOME}}{work} .{work}"), false),
    ] {
        assert_eq!(names_a_machine_path(path, &line), expected, "{path}: {line}");
    }
}
