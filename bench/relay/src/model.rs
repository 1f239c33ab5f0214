//! A model server in memory: every read brings one chunk, and it is there at once.

use bytes::Bytes;
use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use futures::stream::{self, StreamExt};
use inference_gateway::upstream::error::UpstreamError;
use inference_gateway::upstream::health::Health;
use inference_gateway::upstream::{Answer, Call, Listed, Upstream};
use reasoning_stream::Framing;

/// One chunk, as common servers write it.
pub(crate) const CHUNK: &str = concat!(
    "data: {\"id\":\"chatcmpl-00000000\",\"object\":\"chat.completion.chunk\",\"created\":1763700000,",
    "\"model\":\"open/model-8b\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"8 bytes.\"},",
    "\"logprobs\":null,\"finish_reason\":null}]}\n\n"
);
const LAST: &str = concat!(
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
    "data: [DONE]\n\n"
);

/// Says so many chunks.
pub(crate) struct Model {
    pub(crate) chunks: usize,
}

impl Upstream for Model {
    fn stream(&self, _: Call) -> BoxFuture<'static, Result<Answer, UpstreamError>> {
        let chunks = std::iter::repeat_n(CHUNK, self.chunks).chain([LAST]);
        let bytes = stream::iter(chunks.map(|chunk| Ok(Bytes::from_static(chunk.as_bytes()))));
        ready(Ok(Answer { framing: Framing::Sse, bytes: bytes.boxed().into() })).boxed()
    }

    fn complete(&self, _: Call) -> BoxFuture<'static, Result<Bytes, UpstreamError>> {
        ready(Err(UpstreamError::NotFound)).boxed()
    }

    fn models(&self) -> BoxFuture<'static, Result<Vec<Listed>, UpstreamError>> {
        ready(Ok(Vec::new())).boxed()
    }

    fn health(&self) -> BoxFuture<'static, Health> {
        ready(Health { reachable: true, status: None, took_ms: 0, detail: None }).boxed()
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, StreamExt};
    use inference_gateway::upstream::{Call, Upstream};
    use reasoning_stream::{Piece, Reader, ReaderOptions};

    use super::Model;

    #[test]
    fn says_so_many_chunks_and_ends() {
        let call = Call::from(bytes::Bytes::new());
        let answer = Model { chunks: 3 }.stream(call).now_or_never().unwrap().unwrap();
        let mut reader = Reader::new(ReaderOptions::default());
        for bytes in answer.bytes.collect::<Vec<_>>().now_or_never().unwrap() {
            reader.push(&bytes.unwrap());
        }
        let pieces: Vec<Piece> = std::iter::from_fn(|| reader.pop()).collect();
        let said = |piece: &&Piece| matches!(piece, Piece::Answer(_));
        assert_eq!(pieces.last(), Some(&Piece::Done));
        assert!(pieces.iter().filter(said).count() >= 1, "{pieces:?}");
    }
}
