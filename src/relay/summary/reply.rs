//! Reads what a summary model sends, in one piece or in many. Its reasoning is never shown.

use reasoning_stream::{FinishReason, Framing, Piece, Reader, ReaderOptions, Usage};

use crate::relay::shown::{End, Shown};
use crate::relay::text::broken_off;
use crate::upstream::error::UpstreamError;

/// What a stream is made to begin with: a thought. Plain text after a thought is not held back until
/// it is sure that no tag opens one; tags that come all the same are still read as tags.
const THOUGHT: &[u8] = b"data: {\"choices\":[{\"delta\":{\"reasoning_content\":\".\"}}]}\n\n";

/// One reply while it comes.
pub(super) struct Reply {
    reader: Reader,
    framing: Framing,
    shown: Shown,
    finish: Option<FinishReason>,
    usage: Option<Box<Usage>>,
    done: bool,
}

impl Reply {
    pub(super) fn new(framing: Framing, shown: Shown) -> Self {
        let mut reader = Reader::new(ReaderOptions { framing, ..ReaderOptions::default() });
        if framing == Framing::Sse {
            reader.push(THOUGHT);
        }
        Self { reader, framing, shown, finish: None, usage: None, done: false }
    }

    /// Takes more bytes, and returns what can be shown in addition.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<String, UpstreamError> {
        self.reader.push(bytes);
        let text = self.read()?;
        let more = self.shown.push(&text);
        self.refuse_quotes()?;
        Ok(more)
    }

    /// All bytes were taken; returns what can be shown in addition.
    pub(super) fn finish(&mut self) -> Result<String, UpstreamError> {
        self.reader.finish();
        let text = self.read()?;
        let mut more = self.shown.push(&text);
        more.push_str(&self.shown.finish());
        self.refuse_quotes()?;
        match self.finish {
            Some(FinishReason::ContentFilter) => Err(UpstreamError::Filtered),
            None if self.framing == Framing::Sse && self.shown.end().is_none() => {
                Err(UpstreamError::Truncated)
            }
            _ if self.shown.text().is_empty() => Err(UpstreamError::NoText),
            Some(FinishReason::Length) => Ok(more + &self.shown.break_off()),
            _ => Ok(more),
        }
    }

    /// The text of a reply that came whole.
    pub(super) fn read_whole(&mut self, body: &[u8]) -> Result<String, UpstreamError> {
        self.reader.push(body);
        self.reader.finish();
        let text = self.read()?;
        self.shown.keep(&text);
        self.finish()?;
        let text = self.shown.text();
        let cut = self.finish == Some(FinishReason::Length);
        Ok(if cut { broken_off(text.trim_end_matches('…')) } else { text.to_owned() })
    }

    /// Closes a text that broke off after a part of it was shown.
    pub(super) fn break_off(&mut self) -> String {
        self.shown.break_off()
    }

    /// All that can be shown.
    pub(super) fn text(&self) -> &str {
        self.shown.text()
    }

    /// Whether nothing that still comes will be shown.
    pub(super) const fn is_over(&self) -> bool {
        self.done || self.shown.end().is_some()
    }

    /// Whether the model has said why it stopped.
    pub(super) const fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// Why it ended, if it said so.
    pub(super) const fn finish_reason(&self) -> Option<&FinishReason> {
        self.finish.as_ref()
    }

    /// The last token counts that came.
    pub(super) fn usage(&self) -> Option<&Usage> {
        self.usage.as_deref()
    }

    fn read(&mut self) -> Result<String, UpstreamError> {
        let mut text = String::new();
        while let Some(piece) = self.reader.pop() {
            match piece {
                Piece::Answer(more) => text.push_str(&more),
                Piece::Finish(reason) => self.finish = Some(reason),
                Piece::Usage(usage) => self.usage = Some(usage),
                Piece::Done => self.done = true,
                Piece::Fault(fault) => return Err(fault.into()),
                Piece::Reasoning(_)
                | Piece::Retract(_)
                | Piece::ReasoningEnd
                | Piece::ToolCalls(_)
                | Piece::Warning(_) => {}
            }
        }
        Ok(text)
    }

    fn refuse_quotes(&self) -> Result<(), UpstreamError> {
        let quotes = self.shown.end() == Some(End::Quote);
        if quotes { Err(UpstreamError::Quoted) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use reasoning_stream::Framing;
    use serde_json::{Value, json};

    use super::Reply;
    use crate::relay::shown::Shown;
    use crate::upstream::error::UpstreamError;

    fn choice(message: &Value, finish: &str) -> String {
        json!({"choices": [{"message": message, "finish_reason": finish}]}).to_string()
    }

    fn whole(body: &str, secret: Option<&str>) -> Result<String, UpstreamError> {
        Reply::new(Framing::Json, Shown::new(1_000, secret)).read_whole(body.as_bytes())
    }

    #[test]
    fn reads_whole_completions() {
        for (case, body, expected) in [
            ("text", choice(&json!({"content": "Short."}), "stop"), Ok("Short.".to_owned())),
            (
                "our tags",
                choice(&json!({"content": "<analysis>x</analysis><final>Short.</final>"}), "stop"),
                Ok("Short.".into()),
            ),
            (
                "cut by its length",
                choice(&json!({"content": "One two thr"}), "length"),
                Ok("One two…".into()),
            ),
            ("empty", choice(&json!({"content": ""}), "stop"), Err(UpstreamError::NoText)),
            (
                "only reasoning",
                choice(&json!({"content": null, "reasoning_content": "hm"}), "stop"),
                Err(UpstreamError::NoText),
            ),
            (
                "only tagged reasoning",
                choice(&json!({"content": "<analysis>hm"}), "stop"),
                Err(UpstreamError::NoText),
            ),
            (
                "filtered",
                choice(&json!({"content": "half"}), "content_filter"),
                Err(UpstreamError::Filtered),
            ),
            ("no JSON", "<html>".into(), Err(UpstreamError::Garbled("its JSON is broken"))),
        ] {
            assert_eq!(whole(&body, None), expected, "{case}");
        }
        let thoughts = "The user may want this or that, so I weigh both. ".repeat(10);
        let quote = choice(&json!({"content": thoughts[..300]}), "stop");
        assert_eq!(whole(&quote, Some(&thoughts)), Err(UpstreamError::Quoted));
        assert_eq!(whole(&quote, None).map(|text| text.len()), Ok(thoughts[..300].trim().len()));
    }

    #[test]
    fn reads_streams_as_they_come() {
        let chunk = |text: &str, finish: Value| {
            let delta = json!({"delta": {"content": text}, "finish_reason": finish});
            format!("data: {}\n\n", json!({"choices": [delta]}))
        };
        for (case, finish, rest) in [
            ("ends", json!("stop"), Ok("")),
            ("is cut", json!("length"), Ok("…")),
            ("is filtered", json!("content_filter"), Err(UpstreamError::Filtered)),
            ("breaks off", Value::Null, Err(UpstreamError::Truncated)),
        ] {
            let mut reply = Reply::new(Framing::Sse, Shown::new(1_000, None));
            assert_eq!(reply.push(chunk("One ", Value::Null).as_bytes()), Ok("One".to_owned()));
            assert_eq!(reply.push(chunk("two.", finish).as_bytes()), Ok(" two.".to_owned()));
            assert_eq!(reply.finish(), rest.map(str::to_owned), "{case}");
        }
    }
}
