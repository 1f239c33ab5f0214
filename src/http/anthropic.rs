//! The `messages` dialect: Anthropic's Messages, with summarised thinking.
//!
//! ```text
//! message_start
//!   thinking   the summaries, and a signature
//!   text       the answer
//!   tool_use   one block each
//! message_delta · message_stop      or      error
//! ```

mod blocks;
mod input;
pub(super) mod problem;
mod request;
mod stream;

use serde_json::{Map, Value};

use self::stream::Stream;
use super::dialect::Asked;
use super::edge::Context;
use super::gathered::Gathered;
use super::problem::Problem;
use super::validate;
use crate::relay::outbox::Encoder;

/// The path of this dialect.
pub(super) const PATH: &str = "/v1/messages";

/// Whether who asks at a path reads Anthropic's shapes: there, and below.
pub(super) fn is_at(path: &str) -> bool {
    path.strip_prefix(PATH).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Reads a request.
pub(super) fn read(body: Map<String, Value>, context: Context) -> Result<Asked, Problem> {
    let mut omits_thinking = false;
    let request = validate::checked(body, |mut fields| {
        let (chat, thinking) = request::chat(&mut fields);
        omits_thinking = thinking == request::Thinking::Omitted;
        validate::read(fields.inner("", chat), context, false)
    })?;
    let stream = Stream::new(&request.id, &request.model, omits_thinking);
    let encoder: Box<dyn Encoder> =
        if request.stream { Box::new(stream) } else { Box::new(Gathered::new(stream)) };
    Ok(Asked { request, encoder })
}
