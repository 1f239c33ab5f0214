//! What a decoder holds once nothing is left to read, which its users can't see.

use super::block::KEPT_CAPACITY;
use super::{Decoder, Limits, RELEASED_CAPACITY};

#[test]
fn memory_is_returned_after_a_huge_event() {
    let line = "x".repeat(1 << 19);
    for event in [
        format!("data: {line}\n\n"),
        format!("data: {line}\ndata: {line}\n\n"),
        format!(": {line}\n: {line}\n\n"),
        format!("other: {line}\ndata: x\n\n"),
    ] {
        let mut decoder = Decoder::new(Limits::default());
        for bytes in event.as_bytes().chunks(1000) {
            decoder.push(bytes);
            while decoder.pop().is_some() {}
        }
        assert!(decoder.bytes.capacity() <= KEPT_CAPACITY);
        assert!(decoder.block.rare().joined.capacity() <= KEPT_CAPACITY);
    }
}

#[test]
fn between_short_events_no_memory_is_held() {
    let mut decoder = Decoder::new(Limits::default());
    for (bytes, events, is_held) in [
        ("data: a\n\n", 1, false),
        ("data: a\n\ndata: b\n\n", 2, false),
        ("data: a\n", 0, true),
        ("\ndata: b", 1, true),
        ("\n\n", 1, true),
        ("data: c\n\n", 1, false),
        (": a comment\n", 0, false),
    ] {
        decoder.push(bytes.as_bytes());
        let popped = std::iter::from_fn(|| decoder.pop().map(|event| event.is_ok())).count();
        assert_eq!(popped, events, "{bytes:?}");
        assert_eq!(decoder.bytes.capacity() > 0, is_held, "{bytes:?}");
    }
    let long = format!("data: {}\n\n", "x".repeat(RELEASED_CAPACITY));
    decoder.push(long.as_bytes());
    while decoder.pop().is_some() {}
    assert!(decoder.bytes.capacity() > RELEASED_CAPACITY, "many long events share one buffer");
}

#[test]
fn memory_is_returned_after_a_limit() {
    let mut decoder = Decoder::new(Limits { line: 1000, event: 2000 });
    decoder.push(&vec![b'x'; 1 << 20]);
    assert!(matches!(decoder.pop(), Some(Err(_))));
    decoder.push(&vec![b'x'; 1 << 20]);
    assert_eq!(decoder.bytes.capacity(), 0);
}

#[test]
fn comments_without_a_blank_line_are_not_kept() {
    let mut decoder = Decoder::new(Limits::default());
    for _ in 0..100_000 {
        decoder.push(b": hi\n");
        assert_eq!(decoder.pop(), None);
        assert!(decoder.bytes.len() < 100);
    }
}
