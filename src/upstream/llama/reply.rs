//! The reply to a completion as that to a chat: chunk by chunk, or whole.
//!
//! ```text
//!  {"content":"…","stop":false}                  ──▶ a chunk with that content
//!  {"content":"","stop":true,"stop_type":"eos"}  ──▶ a chunk with the reason and token counts, then [DONE]
//!  {"error":{…}}, and whatever else comes        ──▶ as it is
//! ```
//!
//! Older servers tell the reason by `stopped_eos`, `stopped_word` and `stopped_limit`.

use bytes::Bytes;
use reasoning_stream::Framing;
use reasoning_stream::sse::{Decoder, Limits, write_event};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::upstream::error::UpstreamError;

/// Translates a body as it arrives.
pub(super) enum Translation {
    /// Events, one by one.
    Events(Box<Decoder>),
    /// One document, of which this much has come.
    Whole(Vec<u8>),
}

impl Translation {
    pub(super) fn new(framing: Framing) -> Self {
        match framing {
            Framing::Sse => Self::Events(Box::new(Decoder::new(Limits::default()))),
            Framing::Json => Self::Whole(Vec::new()),
        }
    }

    /// Takes more of the body, and returns what can be told of it.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Bytes, UpstreamError> {
        let mut told = Vec::new();
        match self {
            Self::Events(decoder) => {
                decoder.push(bytes);
                while let Some(event) = decoder.pop() {
                    let event = event.map_err(|it| UpstreamError::TooLong { limit: it.limit })?;
                    tell(event.name, event.data, &mut told);
                }
            }
            Self::Whole(body) => {
                let limit = Limits::default().event;
                body.extend_from_slice(bytes);
                if body.len() > limit {
                    *body = Vec::new();
                    return Err(UpstreamError::TooLong { limit });
                }
            }
        }
        Ok(told.into())
    }

    /// Takes the body's end, and returns the rest.
    pub(super) fn finish(&mut self) -> Bytes {
        let mut told = Vec::new();
        match self {
            Self::Events(decoder) => {
                // One that was cut in two is dropped: it is not broken, it is missing.
                if let Some(event) = decoder.pop_unfinished()
                    && serde_json::from_str::<IgnoredAny>(event.data).is_ok()
                {
                    tell(event.name, event.data, &mut told);
                }
                told.into()
            }
            Self::Whole(body) => whole(body),
        }
    }
}

/// The whole reply to a chat.
pub(super) fn whole(body: &[u8]) -> Bytes {
    match serde_json::from_slice(body) {
        Ok(reply) if is_completion(&reply) => {
            let mut reply: Value = reply;
            let message = json!({"role": "assistant", "content": reply["content"].take()});
            let choice = json!({"index": 0, "message": message, "finish_reason": reason(&reply)});
            json!({"choices": [choice], "usage": usage(&reply)}).to_string().into()
        }
        Ok(_) | Err(_) => Bytes::copy_from_slice(body),
    }
}

fn tell(name: &str, data: &str, out: &mut Vec<u8>) {
    let Some(mut event) = serde_json::from_str(data).ok().filter(is_completion) else {
        return write_event((name != "message").then_some(name), data, out);
    };
    let is_last = event["stop"] == true;
    let delta = json!({"content": event["content"].take()});
    let finish = if is_last { reason(&event).into() } else { Value::Null };
    let mut chunk = json!({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
    if is_last {
        chunk["usage"] = usage(&event);
    }
    write_event(None, &chunk.to_string(), out);
    if is_last {
        write_event(None, "[DONE]", out);
    }
}

fn is_completion(reply: &Value) -> bool {
    reply["content"].is_string() && reply["error"].is_null()
}

/// Why the model stopped. That its context was full matters only where nothing else ended it.
fn reason(reply: &Value) -> &'static str {
    let is = |name: &str| reply[name] == true;
    match reply["stop_type"].as_str() {
        Some("eos" | "word") => "stop",
        Some("limit") => "length",
        _ if is("stopped_eos") || is("stopped_word") => "stop",
        _ if is("stopped_limit") || is("truncated") => "length",
        _ => "stop",
    }
}

/// What was read, and what was written; nothing, where nothing was counted.
fn usage(reply: &Value) -> Value {
    let counts = ["tokens_evaluated", "tokens_predicted"].map(|name| reply[name].as_u64());
    match counts {
        [None, None] => Value::Null,
        [read, written] => {
            let total = read.unwrap_or(0).saturating_add(written.unwrap_or(0));
            json!({"prompt_tokens": read, "completion_tokens": written, "total_tokens": total})
        }
    }
}

#[cfg(test)]
mod tests {
    use reasoning_stream::{Capability, Framing, Piece, Reader, ReaderOptions};
    use serde_json::{Value, json};

    use super::{Translation, whole};
    use crate::upstream::error::UpstreamError;

    /// What a reader makes of a body that comes in these parts.
    fn read(framing: Framing, parts: &[&[u8]]) -> Result<Vec<Piece>, UpstreamError> {
        let mut translation = Translation::new(framing);
        let options =
            ReaderOptions { framing, capability: Capability::Think, ..ReaderOptions::default() };
        let mut reader = Reader::new(options);
        for part in parts {
            reader.push(&translation.push(part)?);
        }
        reader.push(&translation.finish());
        reader.finish();
        Ok(std::iter::from_fn(|| reader.pop()).collect())
    }

    /// Pieces in a few words: `R` reasoning, `A` answer, `stop`, `3+2` tokens, `.` the end.
    fn told(pieces: &[Piece]) -> String {
        let mut told: Vec<String> = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Reasoning(text) => told.push(format!("R {text}")),
                Piece::Answer(text) => match told.last_mut() {
                    Some(last) if last.starts_with("A ") => last.push_str(text),
                    _ => told.push(format!("A {text}")),
                },
                Piece::Finish(reason) => told.push(reason.as_str().to_owned()),
                Piece::Usage(usage) => {
                    let count =
                        |tokens: Option<u64>| tokens.map_or("-".into(), |it| it.to_string());
                    let counts = [usage.prompt_tokens, usage.completion_tokens].map(count);
                    told.push(counts.join("+"));
                }
                Piece::Fault(fault) => told.push(format!("{fault:?}")),
                Piece::Done => told.push(".".to_owned()),
                Piece::ReasoningEnd
                | Piece::Retract(_)
                | Piece::ToolCalls(_)
                | Piece::Warning(_) => {}
            }
        }
        told.join(" | ")
    }

    fn events(events: &[Value]) -> String {
        events.iter().map(|event| format!("data: {event}\n\n")).collect()
    }

    #[test]
    fn events_become_chunks_however_they_are_cut() {
        let body = events(&[
            json!({"index": 0, "content": "<think>h", "tokens": [1], "stop": false, "id_slot": 0}),
            json!({"content": "m</think>4", "stop": false}),
            json!({"content": "2 ü", "stop": false}),
            json!({"content": "", "stop": true, "stop_type": "eos", "tokens_predicted": 5,
                "tokens_evaluated": 9, "timings": {"predicted_per_second": 3.5}, "prompt": "secret"}),
        ]);
        let body = format!(": ping\n\n{body}");
        for cut in 0..=body.len() {
            let (one, two) = body.as_bytes().split_at(cut);
            let pieces = read(Framing::Sse, &[one, two]).unwrap();
            let told = told(&pieces);
            assert!(told.starts_with("R h"), "{told}");
            assert!(told.ends_with("A 42 ü | stop | 9+5 | ."), "cut at {cut}: {told}");
        }
    }

    #[test]
    fn each_way_to_stop_is_a_reason() {
        for (end, expected) in [
            (json!({"stop_type": "eos"}), "stop"),
            (json!({"stop_type": "word", "stopping_word": "END"}), "stop"),
            (json!({"stop_type": "limit"}), "length"),
            (json!({"stop_type": "eos", "truncated": true}), "stop"),
            (json!({"stop_type": "none", "truncated": true}), "length"),
            (json!({"stopped_eos": true, "truncated": true}), "stop"),
            (json!({"stopped_word": true, "stopped_limit": false}), "stop"),
            (json!({"stopped_limit": true}), "length"),
            (json!({"truncated": true}), "length"),
            (json!({}), "stop"),
            (json!({"tokens_evaluated": 3}), "stop | 3+-"),
        ] {
            let mut end = end;
            (end["content"], end["stop"]) = ("<think>h</think>4".into(), true.into());
            let body = events(&[end.clone()]);
            let pieces = read(Framing::Sse, &[body.as_bytes()]).unwrap();
            assert_eq!(told(&pieces), format!("R h | A 4 | {expected} | ."), "{end}");
            for pieces in [
                read(Framing::Json, &[end.to_string().as_bytes()]).unwrap(),
                read(
                    Framing::Json,
                    &[&end.to_string().as_bytes()[..9], &end.to_string().as_bytes()[9..]],
                )
                .unwrap(),
            ] {
                assert_eq!(told(&pieces), format!("R h | A 4 | {expected} | ."), "{end}");
            }
        }
    }

    #[test]
    fn errors_and_what_is_no_completion_stay_as_they_are() {
        let error = json!({"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}});
        for body in [
            events(std::slice::from_ref(&error)),
            format!("event: error\ndata: {}\n\n", error["error"]),
        ] {
            let pieces = read(Framing::Sse, &[body.as_bytes()]).unwrap();
            assert!(told(&pieces).starts_with("Reported"), "{body}: {pieces:?}");
            assert!(told(&pieces).contains("503"), "{body}: {pieces:?}");
        }
        let old = events(&[json!({"error": "no slot", "content": "no slot", "stop": true})]);
        assert!(told(&read(Framing::Sse, &[old.as_bytes()]).unwrap()).starts_with("Reported"));
        let broken = read(Framing::Sse, &[b"data: {\"content\n\n"]).unwrap();
        assert_eq!(told(&broken), "Malformed");
        assert_eq!(told(&read(Framing::Sse, &[b"data: [DONE]\n\n"]).unwrap()), ".");
        assert_eq!(told(&read(Framing::Sse, &[b": ping\n\n"]).unwrap()), "");
        let unended = read(Framing::Sse, &[b"data: {\"content\":\"4\"}"]).unwrap();
        assert_eq!(told(&unended), "A 4", "no blank line at the end");
        assert_eq!(told(&read(Framing::Sse, &[b"data: {\"content\":\"4"]).unwrap()), "");
        for body in [&b"{}"[..], b"no", b"[]", b"{\"content\":4}"] {
            assert_eq!(whole(body), body);
        }
    }

    #[test]
    fn what_has_no_end_is_not_kept() {
        let mut translation = Translation::new(Framing::Json);
        let part = vec![b' '; 64 * 1024];
        let error = (0..100_000).find_map(|_| translation.push(&part).err());
        assert!(matches!(error, Some(UpstreamError::TooLong { .. })), "{error:?}");
        let mut translation = Translation::new(Framing::Sse);
        translation.push(b"data: ").unwrap();
        let error = (0..100_000).find_map(|_| translation.push(&part).err());
        assert!(matches!(error, Some(UpstreamError::TooLong { .. })), "{error:?}");
    }
}
