//! What the check of a key and its limits costs, with few keys and with ten thousand.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use inference_gateway::policy::account::Quota;
use inference_gateway::policy::bucket::Rate;
use inference_gateway::relay::access::{Access, AccessConfig};
use inference_gateway::store::key::Key;
use inference_gateway::store::keyring::Keyring;
use inference_gateway::store::limits::Limits;

/// Checks that are timed at a time.
const CHECKS: u32 = 2_000;
/// The most that one may take, of the time that this thread has the processor.
const MOST: Duration = Duration::from_micros(10);

/// The time that this thread has had the processor.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("the system counts");
    let nanos = text.split_whitespace().next().and_then(|it| it.parse().ok());
    Duration::from_nanos(nanos.expect("a number"))
}

/// The time of one check among so many keys, the least of several measurements.
async fn cost(count: usize) -> Duration {
    let made = (0..count).map(|at| Key::new(&format!("key-{at}")).expect("there is randomness"));
    let (keys, secrets): (Vec<_>, Vec<_>) = made.unzip();
    let quota = Quota {
        requests: Some(Rate::per_minute(1_000_000_000)),
        tokens: Some(Rate::per_minute(1_000_000_000)),
        ..Quota::default()
    };
    let keyrings = vec![Arc::new(Keyring::new(keys))];
    let config = AccessConfig { keyrings, quota, ..AccessConfig::default() };
    let access = Access::new(Limits::default());
    let from = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let mut least = Duration::MAX;
    for _ in 0..20 {
        let began = processor_time();
        for secret in secrets.iter().cycle().step_by(7).take(CHECKS as usize) {
            let (_, admitted) = access.admit(&config, Some(secret.as_bytes()), from).await;
            assert!(admitted.is_ok());
        }
        least = least.min((processor_time() - began) / CHECKS);
    }
    least
}

#[tokio::test]
async fn ten_thousand_keys_cost_what_ten_do() {
    let (few, many) = (cost(10).await, cost(10_000).await);
    println!("{few:?} with 10 keys, {many:?} with 10,000");
    assert!(many < MOST, "{many:?}");
}
