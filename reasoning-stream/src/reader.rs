//! Reads an upstream's body into pieces.
use crate::on_missing_final::OnMissingFinal;
use crate::piece::Piece;
use crate::sse::Limits;

/// How the body is framed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events.
    #[default]
    Sse,
    /// One JSON completion.
    Json,
}
/// How to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReaderOptions {
    /// How the body is framed.
    pub framing: Framing,
    /// Whether the upstream's reasoning fields count.
    pub parse_reasoning: bool,
    /// See the type.
    pub on_missing_final: OnMissingFinal,
    /// Caps in bytes.
    pub limits: Limits,
}
impl Default for ReaderOptions {
    fn default() -> Self {
        Self {
            framing: Framing::Sse,
            parse_reasoning: true,
            on_missing_final: OnMissingFinal::Reasoning,
            limits: Limits::default(),
        }
    }
}
/// Reads.
#[derive(Debug)]
pub struct Reader {}
impl Reader {
    /// New.
    pub fn new(_options: ReaderOptions) -> Self {
        Self {}
    }
    /// Bytes in.
    pub fn push(&mut self, _bytes: &[u8]) {}
    /// Pieces out.
    pub fn pop(&mut self) -> Option<Piece> {
        None
    }
    /// The end of the bytes.
    pub fn finish(&mut self) {}
}
