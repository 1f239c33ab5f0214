//! The limits of callers: asked for, taken, and given back.
//!
//! The rules are `policy`'s; here are their clock and their memory.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use super::redis::{Redis, Ticket};
use super::table::{Subject, Table};
use crate::policy::account::{Exceeded, Moment, Quota, Standings};
use crate::policy::bucket::Rate;

/// Accounts of keys that are remembered.
const MAX_KEYS: usize = 131_072;
/// Accounts of addresses that are remembered.
const MAX_ADDRESSES: usize = 65_536;
/// What one address may present in keys that don't hold.
const FAILURES: Quota = Quota {
    requests: Some(Rate::per_minute(60)),
    tokens: None,
    tokens_per_day: None,
    concurrent: None,
};

/// The limits of callers.
#[derive(Debug)]
pub struct Limits {
    began: Instant,
    keys: Table,
    addresses: Table,
    failures: Table,
    shared: Option<Arc<Redis>>,
}

/// An answer that is to be opened with [`Limits::begin`], until it is closed with [`Limits::end`].
#[derive(Debug, Clone, Copy)]
pub struct Opened {
    whose: Subject,
    quota: Quota,
    /// The tokens that are taken out.
    tokens: u64,
    place: Place,
}

/// Where an answer is counted as open.
#[derive(Debug, Clone, Copy)]
enum Place {
    Nowhere,
    Here,
    Shared(Ticket),
}

impl Opened {
    /// An answer that will use about this many tokens, and is not open yet.
    pub const fn new(whose: Subject, quota: Quota, tokens: u64) -> Self {
        Self { whose, quota, tokens, place: Place::Nowhere }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new(None)
    }
}

impl Limits {
    /// Nobody has used anything here; what others know stands in Redis.
    pub fn new(shared: Option<Arc<Redis>>) -> Self {
        Self {
            began: Instant::now(),
            keys: Table::new(MAX_KEYS),
            addresses: Table::new(MAX_ADDRESSES),
            failures: Table::new(MAX_ADDRESSES),
            shared,
        }
    }

    /// Takes one request, and tells what is left.
    ///
    /// # Errors
    /// [`Exceeded::Requests`], with what is left all the same.
    pub async fn admit(&self, whose: Subject, quota: &Quota) -> (Standings, Result<(), Exceeded>) {
        if quota.is_endless() {
            return (Standings::default(), Ok(()));
        }
        if let Some(redis) = &self.shared
            && let Some(admitted) = redis.admit(whose, quota).await
        {
            return admitted;
        }
        let at = self.moment();
        self.table(whose).with(whose, at, |account| {
            let admitted = account.admit(quota, at);
            (account.standings(quota, at), admitted)
        })
    }

    /// Opens an answer. Whoever gives up waiting for this closes it all the same.
    ///
    /// # Errors
    /// The limit that has no room for it.
    pub async fn begin(&self, opened: &mut Opened) -> Result<(), Exceeded> {
        let Opened { whose, quota, tokens, .. } = *opened;
        if quota.is_endless() {
            return Ok(());
        }
        let at = self.moment();
        if let Some(redis) = &self.shared {
            let ticket = Ticket { id: fastrand::u64(..), whose, quota, tokens, at };
            opened.place = Place::Shared(ticket);
            if let Some(begun) = redis.begin(&ticket).await {
                return begun.inspect_err(|_| opened.place = Place::Nowhere);
            }
        }
        opened.place = Place::Nowhere;
        self.table(whose).with(whose, at, |account| account.begin(&quota, tokens, at))?;
        opened.place = Place::Here;
        Ok(())
    }

    /// Closes an answer that has used this many tokens.
    pub fn end(&self, opened: Opened, used: u64) {
        let Opened { whose, quota, tokens, place } = opened;
        match (place, &self.shared) {
            (Place::Here, _) => {
                let at = self.moment();
                self.table(whose).with(whose, at, |account| account.end(&quota, tokens, used, at));
            }
            (Place::Shared(ticket), Some(redis)) => redis.end(ticket, used),
            (Place::Shared(_), None) | (Place::Nowhere, _) => {}
        }
    }

    /// Notes that an address presented a key that does not hold, and tells how often it still may.
    ///
    /// # Errors
    /// [`Exceeded::Requests`], when it did so too often.
    pub async fn fail(&self, from: IpAddr) -> (Standings, Result<(), Exceeded>) {
        let whose = address(from);
        if let Some(redis) = &self.shared
            && let Some(failed) = redis.fail(whose, &FAILURES).await
        {
            return failed;
        }
        let at = self.moment();
        self.failures.with(whose, at, |account| {
            let failed = account.admit(&FAILURES, at);
            (account.standings(&FAILURES, at), failed)
        })
    }

    fn table(&self, whose: Subject) -> &Table {
        match whose {
            Subject::Key(_) => &self.keys,
            Subject::Address(_) => &self.addresses,
        }
    }

    fn moment(&self) -> Moment {
        let now = u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Moment { now, unix: unix.as_secs() }
    }
}

/// Who is at an address. Whoever has one IPv6 address has 2⁶⁴ of them.
pub fn address(from: IpAddr) -> Subject {
    Subject::Address(match from.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    })
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::net::TcpListener;
    use tokio::time::{Instant, advance};

    use super::{Limits, Opened, Redis, Subject, address};
    use crate::policy::account::{Exceeded, Quota, Standings};
    use crate::policy::bucket::Rate;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_ipv6_network_is_one_caller() {
        for (one, other, same) in [
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.2", false),
            ("::ffff:10.0.0.1", "10.0.0.1", true),
            ("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
            ("::1", "127.0.0.1", false),
        ] {
            assert_eq!(address(ip(one)) == address(ip(other)), same, "{one} {other}");
        }
    }

    fn subjects() -> [Subject; 3] {
        let key = Subject::Key(crate::store::digest::Digest::of(b"a"));
        [key, address(ip("10.0.0.1")), address(ip("2001:db8::1"))]
    }

    async fn open(limits: &Limits, whose: Subject, quota: Quota) -> Result<Opened, Exceeded> {
        let mut opened = Opened::new(whose, quota, 10);
        limits.begin(&mut opened).await.map(|()| opened)
    }

    #[tokio::test(start_paused = true)]
    async fn everyone_has_an_account_of_his_own() {
        let limits = Limits::default();
        let quota = Quota { requests: Some(Rate::per_minute(2)), ..Quota::default() };
        for whose in subjects() {
            for remaining in [1, 0] {
                let (standings, admitted) = limits.admit(whose, &quota).await;
                assert_eq!(admitted, Ok(()));
                assert_eq!(standings.requests.unwrap().remaining, remaining);
            }
            let refused = Err(Exceeded::Requests(Duration::from_secs(30)));
            assert_eq!(limits.admit(whose, &quota).await.1, refused, "{whose:?}");
        }
        advance(Duration::from_secs(30)).await;
        for whose in subjects() {
            assert_eq!(limits.admit(whose, &quota).await.1, Ok(()), "{whose:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_opened_is_closed() {
        let limits = Limits::default();
        let quota =
            Quota { concurrent: Some(1), tokens: Some(Rate::per_minute(60)), ..Quota::default() };
        for whose in subjects() {
            let opened = open(&limits, whose, quota).await.unwrap();
            assert_eq!(open(&limits, whose, quota).await.unwrap_err(), Exceeded::Concurrent(1));
            limits.end(opened, 30);
            let (standings, _) = limits.admit(whose, &quota).await;
            assert_eq!(standings.tokens.unwrap().remaining, 30);
            open(&limits, whose, quota).await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_limits_nothing_is_remembered() {
        let limits = Limits::default();
        for whose in subjects() {
            assert_eq!(
                limits.admit(whose, &Quota::default()).await,
                (Standings::default(), Ok(()))
            );
            let opened = open(&limits, whose, Quota::default()).await.unwrap();
            limits.end(opened, 10);
        }
        assert!(limits.keys.is_empty() && limits.addresses.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_redis_beyond_the_budget() {
        // Connections wait there for somebody who never takes them.
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}/0", silent.local_addr().unwrap()).into();
        let redis = Redis::new(&url, None, Duration::from_secs(60)).unwrap();
        let limits = Limits::new(Some(Arc::new(redis)));
        let quota =
            Quota { requests: Some(Rate::per_minute(9)), concurrent: Some(9), ..Quota::default() };
        for operation in ["admit", "fail", "begin"] {
            for budget in [50, 0] {
                let began = Instant::now();
                let whose = address(ip("10.0.0.1"));
                let allowed = match operation {
                    "admit" => limits.admit(whose, &quota).await.1.is_ok(),
                    "fail" => limits.fail(ip("10.0.0.1")).await.1.is_ok(),
                    _ => open(&limits, whose, quota).await.is_ok(),
                };
                assert!(allowed, "{operation}: nobody is refused for it");
                let waited = began.elapsed().as_millis();
                assert!((budget..=budget + 1).contains(&waited), "{operation}: {waited} ms");
            }
            // From here on somebody may ask again.
            advance(Duration::from_secs(2)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn guessing_keys_has_a_limit_of_its_own() {
        let limits = Limits::default();
        let (guesser, other) = (ip("10.0.0.1"), ip("10.0.0.2"));
        for _ in 0..60 {
            limits.fail(guesser).await.1.unwrap();
        }
        let (standings, refused) = limits.fail(guesser).await;
        assert_eq!(refused, Err(Exceeded::Requests(Duration::from_secs(1))));
        assert_eq!(standings.requests.unwrap().remaining, 0);
        assert_eq!(limits.fail(other).await.1, Ok(()));
        let quota = Quota { requests: Some(Rate::per_minute(2)), ..Quota::default() };
        assert_eq!(limits.admit(address(guesser), &quota).await.1, Ok(()), "who has a key may ask");
    }
}
