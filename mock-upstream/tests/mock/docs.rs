//! What is written about options and scripts agrees with what they are.

use clap::Parser;
use serde_json::Value;

use mock_upstream::{Options, Script};

const README: &str = include_str!("../../README.md");

#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    options: Options,
}

#[test]
fn defaults_of_command_and_library_agree() {
    assert_eq!(Cli::parse_from(["mock-upstream"]).options, Options::default());
}

#[test]
fn every_script_member_is_in_the_readme() {
    let script = serde_json::to_value(Script::default()).unwrap();
    let rows = README.lines().filter(|line| line.starts_with("| `")).collect::<String>();
    for member in script.as_object().unwrap().keys() {
        assert!(rows.contains(&format!("`{member}`")), "{member}");
    }
}

#[test]
fn scripts_in_the_readme_can_be_read() {
    let start = README.find("    [{\"when\"").unwrap();
    let rules = README[start..].split("\n\n").next().unwrap();
    let rules = serde_json::from_str::<Value>(rules).unwrap();
    assert!(mock_upstream::Rules::from_value(rules).is_ok());
}

#[test]
fn a_script_survives_its_own_json() {
    let script = serde_json::json!({"status": 200, "cut": {"byte": 3}, "raw": {"base64": "AP8="},
        "reasoning": 7, "answer": "x", "reset": "head", "stall": {"ms": 1}, "endless": "answer"});
    let read = Script::from_value(script).unwrap();
    let again = Script::from_value(serde_json::to_value(&read).unwrap()).unwrap();
    assert_eq!(read, again);
}
