//! The shared vectors of all formats that are known, through the splitter and through the reader.

use std::collections::BTreeSet;

use reasoning_stream::{OnMissingFinal, Piece, Reader, ReaderOptions};
use serde_json::{Value, json};

use crate::told::{Told, cuts, join, split};
use crate::vectors::{rows, single, string, two_way};

const TEXT_FORMATS: [&str; 1] = ["analysis_final"];
const FIELD_FORMATS: [&str; 3] = ["reasoning_field", "delta_fields", "field_plus_analysis_final"];
const UNKNOWN_FORMATS: [&str; 20] = [
    "analysis_final_prefilled",
    "apertus",
    "bracket_think",
    "cohere",
    "cohere_prefilled",
    "ernie_prefilled",
    "gemma_channel",
    "granite",
    "harmony",
    "hunyuan",
    "inkling",
    "kimi",
    "kimi_k3",
    "longcat_prefilled",
    "mm_think",
    "seed_think",
    "seed_think_prefilled",
    "solar_prefilled",
    "think",
    "think_prefilled",
];

fn known(formats: &[&str]) -> Vec<Value> {
    let mut rows = rows("parser.json");
    rows.retain(|row| formats.contains(&string(row, "format")));
    assert!(!rows.is_empty());
    rows
}

fn choice(row: &Value) -> OnMissingFinal {
    let word = row["options"]["on_missing_final"].as_str();
    word.map_or(OnMissingFinal::Reasoning, |word| word.parse().unwrap())
}

fn strings(row: &Value) -> Vec<&str> {
    row["chunks"].as_array().unwrap().iter().map(|chunk| chunk.as_str().unwrap()).collect()
}

fn compared(row: &Value, text: &str) -> String {
    match row["compare"].as_str() {
        None | Some("exact") => text.to_owned(),
        Some("trim") => text.trim().to_owned(),
        Some("squash") => text.split_whitespace().collect(),
        Some(other) => panic!("no comparison is called {other}"),
    }
}

fn assert_told(row: &Value, told: &Told, how: &str) {
    for (member, text) in [("reasoning", &told.reasoning), ("answer", &told.answer)] {
        let expected = compared(row, string(&row["expect"], member));
        assert_eq!(compared(row, text), expected, "{member} of {}, {how}", string(row, "id"));
    }
}

/// A stream with one chunk for each delta.
fn sse(deltas: impl IntoIterator<Item = Value>) -> String {
    let chunk = |delta| json!({"choices": [{"index": 0, "delta": delta}]});
    let events = deltas.into_iter().map(|delta| format!("data: {}\n\n", chunk(delta)));
    events.chain(["data: [DONE]\n\n".to_owned()]).collect()
}

/// What a reader tells of a stream that ends with `[DONE]`.
fn read(choice: OnMissingFinal, chunks: &[&[u8]]) -> Told {
    let mut reader = Reader::new(ReaderOptions { on_missing_final: choice, ..Default::default() });
    let mut pieces = Vec::new();
    for chunk in chunks {
        reader.push(chunk);
        pieces.extend(std::iter::from_fn(|| reader.pop()));
    }
    reader.finish();
    assert_eq!(pieces.last(), Some(&Piece::Done));
    join(pieces)
}

#[test]
fn every_format_is_known_or_listed() {
    let all = rows("parser.json");
    let formats: BTreeSet<&str> = all.iter().map(|row| string(row, "format")).collect();
    let listed = [&TEXT_FORMATS[..], &FIELD_FORMATS, &UNKNOWN_FORMATS].concat();
    assert_eq!(formats, listed.into_iter().collect());
}

#[test]
fn splits_text() {
    for row in known(&TEXT_FORMATS) {
        let chunks = strings(&row);
        assert_told(&row, &split(choice(&row), chunks.iter().copied()), "as written");
        for cut in cuts(&chunks.concat()) {
            let told = split(choice(&row), cut.iter().copied());
            assert_told(&row, &told, &format!("as {cut:?}"));
        }
    }
}

#[test]
fn reads_streams_of_text() {
    for row in known(&TEXT_FORMATS) {
        let written = strings(&row);
        let whole = written.concat();
        let short = whole.len() <= 100;
        let all: Vec<_> = cuts(&whole).filter(|cut| short || cut.len() != 2).collect();
        for chunks in [written.clone()].into_iter().chain(all) {
            let stream = sse(chunks.iter().map(|chunk| json!({"content": chunk})));
            assert_told(&row, &read(choice(&row), &[stream.as_bytes()]), &format!("as {chunks:?}"));
        }
        let stream = sse([json!({"content": whole})]);
        for bytes in two_way(stream.as_bytes()).filter(|_| short).chain([single(stream.as_bytes())])
        {
            assert_told(&row, &read(choice(&row), &bytes), "cut between bytes");
        }
    }
}

#[test]
fn reads_streams_of_fields() {
    for row in known(&FIELD_FORMATS) {
        let stream = sse(row["chunks"].as_array().unwrap().iter().cloned());
        for chunks in two_way(stream.as_bytes()).chain([single(stream.as_bytes())]) {
            assert_told(&row, &read(choice(&row), &chunks), "cut between bytes");
        }
    }
}
