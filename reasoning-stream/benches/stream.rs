//! How fast bytes become pieces, and what that allocates. `cargo bench -p reasoning-stream`
//!
//! The typical stream is 5,000 chunks with 8 bytes of text each, 1 MB, in reads of 16 KiB. What is
//! told of allocations is of all 5,000, but of one chunk where a name begins with `chunk_`.

use std::fmt::Write;

use divan::counter::BytesCount;
use divan::{AllocProfiler, Bencher, black_box};
use reasoning_stream::sse::{Decoder, Limits};
use reasoning_stream::{Event, OnMissingFinal, Reader, ReaderOptions, Splitter};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const SIZE: usize = 1 << 20;
const CHUNKS: usize = 5_000;
const READ: usize = 16 << 10;

fn main() {
    divan::main();
}

/// A stream whose deltas are the given texts, over and over.
fn stream(texts: &[&str]) -> String {
    let mut stream = String::new();
    for text in texts.iter().cycle().take(CHUNKS) {
        let chunk = concat!(
            r#"{"id":"chatcmpl-4f1c","object":"chat.completion.chunk","created":1763700000,"#,
            r#""model":"open/model-8b","choices":[{"index":0,"delta":{"content":"#,
        );
        write!(stream, "data: {chunk}\"{text}\"}},\"finish_reason\":null}}]}}\n\n")
            .expect("memory takes all text");
    }
    stream
}

fn typical() -> String {
    stream(&["8 bytes."])
}

fn bench(bencher: Bencher<'_, '_>, input: &[u8], run: impl Fn(&[u8]) + Sync) {
    bencher.counter(BytesCount::of_slice(input)).bench(|| run(black_box(input)));
}

fn decode(input: &[u8], read: usize) {
    let mut decoder = Decoder::new(Limits::default());
    for bytes in input.chunks(read) {
        decoder.push(bytes);
        while let Some(event) = decoder.pop() {
            black_box(event.is_ok());
        }
    }
}

fn chain(input: &[u8], read: usize) {
    let mut reader = Reader::new(ReaderOptions::default());
    for bytes in input.chunks(read) {
        reader.push(bytes);
        while let Some(piece) = reader.pop() {
            black_box(piece);
        }
    }
    reader.finish();
    black_box(reader.pop());
}

fn split(input: &[u8], delta: usize) {
    let mut splitter = Splitter::new(OnMissingFinal::Reasoning);
    for bytes in input.chunks(delta) {
        splitter.push(str::from_utf8(bytes).expect("the inputs are ASCII"));
        while let Some(piece) = splitter.pop() {
            black_box(piece);
        }
    }
    splitter.finish();
    black_box(splitter.pop());
}

#[divan::bench(args = [1, 200, READ])]
fn decoder_typical(bencher: Bencher<'_, '_>, read: usize) {
    bench(bencher, typical().as_bytes(), |input| decode(input, read));
}

#[divan::bench]
fn decoder_one_line(bencher: Bencher<'_, '_>) {
    let limit = SIZE - 8;
    let line = format!("data: {}\n\n", "x".repeat(limit - 6));
    bench(bencher, line.as_bytes(), |input| decode(input, 64));
}

#[divan::bench(args = [1, 200, READ])]
fn chain_typical(bencher: Bencher<'_, '_>, read: usize) {
    bench(bencher, typical().as_bytes(), |input| chain(input, read));
}

#[divan::bench]
fn chain_escapes(bencher: Bencher<'_, '_>) {
    let stream = stream(&[r"say \n", r#"a \"b\""#, "plain"]);
    bench(bencher, stream.as_bytes(), |input| chain(input, READ));
}

/// The chunks of a stream, each changed by its place.
fn changed(stream: &str, change: impl Fn(usize, &str) -> String) -> String {
    stream.split_inclusive("\n\n").enumerate().map(|(at, chunk)| change(at, chunk)).collect()
}

/// The same stream, where each chunk has to be parsed as JSON.
fn unlike(stream: &str) -> String {
    changed(stream, |at, chunk| {
        chunk.replace("\"finish_reason\":null", &format!("\"logprobs\":{{\"at\":[{at}]}}"))
    })
}

/// No two chunks in a row differ in their text alone, but in a value that nobody reads.
#[divan::bench]
fn chain_varying(bencher: Bencher<'_, '_>) {
    let stream = changed(&typical(), |at, chunk| {
        chunk.replace("1763700000", &(1_763_700_000 + at).to_string())
    });
    bench(bencher, stream.as_bytes(), |input| chain(input, READ));
}

/// Each chunk has to be parsed as JSON: the chunk reader at its slowest.
#[divan::bench]
fn chain_unlike(bencher: Bencher<'_, '_>) {
    bench(bencher, unlike(&typical()).as_bytes(), |input| chain(input, READ));
}

#[divan::bench(args = [64, READ])]
fn chain_huge_line(bencher: Bencher<'_, '_>, read: usize) {
    let stream = typical();
    let chunk = stream.split_inclusive("\n\n").next().expect("a stream has chunks");
    let huge = chunk.replace("8 bytes.", &"x".repeat(SIZE - 1000));
    bench(bencher, huge.as_bytes(), |input| chain(input, read));
}

#[divan::bench]
fn chain_look_alikes(bencher: Bencher<'_, '_>) {
    let stream = stream(&["<finals>", "a < b", "</fin", "al >x", "<analysis>"]);
    bench(bencher, stream.as_bytes(), |input| chain(input, READ));
}

#[divan::bench(args = [1, 8, READ])]
fn splitter_answer(bencher: Bencher<'_, '_>, delta: usize) {
    let text = format!("<analysis>r</analysis><final>{}", "8 bytes.".repeat(SIZE / 8));
    bench(bencher, text.as_bytes(), |input| split(input, delta));
}

#[divan::bench(args = ["<finals>", "</final>x", "<", "</final", "<analysis>\n", "      \n"])]
fn splitter_look_alikes(bencher: Bencher<'_, '_>, tag: &str) {
    let text = format!("<analysis>r</analysis><final>{}", tag.repeat(1_000_000));
    bench(bencher, text.as_bytes(), |input| split(input, READ));
}

/// Feeds one chunk of a stream that has begun: times and allocations are those of a chunk.
fn chunk(bencher: Bencher<'_, '_>, stream: &str, mut feed: impl FnMut(&[u8])) {
    let chunks: Vec<_> = stream.split_inclusive("\n\n").map(str::as_bytes).collect();
    chunks.iter().for_each(|chunk| feed(chunk));
    let mut rest = chunks.iter().cycle();
    bencher
        .counter(BytesCount::new(stream.len() / chunks.len()))
        .bench_local(|| rest.next().copied().map(|chunk| feed(black_box(chunk))));
}

fn chunk_chained(bencher: Bencher<'_, '_>, stream: &str) {
    let mut reader = Reader::new(ReaderOptions::default());
    chunk(bencher, stream, |bytes| {
        reader.push(bytes);
        while let Some(piece) = reader.pop() {
            black_box(piece);
        }
    });
}

#[divan::bench]
fn chunk_decoder(bencher: Bencher<'_, '_>) {
    let mut decoder = Decoder::new(Limits::default());
    chunk(bencher, &typical(), |bytes| {
        decoder.push(bytes);
        while let Some(event) = decoder.pop() {
            black_box(event.is_ok());
        }
    });
}

/// Chunks without text leave the splitter nothing to do: what they cost beside the decoder is the
/// chunk reader's.
#[divan::bench]
fn chunk_reader_alike(bencher: Bencher<'_, '_>) {
    chunk_chained(bencher, &stream(&[""]));
}

#[divan::bench]
fn chunk_reader_unlike(bencher: Bencher<'_, '_>) {
    chunk_chained(bencher, &unlike(&stream(&[""])));
}

#[divan::bench]
fn chunk_chain_typical(bencher: Bencher<'_, '_>) {
    chunk_chained(bencher, &typical());
}

#[divan::bench]
fn chunk_chain_unlike(bencher: Bencher<'_, '_>) {
    chunk_chained(bencher, &unlike(&typical()));
}

#[divan::bench]
fn event_delta(bencher: Bencher<'_, '_>) {
    let event = Event::OutputDelta("8 bytes.".into());
    let mut out = Vec::new();
    bencher.counter(BytesCount::new(8_usize)).bench_local(|| {
        out.clear();
        event.write(black_box("0197f0a2-7b5c-7000-8000-000000000000"), &mut out);
        black_box(out.len())
    });
}
