//! How often somebody may try: by address, by account and address, and by account alone
//! (`docs/wire/auth.md`, design, item 6).

mod tries;

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{
        Mutex, MutexGuard, PoisonError,
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

use self::tries::Tries;
use crate::clock::Clock;

/// Three requests in ten seconds, for each address and path.
const BURST: NonZeroU32 = NonZeroU32::new(3).expect("not zero");
const WINDOW: Duration = Duration::from_secs(10);
/// After so many requests, addresses that have been quiet are forgotten.
const FORGET_EVERY: u32 = 1024;

/// So many wrong passwords for one account are free to each network.
const FREE_FROM_A_NETWORK: u32 = 10;
/// So many are free to all networks together. Far more, since this wait meets the owner too; one
/// network alone, which has to wait longer and longer between two tries, never gets there.
const FREE_FROM_ALL: u32 = 100;

/// Too many tries. Seconds until the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TryLater(pub(crate) u64);

/// Counts tries.
pub(super) struct Limits {
    addresses: RateLimiter<(IpAddr, &'static str), ByAddress, Ticks, NoOpMiddleware<Duration>>,
    requests: AtomicU32,
    passwords: Mutex<Passwords>,
    clock: Clock,
    on: bool,
}

type ByAddress = DefaultKeyedStateStore<(IpAddr, &'static str)>;

/// The wrong passwords that are remembered.
struct Passwords {
    from_a_network: Tries<(String, IpAddr)>,
    from_all: Tries<String>,
}

impl Limits {
    pub(super) fn new(clock: Clock, on: bool) -> Self {
        let quota = Quota::with_period(WINDOW / BURST.get())
            .expect("the window is not zero")
            .allow_burst(BURST);
        Self {
            addresses: RateLimiter::new(quota, ByAddress::default(), Ticks(clock.clone())),
            requests: AtomicU32::new(0),
            passwords: Mutex::new(Passwords {
                from_a_network: Tries::new(FREE_FROM_A_NETWORK),
                from_all: Tries::new(FREE_FROM_ALL),
            }),
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

    /// Somebody at this address tries a password for this account, which may not exist. The try
    /// counts as failed until [`Limits::succeeded`] is told otherwise, so that many at once count
    /// too. One that is refused does not count.
    pub(super) fn attempt(&self, account: &str, address: IpAddr) -> Result<(), TryLater> {
        if !self.on {
            return Ok(());
        }
        let now = self.clock.now_ms();
        let (all, one) = (account.to_owned(), (account.to_owned(), network(address)));
        let mut passwords = self.passwords();
        let wait = passwords
            .from_a_network
            .wait_ms(&one, now)
            .max(passwords.from_all.wait_ms(&all, now));
        if wait > 0 {
            return Err(TryLater(wait.unsigned_abs().div_ceil(1000)));
        }
        passwords.from_a_network.count(one, now);
        passwords.from_all.count(all, now);
        Ok(())
    }

    /// The password was right. What other networks got wrong keeps delaying them.
    pub(super) fn succeeded(&self, account: &str, address: IpAddr) {
        let mut passwords = self.passwords();
        let one = (account.to_owned(), network(address));
        passwords.from_a_network.forget(&one);
        passwords.from_all.forget(&account.to_owned());
    }

    /// Forgets whoever has been quiet.
    pub(super) fn sweep(&self) {
        self.addresses.retain_recent();
        self.addresses.shrink_to_fit();
        let now = self.clock.now_ms();
        let mut passwords = self.passwords();
        passwords.from_a_network.sweep(now);
        passwords.from_all.sweep(now);
    }

    fn passwords(&self) -> MutexGuard<'_, Passwords> {
        self.passwords
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
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

    use super::{
        tries::{FAILURES_LAST_MS, MOST_KEYS},
        *,
    };

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
        let here = ip("192.0.2.1");
        for _ in 0..10 {
            assert_eq!(limits.attempt("ann", here), Ok(()));
        }
        for seconds in [5, 10, 20, 40, 80, 160, 300, 300, 300] {
            assert_eq!(limits.attempt("ann", here), Err(TryLater(seconds)));
            clock.advance(i64::try_from(seconds).unwrap() * 1000 - 1);
            assert_eq!(limits.attempt("ann", here), Err(TryLater(1)));
            clock.advance(1);
            assert_eq!(limits.attempt("ann", here), Ok(()), "after {seconds} s");
        }
        assert_eq!(limits.attempt("bob", here), Ok(()), "another account");
        clock.advance(FAILURES_LAST_MS);
        for _ in 0..10 {
            assert_eq!(limits.attempt("ann", here), Ok(()), "left alone");
        }
        assert_eq!(limits.attempt("ann", here), Err(TryLater(5)));
    }

    #[test]
    fn one_stranger_does_not_keep_the_owner_out_in_a_day_of_trying() {
        let (limits, clock) = limits();
        let (stranger, owner) = (ip("2001:db8::1"), ip("192.0.2.1"));
        let mut tries = 0;
        while clock.now_ms() < START + 24 * 60 * 60 * 1000 {
            match limits.attempt("ann", stranger) {
                Ok(()) => tries += 1,
                Err(TryLater(seconds)) => clock.advance(i64::try_from(seconds).unwrap() * 1000),
            }
        }
        assert!(tries > 200, "{tries}");
        let neighbour = ip("2001:db8::2");
        limits.attempt("ann", stranger).unwrap();
        assert_eq!(limits.attempt("ann", neighbour), Err(TryLater(300)));
        assert_eq!(limits.attempt("ann", owner), Ok(()));
        limits.succeeded("ann", owner);
        assert_eq!(
            limits.attempt("ann", stranger),
            Err(TryLater(300)),
            "the owner's success is not the stranger's"
        );
    }

    #[test]
    fn a_hundred_wrong_passwords_from_everywhere_delay_everybody() {
        let (limits, clock) = limits();
        let from = |n: u32| limits.attempt("ann", IpAddr::V4(n.into()));
        for n in 0..100 {
            assert_eq!(from(n / 10), Ok(()), "{n}");
        }
        for (n, seconds) in (1000..).zip([5, 10, 20, 40, 80, 160, 300, 300]) {
            assert_eq!(from(n), Err(TryLater(seconds)));
            clock.advance(i64::try_from(seconds).unwrap() * 1000);
            assert_eq!(from(n), Ok(()));
        }
        limits.succeeded("ann", IpAddr::V4(1007.into()));
        assert_eq!(from(2000), Ok(()), "somebody knew the password");
    }

    #[test]
    fn free_failures_are_counted_for_a_quarter_of_an_hour() {
        let (limits, clock) = limits();
        for n in 0..200 {
            assert_eq!(
                limits.attempt("ann", ip("192.0.2.1")),
                Ok(()),
                "nine in each: {n}"
            );
            clock.advance(FAILURES_LAST_MS / 9);
        }
    }

    #[test]
    fn the_right_password_clears_the_account() {
        let (limits, _) = limits();
        let here = ip("192.0.2.1");
        for _ in 0..15 {
            for _ in 0..10 {
                assert_eq!(limits.attempt("ann", here), Ok(()));
            }
            limits.succeeded("ann", here);
        }
    }

    #[test]
    fn switched_off_nothing_is_refused() {
        let limits = Limits::new(Clock::manual(START), false);
        for _ in 0..200 {
            assert_eq!(limits.address(ip("192.0.2.1"), "sign-in"), Ok(()));
            assert_eq!(limits.attempt("ann", ip("192.0.2.1")), Ok(()));
        }
    }

    #[test]
    fn a_flood_neither_fills_the_memory_nor_frees_a_tried_account() {
        let (limits, clock) = limits();
        let here = ip("192.0.2.1");
        for _ in 0..10 {
            assert_eq!(limits.attempt("ann", here), Ok(()));
        }
        for n in 0..u32::try_from(MOST_KEYS).unwrap() + 50 {
            let address = IpAddr::V4(n.into());
            limits.attempt(&format!("flood {n}"), address).unwrap();
            limits.address(address, "sign-in").expect("a first try");
            clock.advance(20);
        }
        let held = |limits: &Limits| {
            let passwords = limits.passwords();
            (passwords.from_a_network.len(), passwords.from_all.len())
        };
        assert_eq!(held(&limits), (MOST_KEYS, MOST_KEYS));
        let addresses = limits.addresses.len();
        assert!(
            addresses < 2 * FORGET_EVERY as usize,
            "{addresses} addresses"
        );
        assert_eq!(limits.attempt("ann", here), Ok(()), "the wait is over");
        assert_eq!(
            limits.attempt("ann", here),
            Err(TryLater(10)),
            "and the count is kept"
        );

        clock.advance(FAILURES_LAST_MS * 2);
        limits.sweep();
        assert_eq!((held(&limits), limits.addresses.len()), ((0, 0), 0));
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
