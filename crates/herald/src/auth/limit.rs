//! How often somebody may try: by address, and by account (`docs/wire/auth.md`, design, item 6).

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::http::HeaderMap;
use governor::{
    Quota, RateLimiter, clock::Clock as GovernorClock, middleware::NoOpMiddleware,
    state::keyed::DefaultKeyedStateStore,
};
use ipnet::IpNet;

use crate::clock::Clock;

/// Three requests in ten seconds, for each address and path.
const BURST: NonZeroU32 = NonZeroU32::new(3).expect("not zero");
const WINDOW: Duration = Duration::from_secs(10);
/// After so many requests, addresses that have been quiet are forgotten.
const FORGET_EVERY: u32 = 1024;

/// So many wrong passwords are free.
const FREE_FAILURES: u32 = 10;
/// A failure counts until the account has been left alone for this long.
const FAILURES_LAST_MS: i64 = 15 * 60 * 1000;
/// The wait after the first failure that is not free; it doubles with each further one.
const FIRST_DELAY_MS: i64 = 5_000;
/// The longest wait: its owner gets into an account that somebody keeps trying.
const LONGEST_DELAY_MS: i64 = 5 * 60 * 1000;
/// More accounts than this are not remembered; the one with the fewest failures goes.
const MOST_ACCOUNTS: usize = 10_000;

/// Too many tries. Seconds until the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TryLater(pub(crate) u64);

/// Counts tries.
pub(super) struct Limits {
    addresses: RateLimiter<(IpAddr, &'static str), ByAddress, Ticks, NoOpMiddleware<Duration>>,
    requests: AtomicU32,
    accounts: Mutex<HashMap<String, Failures>>,
    clock: Clock,
    on: bool,
}

type ByAddress = DefaultKeyedStateStore<(IpAddr, &'static str)>;

struct Failures {
    count: u32,
    last: i64,
}

impl Failures {
    /// Until when no further try is taken.
    fn blocked_until(&self) -> i64 {
        match self.count.checked_sub(FREE_FAILURES) {
            None => i64::MIN,
            Some(more) => self.last + (FIRST_DELAY_MS << more.min(16)).min(LONGEST_DELAY_MS),
        }
    }

    fn forgotten(&self, now: i64) -> bool {
        now - self.last >= FAILURES_LAST_MS
    }
}

impl Limits {
    pub(super) fn new(clock: Clock, on: bool) -> Self {
        let quota = Quota::with_period(WINDOW / BURST.get())
            .expect("the window is not zero")
            .allow_burst(BURST);
        Self {
            addresses: RateLimiter::new(quota, ByAddress::default(), Ticks(clock.clone())),
            requests: AtomicU32::new(0),
            accounts: Mutex::default(),
            clock,
            on,
        }
    }

    /// A request from this address to this path.
    pub(super) fn address(&self, address: IpAddr, path: &'static str) -> Result<(), TryLater> {
        if !self.on {
            return Ok(());
        }
        if self
            .requests
            .fetch_add(1, Ordering::Relaxed)
            .is_multiple_of(FORGET_EVERY)
        {
            self.addresses.retain_recent();
        }
        self.addresses
            .check_key(&(network(address), path))
            .map_err(|refused| {
                let wait = refused.wait_time_from(self.addresses.clock().now());
                TryLater(
                    wait.as_millis()
                        .div_ceil(1000)
                        .max(1)
                        .try_into()
                        .unwrap_or(u64::MAX),
                )
            })
    }

    /// Somebody tries a password for this account, which may not exist. The try counts as failed
    /// until [`Limits::succeeded`] is told otherwise, so that many at once count too.
    pub(super) fn attempt(&self, account: &str) -> Result<(), TryLater> {
        if !self.on {
            return Ok(());
        }
        let now = self.clock.now_ms();
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if accounts.len() >= MOST_ACCOUNTS && !accounts.contains_key(account) {
            make_room(&mut accounts, now);
        }
        let failures = accounts.entry(account.to_owned()).or_insert(Failures {
            count: 0,
            last: now,
        });
        if failures.forgotten(now) {
            failures.count = 0;
        }
        let wait = failures.blocked_until().saturating_sub(now);
        if wait > 0 {
            return Err(TryLater(wait.unsigned_abs().div_ceil(1000)));
        }
        *failures = Failures {
            count: failures.count.saturating_add(1),
            last: now,
        };
        Ok(())
    }

    /// The password was right.
    pub(super) fn succeeded(&self, account: &str) {
        self.accounts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(account);
    }

    /// Forgets whoever has been quiet.
    pub(super) fn sweep(&self) {
        self.addresses.retain_recent();
        self.addresses.shrink_to_fit();
        let now = self.clock.now_ms();
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.retain(|_, failures| !failures.forgotten(now));
        accounts.shrink_to_fit();
    }
}

fn make_room(accounts: &mut HashMap<String, Failures>, now: i64) {
    accounts.retain(|_, failures| !failures.forgotten(now));
    if accounts.len() >= MOST_ACCOUNTS {
        let least = accounts
            .iter()
            .min_by_key(|(_, failures)| (failures.count, failures.last));
        if let Some(account) = least.map(|(account, _)| account.clone()) {
            accounts.remove(&account);
        }
    }
}

/// Herald's clock as governor reads it: time since 1970.
struct Ticks(Clock);

impl GovernorClock for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_millis(self.0.now_ms().try_into().unwrap_or(0))
    }
}

/// What one customer of a provider has: an IPv4 address, or a /64 of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (!0 << 64))),
    }
}

/// Where a request comes from: the peer, or what trusted proxies say in `X-Forwarded-For`. Read
/// from the right, since everything left of the first stranger is that stranger's word.
pub(super) fn client_address(headers: &HeaderMap, peer: IpAddr, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    let mut client = peer.to_canonical();
    let forwarded = headers.get_all("x-forwarded-for").iter().rev();
    for hop in forwarded.flat_map(|line| line.to_str().unwrap_or_default().rsplit(',')) {
        if !is_trusted(client) {
            break;
        }
        match hop.trim().parse::<IpAddr>() {
            Ok(address) => client = address.to_canonical(),
            Err(_) => break,
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    const START: i64 = 1_767_225_600_000;

    fn limits() -> (Limits, Clock) {
        let clock = Clock::manual(START);
        (Limits::new(clock.clone(), true), clock)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_three_tries_and_then_waits() {
        let (limits, clock) = limits();
        let ann = ip("192.0.2.1");
        for _ in 0..3 {
            assert_eq!(limits.address(ann, "sign-in"), Ok(()));
        }
        assert_eq!(limits.address(ann, "sign-in"), Err(TryLater(4)));
        assert_eq!(limits.address(ann, "sign-up"), Ok(()), "another path");
        assert_eq!(
            limits.address(ip("192.0.2.2"), "sign-in"),
            Ok(()),
            "another address"
        );
        clock.advance(4_000);
        assert_eq!(limits.address(ann, "sign-in"), Ok(()));
        assert_eq!(limits.address(ann, "sign-in"), Err(TryLater(3)));
        clock.advance(10_000);
        for _ in 0..3 {
            assert_eq!(limits.address(ann, "sign-in"), Ok(()));
        }
    }

    #[test]
    fn a_customers_ipv6_addresses_count_as_one() {
        let (limits, _) = limits();
        for last in 1..=3 {
            assert_eq!(
                limits.address(ip(&format!("2001:db8:0:1::{last}")), "sign-in"),
                Ok(())
            );
        }
        assert!(
            limits
                .address(ip("2001:db8:0:1:ffff::9"), "sign-in")
                .is_err()
        );
        assert_eq!(limits.address(ip("2001:db8:0:2::1"), "sign-in"), Ok(()));
    }

    #[test]
    fn ten_wrong_passwords_are_free_and_then_the_wait_grows_to_five_minutes() {
        let (limits, clock) = limits();
        for _ in 0..10 {
            assert_eq!(limits.attempt("ann"), Ok(()));
        }
        for seconds in [5, 10, 20, 40, 80, 160, 300, 300, 300] {
            assert_eq!(limits.attempt("ann"), Err(TryLater(seconds)));
            clock.advance(i64::try_from(seconds).unwrap() * 1000 - 1);
            assert_eq!(limits.attempt("ann"), Err(TryLater(1)));
            clock.advance(1);
            assert_eq!(limits.attempt("ann"), Ok(()), "after {seconds} s");
        }
        assert_eq!(limits.attempt("bob"), Ok(()), "another account");
        clock.advance(FAILURES_LAST_MS);
        for _ in 0..10 {
            assert_eq!(limits.attempt("ann"), Ok(()), "left alone for long enough");
        }
        assert_eq!(limits.attempt("ann"), Err(TryLater(5)));
    }

    #[test]
    fn the_right_password_clears_the_account() {
        let (limits, _) = limits();
        for _ in 0..5 {
            for _ in 0..10 {
                assert_eq!(limits.attempt("ann"), Ok(()));
            }
            limits.succeeded("ann");
        }
    }

    #[test]
    fn switched_off_nothing_is_refused() {
        let limits = Limits::new(Clock::manual(START), false);
        for _ in 0..100 {
            assert_eq!(limits.address(ip("192.0.2.1"), "sign-in"), Ok(()));
            assert_eq!(limits.attempt("ann"), Ok(()));
        }
    }

    #[test]
    fn a_flood_neither_fills_the_memory_nor_frees_a_tried_account() {
        let (limits, clock) = limits();
        for _ in 0..10 {
            assert_eq!(limits.attempt("ann"), Ok(()));
        }
        for n in 0..u32::try_from(MOST_ACCOUNTS).unwrap() + 50 {
            limits.attempt(&format!("flood {n}")).unwrap();
            limits
                .address(IpAddr::V4(n.into()), "sign-in")
                .expect("a first try");
            clock.advance(20);
        }
        assert_eq!(limits.accounts.lock().unwrap().len(), MOST_ACCOUNTS);
        let held = limits.addresses.len();
        assert!(held < 2 * FORGET_EVERY as usize, "{held} addresses");
        assert_eq!(limits.attempt("ann"), Ok(()), "the wait is over");
        assert_eq!(
            limits.attempt("ann"),
            Err(TryLater(10)),
            "and the count is kept"
        );

        clock.advance(FAILURES_LAST_MS * 2);
        limits.sweep();
        assert_eq!(
            (
                limits.accounts.lock().unwrap().len(),
                limits.addresses.len()
            ),
            (0, 0)
        );
    }

    #[test]
    fn a_forwarded_address_counts_from_trusted_proxies_alone() {
        let trusted: Vec<IpNet> = ["10.0.0.0/8", "::1/128"]
            .map(|net| net.parse().unwrap())
            .into();
        let client = |peer: &str, forwarded: &[&str]| {
            let headers = forwarded.iter().map(|line| {
                (
                    HeaderName::from_static("x-forwarded-for"),
                    line.parse().unwrap(),
                )
            });
            client_address(&headers.collect(), ip(peer), &trusted).to_string()
        };
        assert_eq!(client("192.0.2.1", &[]), "192.0.2.1");
        assert_eq!(client("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(
            client("10.0.0.1", &["6.6.6.6, 198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(
            client("10.0.0.1", &["6.6.6.6", "198.51.100.7, 10.0.0.2"]),
            "198.51.100.7"
        );
        assert_eq!(client("::1", &["2001:db8::7"]), "2001:db8::7");
        assert_eq!(
            client("::ffff:10.0.0.1", &["::ffff:198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(client("10.0.0.1", &["198.51.100.7, unknown"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[""]), "10.0.0.1");
    }
}
