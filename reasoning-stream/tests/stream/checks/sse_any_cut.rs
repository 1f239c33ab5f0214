//! Events of a stream: the same however it is cut, and those of the standard.

use reasoning_stream::sse::{Decoder, Limits, TooLong};

use super::input::{Input, cut};
use super::sse_reference;

/// Words for the control characters: what a stream is made of.
const WORDS: [&str; 32] = [
    "",
    "data: ",
    "data:",
    "data",
    "event: ",
    "event",
    "id: ",
    "id",
    "retry: ",
    "",
    "",
    "",
    "",
    "",
    "retry",
    ":",
    "\u{feff}",
    "\r\n",
    "\r\n\r\n",
    "\n\n",
    "\r\r",
    "\n\r",
    "\u{e9}",
    "1",
    "[DONE]",
    "a",
    "b",
    "message",
    "error",
    "x: ",
    " ",
    "0123456789abcdef",
];

/// Everything that a decoder tells.
#[derive(Debug, PartialEq)]
struct Told {
    events: Vec<sse_reference::Event>,
    too_long: Option<TooLong>,
    unfinished: Option<sse_reference::Event>,
    retry: Option<u64>,
    last_id: String,
    bad_utf8: bool,
}

pub(super) fn check(data: &[u8]) {
    let Some(input) = Input::of(data) else { return };
    let bytes = input.expanded(&WORDS);
    let limits = limits(&input);
    let whole = decode(limits, &[&bytes]);
    let chunks = cut(&bytes, input.lengths(bytes.len()));
    assert_eq!(decode(limits, &chunks), whole, "{limits:?}, as {chunks:?}");
    if whole.too_long.is_none() {
        let expected = sse_reference::events(&bytes);
        assert_eq!(whole.events, expected, "{:?}", String::from_utf8_lossy(&bytes));
    } else {
        assert!(bytes.len() > limits.line.min(limits.event), "{limits:?} hold {bytes:?}");
    }
    let longest = whole.events.iter().map(|event| event.data.len()).max().unwrap_or(0);
    // A byte that is not UTF-8 becomes three.
    assert!(longest <= 3 * limits.event, "{longest} bytes in an event, {limits:?}");
}

/// The default limits, or small ones.
fn limits(input: &Input<'_>) -> Limits {
    let small = usize::from(input.options >> 1);
    if input.option(0) { Limits { line: small, event: small * 2 } } else { Limits::default() }
}

fn decode(limits: Limits, chunks: &[&[u8]]) -> Told {
    let mut decoder = Decoder::new(limits);
    let (mut events, mut too_long) = (Vec::new(), None);
    for chunk in chunks {
        decoder.push(chunk);
        while let Some(next) = decoder.pop() {
            assert_eq!(too_long, None, "something follows the last error");
            match next {
                Ok(event) => events.push(event.into()),
                Err(error) => too_long = Some(error),
            }
        }
    }
    let unfinished = decoder.pop_unfinished().map(Into::into);
    Told {
        events,
        too_long,
        unfinished,
        retry: decoder.retry(),
        last_id: decoder.last_event_id().to_owned(),
        bad_utf8: decoder.bad_utf8(),
    }
}
