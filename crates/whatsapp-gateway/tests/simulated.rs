//! The simulated phone as a caller meets it: its states over time, its hooks, its faults, its data.
#![expect(
    clippy::unwrap_used,
    reason = "a test may panic; clippy sees that in test functions alone, not in their helpers"
)]

#[path = "simulated/faults.rs"]
mod faults;
#[path = "simulated/sending.rs"]
mod sending;

use std::collections::HashSet;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use std::time::Duration;

use proptest::prelude::*;
use whatsapp_gateway::simulated::{Operation, Simulated, SimulatedConfig};
use whatsapp_gateway::{Contact, Gateway, GatewayError, Phone, Result, SessionName, State};

/// A simulated phone and the clock that it reads.
struct Bench {
    sim: Simulated,
    now: Arc<AtomicI64>,
}

impl Bench {
    fn new(seed: u64, scan_after: Option<u64>) -> Self {
        let scan_after = scan_after.map(Duration::from_secs);
        Self::with(seed, |config| config.scan_after = scan_after)
    }

    fn with(seed: u64, adjust: impl FnOnce(&mut SimulatedConfig)) -> Self {
        let now = Arc::new(AtomicI64::new(1_790_000_000_000));
        let clock = Arc::clone(&now);
        let mut config =
            SimulatedConfig::new(seed, Arc::new(move || clock.load(Ordering::Relaxed)));
        adjust(&mut config);
        let sim = Simulated::new(config);
        Self { sim, now }
    }

    fn wait(&self, ms: i64) {
        self.now.fetch_add(ms, Ordering::Relaxed);
    }

    async fn state(&self, session: &SessionName) -> State {
        self.sim.status(session).await.unwrap().state
    }

    async fn qr(&self, session: &SessionName) -> String {
        self.sim.qr(session).await.unwrap().0
    }

    /// Started, scanned, working.
    async fn linked(session: &SessionName) -> Self {
        Self::linked_with(session, |_| {}).await
    }

    async fn linked_with(session: &SessionName, adjust: impl FnOnce(&mut SimulatedConfig)) -> Self {
        let bench = Self::with(7, |config| {
            config.scan_after = None;
            adjust(config);
        });
        bench.sim.start(session).await.unwrap();
        bench.wait(300);
        assert!(bench.sim.scan(session));
        bench.wait(300);
        assert_eq!(bench.state(session).await, State::Working);
        bench
    }
}

fn name(text: &str) -> SessionName {
    SessionName::new(text).unwrap()
}

fn not_ready<T>(result: Result<T>) -> State {
    match result {
        Err(GatewayError::NotReady { state }) => state,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("it is ready"),
    }
}

#[tokio::test]
async fn a_session_links_itself_three_seconds_after_the_code() {
    let bench = Bench::new(7, Some(3));
    let session = name("ana");
    assert_eq!(bench.state(&session).await, State::Stopped);

    bench.sim.start(&session).await.unwrap();
    assert_eq!(bench.state(&session).await, State::Starting);
    assert_eq!(not_ready(bench.sim.qr(&session).await), State::Starting);

    bench.wait(300);
    assert_eq!(bench.state(&session).await, State::ScanQrCode);
    assert_eq!(
        not_ready(bench.sim.groups(&session).await),
        State::ScanQrCode
    );
    assert_eq!(bench.sim.status(&session).await.unwrap().number, None);

    bench.wait(3_000);
    assert_eq!(
        bench.state(&session).await,
        State::Starting,
        "the phone has scanned"
    );
    assert_eq!(not_ready(bench.sim.qr(&session).await), State::Starting);

    bench.wait(300);
    let status = bench.sim.status(&session).await.unwrap();
    assert_eq!((status.state, status.cause), (State::Working, None));
    assert!(status.number.is_some());
    assert_eq!(not_ready(bench.sim.qr(&session).await), State::Working);
    assert_eq!(bench.sim.groups(&session).await.unwrap().len(), 340);
    assert_eq!(bench.sim.contacts(&session).await.unwrap().len(), 4_201);
}

#[tokio::test]
async fn codes_rotate_and_run_out_and_a_start_shows_new_ones() {
    let bench = Bench::new(7, None);
    let session = name("ana");
    let mut codes = HashSet::new();
    for _ in 0..2 {
        bench.sim.start(&session).await.unwrap();
        bench.wait(300);
        for lifetime in [60_000, 20_000, 20_000, 20_000, 20_000, 20_000] {
            let code = bench.qr(&session).await;
            bench.wait(lifetime - 1);
            assert_eq!(bench.qr(&session).await, code);
            assert!(codes.insert(code), "each code is a new one");
            bench.wait(1);
        }
        let status = bench.sim.status(&session).await.unwrap();
        assert_eq!(status.state, State::Failed);
        assert!(status.cause.unwrap().contains("Start the session again"));
        assert_eq!(not_ready(bench.sim.qr(&session).await), State::Failed);
        assert!(!bench.sim.scan(&session), "there is no code left to scan");
    }
    assert_eq!(codes.len(), 12);
}

#[tokio::test]
async fn a_code_has_whatsapps_form_and_belongs_to_one_session() {
    let bench = Bench::new(7, None);
    let (ana, ben) = (name("ana"), name("ben"));
    bench.sim.start(&ana).await.unwrap();
    bench.sim.start(&ben).await.unwrap();
    bench.wait(300);
    let code = bench.qr(&ana).await;
    let parts: Vec<_> = code.strip_prefix("2@").unwrap().split(',').collect();
    assert_eq!(
        parts.iter().map(|part| part.len()).collect::<Vec<_>>(),
        [86, 44, 44, 44]
    );
    assert_ne!(code, bench.qr(&ben).await);
}

#[tokio::test]
async fn start_leaves_a_running_session_alone() {
    let bench = Bench::linked(&name("ana")).await;
    let ben = name("ben");
    bench.sim.start(&ben).await.unwrap();
    bench.wait(300);
    let code = bench.qr(&ben).await;
    bench.sim.start(&ben).await.unwrap();
    assert_eq!(bench.qr(&ben).await, code);
    bench.sim.start(&name("ana")).await.unwrap();
    assert_eq!(bench.state(&name("ana")).await, State::Working);
}

#[tokio::test]
async fn a_linked_session_restarts_without_a_code() {
    let session = name("ana");
    let bench = Bench::linked(&session).await;
    let number = bench.sim.status(&session).await.unwrap().number;
    bench.sim.restart(&session).await.unwrap();
    assert_eq!(bench.state(&session).await, State::Starting);
    bench.wait(300);
    let status = bench.sim.status(&session).await.unwrap();
    assert_eq!((status.state, status.number), (State::Working, number));
}

#[tokio::test]
async fn a_session_that_was_never_linked_restarts_with_a_new_code() {
    let bench = Bench::new(7, None);
    let session = name("ana");
    bench.sim.start(&session).await.unwrap();
    bench.wait(300);
    let code = bench.qr(&session).await;
    bench.sim.restart(&session).await.unwrap();
    bench.wait(300);
    assert_ne!(bench.qr(&session).await, code);
}

#[tokio::test]
async fn logout_forgets_and_the_next_start_shows_a_new_code() {
    let session = name("ana");
    let bench = Bench::linked(&session).await;
    bench.sim.logout(&session).await.unwrap();
    let status = bench.sim.status(&session).await.unwrap();
    assert_eq!(
        (status.state, status.number, status.cause),
        (State::Stopped, None, None)
    );
    bench.sim.logout(&session).await.unwrap();
    bench.sim.logout(&name("nobody")).await.unwrap();

    bench.sim.start(&session).await.unwrap();
    bench.wait(300);
    let first = Bench::new(7, None);
    first.sim.start(&session).await.unwrap();
    first.wait(300);
    assert_ne!(bench.qr(&session).await, first.qr(&session).await);
}

#[tokio::test]
async fn a_lost_connection_is_starting_until_it_is_restored() {
    let session = name("ana");
    let bench = Bench::linked(&session).await;
    assert!(!bench.sim.restore(&session), "nothing is lost");
    assert!(bench.sim.lose_connection(&session));
    bench.sim.start(&session).await.unwrap();
    bench.sim.restart(&session).await.unwrap();
    bench.wait(3_600_000);
    assert_eq!(bench.state(&session).await, State::Starting);
    assert_eq!(
        not_ready(bench.sim.contacts(&session).await),
        State::Starting
    );
    assert!(bench.sim.restore(&session));
    assert_eq!(bench.state(&session).await, State::Working);
    assert!(!bench.sim.lose_connection(&name("nobody")));
}

#[tokio::test]
async fn a_phone_that_removes_the_device_must_scan_again() {
    let session = name("ana");
    let bench = Bench::linked(&session).await;
    let number = bench.sim.status(&session).await.unwrap().number;
    assert!(bench.sim.logout_by_phone(&session));
    let status = bench.sim.status(&session).await.unwrap();
    assert_eq!((status.state, status.number), (State::Failed, number));
    assert!(status.cause.unwrap().contains("scan the new QR code"));
    assert!(
        !bench.sim.logout_by_phone(&session),
        "it is removed already"
    );
    bench.sim.start(&session).await.unwrap();
    bench.wait(300);
    assert_eq!(bench.state(&session).await, State::ScanQrCode);
    assert_eq!(bench.sim.status(&session).await.unwrap().number, None);
}

#[tokio::test]
async fn a_failed_session_tells_its_cause_and_start_revives_it() {
    let session = name("ana");
    let bench = Bench::linked(&session).await;
    assert!(bench.sim.fail(&session, "The browser is gone."));
    let status = bench.sim.status(&session).await.unwrap();
    assert_eq!(
        (status.state, status.cause.as_deref()),
        (State::Failed, Some("The browser is gone."))
    );
    bench.sim.start(&session).await.unwrap();
    bench.wait(300);
    assert_eq!(bench.state(&session).await, State::Working);
    assert!(!bench.sim.fail(&name("nobody"), "never started"));
}

#[tokio::test]
async fn self_scan_can_be_changed_while_a_code_is_shown() {
    let bench = Bench::new(7, Some(3));
    let (ana, ben) = (name("ana"), name("ben"));
    bench.sim.start(&ana).await.unwrap();
    bench.wait(3_600);
    assert_eq!(bench.state(&ana).await, State::Working);
    bench.sim.start(&ben).await.unwrap();
    bench.sim.set_self_scan(None);
    bench.wait(10_000);
    assert_eq!(bench.state(&ben).await, State::ScanQrCode);
    assert_eq!(
        bench.state(&ana).await,
        State::Working,
        "what was scanned stays scanned"
    );
    bench.sim.set_self_scan(Some(Duration::from_secs(1)));
    assert_eq!(bench.state(&ben).await, State::Starting);
    bench.wait(300);
    assert_eq!(bench.state(&ben).await, State::Working);
}

#[tokio::test]
async fn concurrent_starts_are_one_start() {
    let bench = Bench::new(7, None);
    let session = name("ana");
    let sim = Arc::new(bench.sim);
    let starts: Vec<_> = (0..32)
        .map(|_| {
            let (sim, session) = (Arc::clone(&sim), session.clone());
            tokio::spawn(async move { sim.start(&session).await })
        })
        .collect();
    for start in starts {
        start.await.unwrap().unwrap();
    }
    bench.now.fetch_add(300, Ordering::Relaxed);
    let once = Bench::new(7, None);
    once.sim.start(&session).await.unwrap();
    once.wait(300);
    assert_eq!(sim.qr(&session).await.unwrap().0, once.qr(&session).await);
    assert_eq!(sim.calls()[&Operation::Start], 32);
}

async fn contacts(seed: u64) -> Vec<Contact> {
    let bench = Bench::new(seed, Some(0));
    let session = name("ana");
    bench.sim.start(&session).await.unwrap();
    bench.wait(600);
    bench.sim.contacts(&session).await.unwrap()
}

#[tokio::test]
async fn a_seed_gives_the_same_data_and_another_seed_other_data() {
    assert_eq!(contacts(1).await, contacts(1).await);
    assert_ne!(contacts(1).await, contacts(2).await);
}

#[tokio::test]
async fn people_are_of_every_kind() {
    let people = contacts(7).await;
    let count =
        |test: &dyn Fn(&Contact) -> bool| people.iter().filter(|person| test(person)).count();
    assert!(count(&|p| p.name.as_ref().is_some_and(|name| name.contains("John"))) > 50);
    assert!(count(&|p| p.name.is_some() && p.push_name.is_some()) > 1_000);
    assert!(count(&|p| p.name.is_some() && p.push_name.is_none()) > 100);
    assert!(count(&|p| p.name.is_none() && p.push_name.is_some()) > 100);
    assert!(count(&|p| p.name.is_none() && p.push_name.is_none() && p.number.is_some()) > 100);
    assert!(count(&|p| p.number.is_none()) > 100);
    assert!(count(&|p| p.is_blocked == Some(true)) > 10);
    assert!(count(&|p| p.is_whatsapp == Some(false)) > 10);
    assert!(
        count(&|p| p.is_me.is_none() && p.is_blocked.is_none() && p.is_whatsapp.is_none()) > 100
    );
    for script in ['a', 'é', 'م', 'क', '秀', 'д', 'ר', '🌸'] {
        assert!(
            count(&|p| p
                .push_name
                .as_ref()
                .is_some_and(|name| name.contains(script)))
                > 5,
            "{script}"
        );
    }
}

#[tokio::test]
async fn the_account_knows_itself_by_its_own_number() {
    let bench = Bench::linked(&name("ana")).await;
    let people = bench.sim.contacts(&name("ana")).await.unwrap();
    let me: Vec<_> = people
        .iter()
        .filter(|person| person.is_me == Some(true))
        .collect();
    let number = bench
        .sim
        .status(&name("ana"))
        .await
        .unwrap()
        .number
        .unwrap();
    assert_eq!(
        me.iter().map(|me| me.number.as_deref()).collect::<Vec<_>>(),
        [Some(number.digits())]
    );
}

#[tokio::test]
async fn two_sessions_have_two_numbers() {
    let (ana, ben) = (name("ana"), name("ben"));
    let bench = Bench::new(7, Some(0));
    bench.sim.start(&ana).await.unwrap();
    bench.sim.start(&ben).await.unwrap();
    bench.wait(600);
    let number = async |session| bench.sim.status(session).await.unwrap().number.unwrap();
    assert_ne!(number(&ana).await, number(&ben).await);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever the seed: ids of the right form, none twice, numbers that are phone numbers, and
    /// enough of what the examples of the User API search for.
    #[test]
    fn data_is_well_formed(seed: u64) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (groups, people) = runtime.block_on(async {
            let bench = Bench::new(seed, Some(0));
            bench.sim.start(&name("ana")).await.unwrap();
            bench.wait(600);
            (bench.sim.groups(&name("ana")).await.unwrap(), bench.sim.contacts(&name("ana")).await.unwrap())
        });

        let ids: HashSet<_> = groups.iter().map(|group| &group.id).collect();
        prop_assert_eq!(ids.len(), groups.len());
        let names: HashSet<_> = groups.iter().filter_map(|group| group.name.as_ref()).collect();
        prop_assert_eq!(names.len(), groups.iter().filter(|group| group.name.is_some()).count());
        prop_assert!(names.len() < groups.len(), "some have no name");
        prop_assert!(names.iter().filter(|name| name.contains("Community")).count() > 10);
        for group in &groups {
            let digits = group.id.as_str().strip_suffix("@g.us").unwrap();
            prop_assert!(digits.starts_with("1203634") && digits.len() == 18);
        }

        let ids: HashSet<_> = people.iter().map(|person| &person.id).collect();
        prop_assert_eq!(ids.len(), people.len());
        let usable = |person: &&Contact| person.is_blocked != Some(true) && person.is_whatsapp != Some(false);
        let johns = people.iter().filter(|p| p.name.as_ref().is_some_and(|name| name.contains("John")));
        prop_assert!(johns.filter(usable).count() > 50);
        let lids: Vec<_> = people.iter().filter_map(|person| person.lid.as_ref()).collect();
        prop_assert!(lids.len() > people.len() / 10);
        prop_assert!(lids.iter().all(|lid| lid.as_str().ends_with("@lid") && !ids.contains(lid)));
        for person in &people {
            match &person.number {
                Some(number) => {
                    prop_assert_eq!(person.id.as_str(), format!("{number}@c.us"));
                    let phone = Phone::parse(number).unwrap();
                    prop_assert_eq!(phone.digits(), number);
                    prop_assert!((9..=13).contains(&number.len()), "{}", number);
                }
                None => prop_assert!(person.id.as_str().ends_with("@lid")),
            }
        }
    }
}
