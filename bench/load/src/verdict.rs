//! Whether a stream that ended was whole: every token, in order, and the right end.

use reasoning_stream::sse::{Decoder, Limits};
use reasoning_stream::{
    Envelope, Event, FinishReason, Order, Piece, Reader, ReaderOptions, Source,
};

use crate::stamp::{MARK, PLACE_DIGITS, TIME_DIGITS, read_digits};
use crate::workload::Workload;

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    /// It hands the upstream's chunks on.
    Nginx,
    /// It sends ordered events.
    Gateway,
}

impl Server {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Gateway => "gateway",
        }
    }
}

/// Checks one body.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn whole(server: Server, workload: &Workload, body: &[u8]) -> Result<(), &'static str> {
    let answer = match server {
        Server::Nginx => chunks(body),
        Server::Gateway => events(workload, body),
    }?;
    tokens(workload, answer.as_bytes())
}

/// The answer that an upstream's chunks hold.
fn chunks(body: &[u8]) -> Result<String, &'static str> {
    let mut reader = Reader::new(ReaderOptions::default());
    reader.push(body);
    let (mut answer, mut ended) = (String::new(), false);
    while let Some(piece) = reader.pop() {
        if let Piece::Answer(text) = piece {
            answer.push_str(&text);
        } else if let Piece::Fault(_) = piece {
            return Err("the stream can't be read");
        } else {
            ended |= piece == Piece::Done;
        }
    }
    if ended { Ok(answer) } else { Err("the stream has no end") }
}

/// The answer that the gateway's events hold, if they are in order and end well.
fn events(workload: &Workload, body: &[u8]) -> Result<String, &'static str> {
    let mut decoder = Decoder::new(Limits::default());
    decoder.push(body);
    let mut order = Order::expecting(workload.summaries, workload.summaries);
    let mut answer = String::new();
    while let Some(block) = decoder.pop() {
        let block = block.map_err(|_| "an event is too long")?;
        let envelope = Envelope::read(block.name, block.data).map_err(|_| "an unreadable event")?;
        let event = envelope.ok_or("an unknown event")?.event;
        order.check(&event).map_err(|_| "events out of order")?;
        if let Event::OutputDelta(text) = event {
            answer.push_str(&text);
        } else if let Event::PromptSummary(summary) | Event::ReasoningSummary(summary) = event {
            if summary.source != Source::Model {
                return Err("a summary that no model wrote");
            }
        } else if let Event::Error(_) = event {
            return Err("an error event");
        } else if let Event::OutputDone(done) = event
            && done.finish_reason != FinishReason::Stop
        {
            return Err("the stream did not end well");
        }
    }
    order.finish().map(|()| answer).map_err(|_| "the stream has no end")
}

/// Whether the answer has all its tokens, in order.
fn tokens(workload: &Workload, answer: &[u8]) -> Result<(), &'static str> {
    let is_stamped = workload.rate.is_some();
    let digits = if is_stamped { TIME_DIGITS } else { PLACE_DIGITS };
    let (mut count, mut last) = (0, 0);
    for token in answer.split_inclusive(|byte| *byte == b' ') {
        let number = match token {
            [MARK, rest @ ..] if rest.len() == digits + 1 => read_digits(rest, digits),
            _ => None,
        };
        let number = number.ok_or("a token is damaged")?;
        let expected = if is_stamped { number >= last } else { number == count };
        if !expected {
            return Err("tokens out of order");
        }
        last = number;
        count += 1;
    }
    if count == workload.answer as u64 { Ok(()) } else { Err("tokens are missing") }
}

#[cfg(test)]
mod tests {
    use reasoning_stream::{Event, Source, Summary};

    use super::{Server, whole};
    use crate::workload::{Workload, all};

    fn workload() -> Workload {
        Workload { answer: 2, summaries: true, rate: None, ..all(false)[1] }
    }

    fn body(deltas: &[&str], end: &str) -> Vec<u8> {
        let summary = || Summary { text: "s".into(), source: Source::Model };
        let mut out = Vec::new();
        Event::PromptSummary(summary()).write("id", &mut out);
        Event::ReasoningSummary(summary()).write("id", &mut out);
        deltas.iter().for_each(|text| Event::OutputDelta((*text).into()).write("id", &mut out));
        out.extend_from_slice(end.as_bytes());
        out
    }

    fn fallback(end: &str) -> Vec<u8> {
        let body = String::from_utf8(body(&["@000 ", "@001 "], end)).unwrap();
        body.replacen("\"model\"", "\"fallback\"", 1).into_bytes()
    }

    #[test]
    fn judges_streams() {
        let stop =
            "event: output.done\ndata: {\"request_id\":\"id\",\"finish_reason\":\"stop\"}\n\n";
        let error = stop.replace("stop", "error");
        for (case, body, expected) in [
            ("whole", body(&["@000 ", "@001 "], stop), Ok(())),
            ("joined", body(&["@000 @001 "], stop), Ok(())),
            ("missing", body(&["@000 "], stop), Err("tokens are missing")),
            ("swapped", body(&["@001 ", "@000 "], stop), Err("tokens out of order")),
            ("damaged", body(&["@00 ", "@001 "], stop), Err("a token is damaged")),
            ("cut off", body(&["@000 ", "@001 "], ""), Err("the stream has no end")),
            ("failed", body(&["@000 "], &error), Err("the stream did not end well")),
            ("a fallback", fallback(stop), Err("a summary that no model wrote")),
            ("late delta", body(&[], &format!("{stop}{stop}")), Err("events out of order")),
        ] {
            assert_eq!(whole(Server::Gateway, &workload(), &body), expected, "{case}");
        }
        assert_eq!(
            whole(Server::Nginx, &workload(), b"data: {}\n\n"),
            Err("the stream has no end")
        );
    }
}
