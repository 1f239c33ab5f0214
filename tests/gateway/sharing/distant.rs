//! A Redis that is far away: who waits for its answers does not keep others waiting.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use inference_gateway::policy::account::{Exceeded, Quota};
use inference_gateway::relay::task::start;
use inference_gateway::store::digest::Digest;
use inference_gateway::store::limits::{Limits, Opened};
use inference_gateway::store::redis::Redis;
use inference_gateway::store::table::Subject;

use crate::process::redis::RedisServer;

const HOUR: Duration = Duration::from_secs(3600);
/// Who asks at the same time.
const CALLERS: usize = 8;
/// How often each of them asks.
const ROUNDS: usize = 12;

fn answer(most: usize) -> Opened {
    let quota = Quota { concurrent: u32::try_from(most).ok(), ..Quota::default() };
    Opened::new(Subject::Key(Digest::of(b"all")), quota, 1)
}

/// Opens and closes answers one after another, while at most so many may be open.
async fn answers(limits: &Limits, most: usize, times: usize) -> Result<(), Exceeded> {
    for _ in 0..times {
        let mut opened = answer(most);
        limits.begin(&mut opened).await?;
        limits.end(opened, 1);
    }
    Ok(())
}

/// Ends are told as they come, not each after the answer to the one before: eight callers free
/// eight places in the time of one answer.
#[tokio::test]
async fn places_are_free_as_fast_as_they_are_taken() {
    let server = RedisServer::start().await;
    let (url, _way) = server.afar(Duration::from_millis(5)).await;
    let redis = Arc::new(Redis::new(&url.into(), None, HOUR).expect("a URL"));
    let telling = Arc::clone(&redis);
    let _telling = start(async move { telling.settle().await });
    let limits = Limits::new(Some(Arc::clone(&redis)));
    redis.answers().await.expect("it is there");
    // Redis learns the scripts.
    assert_eq!(answers(&limits, 1, 1).await, Ok(()));
    redis.told().await;
    let outcomes = join_all((0..CALLERS).map(|_| answers(&limits, 2 * CALLERS, ROUNDS))).await;
    assert_eq!(outcomes, [Ok(()); CALLERS]);
    redis.told().await;
    assert_eq!(answers(&limits, 1, 1).await, Ok(()), "nothing is open");
    redis.told().await;
    let mut open = answer(1);
    assert_eq!(limits.begin(&mut open).await, Ok(()));
    let redis = Redis::new(&server.url().into(), None, HOUR).expect("a URL");
    let elsewhere = Limits::new(Some(Arc::new(redis)));
    let refused = answers(&elsewhere, 1, 1).await;
    assert_eq!(refused, Err(Exceeded::Concurrent(1)), "Redis was asked all the time");
}
