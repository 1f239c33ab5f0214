//! Replays the corpus of the fuzz targets: what was once worth trying is tried with every test run.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::checks::CHECKS;
use crate::vectors::{base64, rows, string};

/// The inputs that are kept for a target, by their names.
fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = format!("{}/fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let paths: BTreeSet<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.into_iter().map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
}

#[test]
fn the_corpus_holds() {
    for (target, check) in CHECKS {
        let inputs = corpus(target);
        println!("{target}: {} inputs", inputs.len());
        assert!(inputs.len() >= 10, "{target} has {} inputs", inputs.len());
        for (path, data) in inputs {
            println!("{}", path.display());
            check(&data);
            if let [options, _, rest @ ..] = &data[..] {
                check(&[&[*options, 0], rest].concat());
            }
        }
    }
}

#[test]
fn the_shared_vectors_hold() {
    let texts = rows("parser.json").into_iter().filter(|row| row["chunks"][0].is_string());
    let texts = texts.map(|row| {
        let chunks = row["chunks"].as_array().unwrap().iter();
        chunks.map(|chunk| chunk.as_str().unwrap()).collect::<String>().into_bytes()
    });
    let streams = rows("sse.json").into_iter().map(|row| base64(string(&row, "input_b64")));
    for input in texts.chain(streams) {
        for options in 0..16 {
            for cut_seed in [0, 1, 9, 60] {
                let data = [&[options, cut_seed], &input[..]].concat();
                CHECKS.iter().for_each(|(_, check)| check(&data));
            }
        }
    }
}
