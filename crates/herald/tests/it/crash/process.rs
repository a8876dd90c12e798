//! The process that is killed: this test binary once more, running one "test" that sends until its
//! end.

use std::{
    env,
    io::{self, BufRead, BufReader, Read, Write},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::Duration,
};

use tokio::{sync::broadcast::Receiver as Events, time::MissedTickBehavior};
use whatsapp_gateway::{
    Ack, Changed, Event, Gateway,
    simulated::{Fault, Operation},
};

use super::server::{Herald, Orders};

/// Names the orders of a process that is to send.
const ORDERS: &str = "HERALD_CRASH_ORDERS";
/// What it says once it is at work, and for each message that its phones were given.
const WORKING: &str = "working";
const GIVEN: &str = "given";
/// Longer than any of it takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long the phones take for a message, so that a kill finds some on their way.
const SEND_DELAY: Duration = Duration::from_millis(20);
/// After so many messages, the phones do not take one at first.
const FAULT_EVERY: u32 = 19;

/// Not a test but what the tests here start as a process of its own, by its name. In a run of all
/// tests nobody has ordered anything: it has nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn herald() {
    let Ok(orders) = env::var(ORDERS) else {
        return;
    };
    end_with_parent();
    let orders: Orders = serde_json::from_str(&orders).unwrap();
    let herald = Herald::open(&orders).await;
    herald.phones.set_send_delay(Some(SEND_DELAY));
    let users = herald.store.user_list_all().await.unwrap();
    let users: Vec<String> = users.into_iter().map(|user| user.id).collect();
    let (events, told) = (herald.phones.events(), herald.phones.events());
    say(WORKING);
    tokio::join!(
        run_clock(&herald, &orders),
        tell(&herald, told),
        herald.hear(events),
        herald.resume_whatever_pauses(&users),
        async { herald.sessions.tick().await.unwrap() },
        herald.scheduler.run(&herald.lifecycle),
    );
}

/// Whoever started this process holds its input open: if they end, so does this.
fn end_with_parent() {
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
}

/// What the scheduler does twice a second without being told is done as often by the fast clock.
async fn run_clock(herald: &Herald, orders: &Orders) {
    let mut beats = tokio::time::interval(Duration::from_millis(10));
    beats.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        beats.tick().await;
        let passed = orders.now_ms() - herald.clock.now_ms();
        herald.clock.advance(passed.max(0));
        herald.scheduler.wake();
    }
}

/// Says each message that the phones were given; now and then they take none.
async fn tell(herald: &Herald, mut events: Events<Event>) {
    let mut given: u32 = 0;
    loop {
        let Ok(event) = events.recv().await else {
            continue;
        };
        // Each message has one of these.
        let Changed::Receipt {
            ack: Ack::Server, ..
        } = event.changed
        else {
            continue;
        };
        say(GIVEN);
        given += 1;
        if given.is_multiple_of(FAULT_EVERY) {
            let phones = &herald.phones;
            phones.set_fault_on(Operation::Send, Fault::Unreachable, Some(1));
        }
    }
}

/// Past the test harness, which would keep it. Whoever does not listen any more is about to end
/// this process.
fn say(word: &str) {
    let _ = writeln!(io::stdout(), "\n{word}");
}

/// What processes say.
pub(super) struct Voices {
    say: Sender<String>,
    said: Receiver<String>,
}

impl Voices {
    pub(super) fn new() -> Self {
        let (say, said) = mpsc::channel();
        Self { say, said }
    }

    /// Waits until one more process works.
    pub(super) fn wait_for_work(&self) {
        self.wait_for(WORKING);
    }

    /// Waits until phones were given so many messages more.
    pub(super) fn wait_for_messages(&self, count: u32) {
        for _ in 0..count {
            self.wait_for(GIVEN);
        }
    }

    fn wait_for(&self, word: &str) {
        loop {
            let line = self.said.recv_timeout(PATIENCE);
            if line.expect("a process that works says so") == word {
                return;
            }
        }
    }
}

/// A process that sends; killed when this is dropped.
pub(super) struct Process {
    child: Child,
    orders: Orders,
}

impl Process {
    pub(super) fn start(orders: Orders, voices: &Voices) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "crash::process::herald", "--nocapture"])
            .env(ORDERS, serde_json::to_string(&orders).unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let say = voices.say.clone();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if say.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, orders }
    }

    /// As `kill -9` does: it cannot finish anything. Returns what it was ordered.
    pub(super) fn kill(self) -> Orders {
        self.orders.clone()
    }

    /// Stops it where it is, and lets it go on after `pause`.
    pub(super) fn suspend(&self, pause: Duration) {
        self.signal("STOP");
        thread::sleep(pause);
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
