//! Eight times the input takes about eight times the time, not sixty-four times.

use std::time::Duration;

use reasoning_stream::sse::{Decoder, Limits};
use reasoning_stream::{OnMissingFinal, Splitter};

/// How much longer the long input is.
const FACTOR: u32 = 8;
/// What noise is granted: quadratic time would need `FACTOR` times the linear one.
const NOISE: u32 = 3;

/// The shortest of some runs.
#[expect(clippy::disallowed_methods, reason = "the time that passes is what is tested")]
fn shortest(run: impl Fn()) -> Duration {
    let time = |_| {
        let start = std::time::Instant::now();
        run();
        start.elapsed()
    };
    (0..5).map(time).min().unwrap()
}

fn assert_linear(case: &str, length: usize, run: impl Fn(usize)) {
    let short = shortest(|| run(length));
    let long = shortest(|| run(length * FACTOR as usize));
    assert!(long < short * FACTOR * NOISE, "{case}: {short:?} became {long:?}");
}

fn decode(bytes: &[u8], push: usize) {
    let mut decoder = Decoder::new(Limits::default());
    for bytes in bytes.chunks(push) {
        decoder.push(bytes);
        while let Some(event) = decoder.pop() {
            event.unwrap();
        }
    }
}

fn split(text: &str, delta: usize) {
    let mut splitter = Splitter::new(OnMissingFinal::Answer);
    for bytes in text.as_bytes().chunks(delta) {
        splitter.push(std::str::from_utf8(bytes).unwrap());
        while splitter.pop().is_some() {}
    }
    splitter.finish();
    while splitter.pop().is_some() {}
}

#[test]
fn the_decoder_takes_linear_time() {
    assert_linear("one line", 20_000, |length| decode(&vec![b'x'; length], 1));
    assert_linear("one event", 20_000, |length| {
        decode("data:x\n".repeat(length / 7).as_bytes(), 1)
    });
    assert_linear("many events at once", 20_000, |length| {
        decode("data:x\n\n".repeat(length / 8).as_bytes(), length);
    });
    assert_linear("an event, then an unfinished one", 20_000, |length| {
        let event = format!("data:{}\n\ndata:{}", "x".repeat(length / 3), "y".repeat(length));
        decode(event.as_bytes(), 7);
    });
}

#[test]
fn the_splitter_takes_linear_time() {
    for prefix in ["", "<analysis>", "<analysis>r <final>", "<analysis></analysis>", "<final>"] {
        for part in ["<", "< ", "</final", "<finals>", "</final>x", "<analysis>\n", " ", "x"] {
            assert_linear(&format!("{part:?} after {prefix:?}"), 1500, |length| {
                split(&format!("{prefix}{}", part.repeat(length / part.len())), 1);
            });
        }
    }
}
