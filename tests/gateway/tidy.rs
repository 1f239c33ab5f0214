//! The rules of the house, checked over every file of the workspace.
//!
//! What a compiler lint can check is a lint (`Cargo.toml`, `clippy.toml`); the rest is here. Each
//! rule is one test, and names every place that breaks it as `path:line`.

use std::collections::BTreeMap;

mod documents;
mod function;
mod manifest;
mod rooms;
mod rules;
mod source;
mod token;

use self::rules::Rule;
use self::source::Source;

/// Applies a rule for one file to all.
#[track_caller]
fn check(rule: Rule) {
    let sources = source::workspace();
    assert!(sources.len() > 5, "the sources were not found");
    let offence = |source: &Source, line| format!("{}:{line}", source.path);
    report(sources.iter().flat_map(|it| rule(it).into_iter().map(move |line| offence(it, line))));
}

/// Fails when there is an offender, and names them all.
#[track_caller]
fn report(offenders: impl IntoIterator<Item = String>) {
    let offenders: Vec<String> = offenders.into_iter().collect();
    assert!(offenders.is_empty(), "{} places:\n{}", offenders.len(), offenders.join("\n"));
}

#[test]
fn files_open_with_their_purpose() {
    check(rules::opens_with_its_purpose);
}

#[test]
fn files_are_short() {
    check(rules::file_is_short);
}

#[test]
fn functions_are_short() {
    check(rules::functions_are_short);
}

#[test]
fn most_functions_are_very_short() {
    let sources = source::workspace();
    let mut lengths: Vec<usize> = sources
        .iter()
        .flat_map(|it| it.functions.iter().filter(|function| !it.is_test(function.tokens.start)))
        .map(|function| function.length)
        .collect();
    lengths.sort_unstable();
    let at = |percent: usize| lengths[(lengths.len() * percent).div_ceil(100).max(1) - 1];
    println!("{} functions: p50 {}, p90 {}, max {}", lengths.len(), at(50), at(90), at(100));
    assert!(at(50) <= 8, "half of the functions have more than {} lines", at(50) - 1);
    assert!(at(90) <= 25, "a tenth of the functions have more than {} lines", at(90) - 1);
}

#[test]
fn tests_are_as_long_as_the_source() {
    let lines: Vec<(usize, usize)> = source::workspace().iter().map(Source::code_lines).collect();
    let source_lines: usize = lines.iter().map(|(source, _)| source).sum();
    let test_lines: usize = lines.iter().map(|(_, test)| test).sum();
    println!("{source_lines} lines of source, {test_lines} lines of tests");
    assert!(test_lines >= source_lines, "{source_lines} of source, {test_lines} of tests");
}

#[test]
fn work_begins_in_start_alone() {
    check(rules::spawns_in_start_alone);
}

#[test]
fn a_crate_has_one_spawn_site() {
    let mut sites: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in source::workspace() {
        let crate_name = source.path.split("src/").next().unwrap_or_default().to_owned();
        for at in rules::spawn_sites(source) {
            let site = format!("{}:{}", source.path, source.tokens[at].line);
            sites.entry(crate_name.clone()).or_default().push(site);
        }
    }
    report(sites.into_values().filter(|sites| sites.len() > 1).flatten());
}

#[test]
fn channels_have_limits() {
    check(rules::channels_have_limits);
}

#[test]
fn nothing_unwraps_outside_tests() {
    check(rules::no_unwrap_outside_tests);
}

#[test]
fn no_test_is_ignored() {
    check(rules::no_ignored_test);
}

#[test]
fn nothing_is_left_to_do() {
    check(rules::nothing_left_to_do);
}

#[test]
fn imports_name_what_they_import() {
    check(rules::no_glob_imports);
}

#[test]
fn only_lib_reexports() {
    check(rules::no_reexports_outside_lib);
}

#[test]
fn rooms_import_as_drawn() {
    check(rooms::imports_follow_the_picture);
}

#[test]
fn rooms_keep_to_their_crates() {
    check(rooms::keeps_to_its_crates);
}
