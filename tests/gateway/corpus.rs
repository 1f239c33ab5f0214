//! Replays the corpus of the fuzz target whose check stands here: bodies of clients.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::request_json::check;

#[test]
fn the_corpus_of_bodies_holds() {
    let folder =
        format!("{}/reasoning-stream/fuzz/corpus/request_json", env!("CARGO_MANIFEST_DIR"));
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let paths: BTreeSet<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    assert!(paths.len() >= 10, "{} inputs", paths.len());
    for path in paths {
        println!("{}", path.display());
        check(&fs::read(path).unwrap());
    }
}

/// A refusal is short, however much is wrong.
#[test]
fn a_refusal_does_not_outgrow_its_body() {
    let many = "0,".repeat(100_000);
    let member = "x".repeat(100_000);
    let members: Vec<String> = (0..10_000).map(|at| format!("\"m{at}\":0")).collect();
    let messages = r#""model":"m","messages":[{"role":"user","content":"a"}]"#;
    for body in [
        format!(r#"{{"model":"m","messages":[{many}0]}}"#),
        format!(r#"{{"model":"m","messages":[{{"role":"user","content":[{many}0]}}]}}"#),
        format!(r#"{{{messages},"summaries":{{"{member}":1}}}}"#),
        format!(r#"{{{messages},"summaries":{{{}}}}}"#, members.join(",")),
    ] {
        check(body.as_bytes());
    }
}
