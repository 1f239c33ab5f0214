//! What one caller may use, and has used: requests, tokens, answers at once, tokens a day.
//!
//! A request's tokens are known only at its end. It begins with an estimate, which is taken out, and
//! ends with what was used: more is charged then, even beyond what there is, and less is given back.

use std::time::Duration;

use super::bucket::{Bucket, Rate, Standing};

/// What one caller may use; nothing is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quota {
    /// Requests.
    pub requests: Option<Rate>,
    /// Tokens.
    pub tokens: Option<Rate>,
    /// Tokens of one day, which begins at midnight UTC.
    pub tokens_per_day: Option<u64>,
    /// Answers at once.
    pub concurrent: Option<u32>,
}

/// The moment of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Nanoseconds since the caller's own beginning.
    pub now: u64,
    /// Seconds since 1970.
    pub unix: u64,
}

/// Which limit a request would exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exceeded {
    /// Requests in a period; there is room after this time.
    Requests(Duration),
    /// Tokens in a period; there is room after this time.
    Tokens(Duration),
    /// So many answers are open.
    Concurrent(u32),
    /// So many tokens a day are spent; the next day begins after this time.
    Budget(u64, Duration),
}

/// What a caller may be told of its limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standings {
    /// Of its requests.
    pub requests: Option<Standing>,
    /// Of its tokens.
    pub tokens: Option<Standing>,
}

/// What one caller has used. The default has used nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Account {
    requests: Bucket,
    tokens: Bucket,
    day: u64,
    spent: u64,
    open: u32,
}

/// Seconds of a day.
pub const DAY: u64 = 24 * 60 * 60;

impl Quota {
    /// Whether there is no limit at all.
    pub fn is_endless(&self) -> bool {
        *self == Self::default()
    }
}

impl Moment {
    /// The day, counted from 1970.
    pub const fn day(self) -> u64 {
        self.unix / DAY
    }

    /// How long the day still is.
    pub const fn rest_of_day(self) -> Duration {
        Duration::from_secs(DAY - self.unix % DAY)
    }
}

impl Account {
    /// Takes one request.
    ///
    /// # Errors
    /// [`Exceeded::Requests`].
    pub fn admit(&mut self, quota: &Quota, at: Moment) -> Result<(), Exceeded> {
        let Some(rate) = quota.requests else { return Ok(()) };
        self.requests.take(rate, 1, at.now).map_err(Exceeded::Requests)
    }

    /// Opens an answer that will use about this many tokens.
    ///
    /// # Errors
    /// The first limit that has no room. Nothing is taken then.
    pub fn begin(&mut self, quota: &Quota, tokens: u64, at: Moment) -> Result<(), Exceeded> {
        self.turn_page(at);
        if let Some(most) = quota.concurrent.filter(|most| self.open >= *most) {
            return Err(Exceeded::Concurrent(most));
        }
        if let Some(budget) = quota.tokens_per_day.filter(|budget| self.spent >= *budget) {
            return Err(Exceeded::Budget(budget, at.rest_of_day()));
        }
        if let Some(rate) = quota.tokens {
            // More than a whole bucket would never be there: it is let in when the bucket is full.
            let units = tokens.min(rate.limit);
            self.tokens.take(rate, units, at.now).map_err(Exceeded::Tokens)?;
            self.tokens.charge(rate, tokens - units, at.now);
        }
        self.spent = self.spent.saturating_add(tokens);
        self.open += 1;
        Ok(())
    }

    /// Closes an answer that began with `estimated` tokens and used `used`.
    pub fn end(&mut self, quota: &Quota, estimated: u64, used: u64, at: Moment) {
        self.turn_page(at);
        self.open = self.open.saturating_sub(1);
        let (more, less) = (used.saturating_sub(estimated), estimated.saturating_sub(used));
        self.spent = self.spent.saturating_add(more).saturating_sub(less);
        if let Some(rate) = quota.tokens {
            self.tokens.charge(rate, more, at.now);
            self.tokens.refund(rate, less);
        }
    }

    /// What there is to tell.
    pub fn standings(&self, quota: &Quota, at: Moment) -> Standings {
        Standings {
            requests: quota.requests.map(|rate| self.requests.standing(rate, at.now)),
            tokens: quota.tokens.map(|rate| self.tokens.standing(rate, at.now)),
        }
    }

    /// How bad it were to forget this account: nothing for one that is as good as new.
    pub fn weight(&self, at: Moment) -> u64 {
        if self.open > 0 || (self.spent > 0 && self.day == at.day()) {
            return u64::MAX;
        }
        self.requests.missing(at.now).max(self.tokens.missing(at.now))
    }

    /// A new day begins with nothing spent.
    const fn turn_page(&mut self, at: Moment) {
        if self.day != at.day() {
            self.day = at.day();
            self.spent = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Account, Exceeded, Moment, Quota};
    use crate::policy::bucket::Rate;

    /// One hour before midnight, UTC.
    fn evening(seconds: u64) -> Moment {
        Moment { now: seconds * 1_000_000_000, unix: 23 * 3600 + seconds }
    }

    fn quota(requests: u64, tokens: u64, per_day: u64, concurrent: u32) -> Quota {
        let some = |limit: u64| (limit > 0).then_some(limit);
        Quota {
            requests: some(requests).map(Rate::per_minute),
            tokens: some(tokens).map(Rate::per_minute),
            tokens_per_day: some(per_day),
            concurrent: (concurrent > 0).then_some(concurrent),
        }
    }

    #[test]
    fn without_limits_nothing_is_exceeded() {
        let (mut account, quota) = (Account::default(), quota(0, 0, 0, 0));
        assert!(quota.is_endless());
        for _ in 0..1_000 {
            assert_eq!(account.admit(&quota, evening(0)), Ok(()));
            assert_eq!(account.begin(&quota, u64::MAX / 2_000, evening(0)), Ok(()));
        }
        assert_eq!(account.standings(&quota, evening(0)), super::Standings::default());
    }

    #[test]
    fn requests_come_one_by_one_again() {
        let (mut account, quota) = (Account::default(), quota(2, 0, 0, 0));
        let wait = Err(Exceeded::Requests(Duration::from_secs(30)));
        for (at, expected) in [(0, Ok(())), (0, Ok(())), (0, wait), (30, Ok(())), (30, wait)] {
            assert_eq!(account.admit(&quota, evening(at)), expected, "{at}");
        }
        assert_eq!(account.standings(&quota, evening(60)).requests.unwrap().remaining, 1);
    }

    #[test]
    fn answers_at_once_are_counted_until_they_end() {
        let (mut account, quota) = (Account::default(), quota(0, 0, 0, 2));
        assert_eq!(account.begin(&quota, 1, evening(0)), Ok(()));
        assert_eq!(account.begin(&quota, 1, evening(0)), Ok(()));
        assert_eq!(account.begin(&quota, 1, evening(0)), Err(Exceeded::Concurrent(2)));
        account.end(&quota, 1, 1, evening(1));
        assert_eq!(account.begin(&quota, 1, evening(1)), Ok(()));
    }

    #[test]
    fn a_day_has_a_budget_and_the_next_one_a_new_one() {
        let (mut account, quota) = (Account::default(), quota(0, 0, 100, 0));
        assert_eq!(account.begin(&quota, 10, evening(0)), Ok(()));
        account.end(&quota, 10, 99, evening(1));
        assert_eq!(account.begin(&quota, 10, evening(2)), Ok(()), "one is left");
        account.end(&quota, 10, 5, evening(3));
        let spent = Err(Exceeded::Budget(100, Duration::from_secs(3590)));
        assert_eq!(account.begin(&quota, 1, evening(10)), spent);
        assert_eq!(account.begin(&quota, 1, evening(3600)), Ok(()));
    }

    #[test]
    fn tokens_are_settled_at_the_end() {
        let quota = quota(0, 600, 0, 0);
        for (case, estimated, used, remaining) in [
            ("as estimated", 100, 100, 500),
            ("less", 100, 40, 560),
            ("more", 100, 300, 300),
            ("more than there is", 100, 900, 0),
            ("more than ever is", 5_000, 5_000, 0),
        ] {
            let mut account = Account::default();
            assert_eq!(account.begin(&quota, estimated, evening(0)), Ok(()), "{case}");
            account.end(&quota, estimated, used, evening(0));
            let tokens = account.standings(&quota, evening(0)).tokens.unwrap();
            assert_eq!(tokens.remaining, remaining, "{case}");
            let debt = Duration::from_millis(used * 100);
            assert_eq!(tokens.full_after, debt, "{case}: ten a second flow in");
        }
        let mut account = Account::default();
        account.begin(&quota, 600, evening(0)).unwrap();
        let wait = Err(Exceeded::Tokens(Duration::from_secs(20)));
        assert_eq!(account.begin(&quota, 200, evening(0)), wait);
        assert_eq!(account.begin(&quota, 200, evening(20)), Ok(()));
    }

    #[test]
    fn only_what_is_as_good_as_new_weighs_nothing() {
        let quota = quota(60, 0, 0, 0);
        let mut account = Account::default();
        assert_eq!(account.weight(evening(0)), 0);
        account.admit(&quota, evening(0)).unwrap();
        assert_eq!(account.weight(evening(0)), 1_000_000_000);
        assert_eq!(account.weight(evening(1)), 0);
        account.begin(&quota, 1, evening(1)).unwrap();
        assert_eq!(account.weight(evening(9)), u64::MAX, "an answer is open");
        account.end(&quota, 1, 1, evening(9));
        assert_eq!(account.weight(evening(9)), u64::MAX, "tokens are spent");
        assert_eq!(account.weight(evening(3600)), 0, "on another day");
    }
}
