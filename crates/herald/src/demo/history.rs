//! What the demo's account has done before anybody looks: it was linked two months ago, and Herald
//! has sent for it since. All of it by the real code, under a clock that starts in the past.

use std::sync::Arc;

use jiff::{Span, Timestamp, Zoned, tz::TimeZone};
use whatsapp_gateway::{
    Gateway, SessionName, State,
    simulated::{Fault, Operation, Simulated},
};

use super::DemoError;
use crate::{
    campaign::{Draft, Recipient, Recurrence, Target},
    campaigns::Campaigns,
    changes::Changes,
    clock::Clock,
    lifecycle::Lifecycle,
    random::Random,
    scheduler::Scheduler,
    sessions::Sessions,
    store::Store,
};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const DAY: i64 = 24 * 60 * MINUTE;
/// Somewhere it is daytime: quiet hours would leave a demo at night with nothing to see.
const ZONES: [&str; 6] = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "America/Los_Angeles",
    "Australia/Sydney",
    "Pacific/Honolulu",
];

/// The past of one account.
struct Past {
    store: Store,
    clock: Clock,
    phone: Arc<Simulated>,
    scheduler: Scheduler,
    campaigns: Campaigns,
    user_id: String,
    session_id: String,
    zone: TimeZone,
    groups: Vec<Recipient>,
    people: Vec<Recipient>,
}

/// Links the user's account to `phone`, two months before `now`, and has a few campaigns sent since.
pub(super) async fn make(
    store: &Store,
    phone: Arc<Simulated>,
    user_id: &str,
    now: i64,
) -> Result<(), DemoError> {
    let past = Past::begin(store, phone, user_id, now).await?;
    past.fees(now).await?;
    past.rehearsals(now).await?;
    past.invitations(now).await?;
    past.to_come(now).await
}

impl Past {
    async fn begin(
        store: &Store,
        phone: Arc<Simulated>,
        user_id: &str,
        now: i64,
    ) -> Result<Self, DemoError> {
        let (clock, random, changes) = (
            Clock::manual(now - 60 * DAY),
            Random::system(),
            Changes::default(),
        );
        let lifecycle = Lifecycle::default();
        let engine: Arc<dyn Gateway> = Arc::clone(&phone) as _;
        let sessions = Sessions::new(
            store.clone(),
            Arc::clone(&engine),
            clock.clone(),
            random.clone(),
            changes.clone(),
            &lifecycle,
        );
        let session = sessions.initiate(user_id).await?;
        if let Ok(name) = SessionName::new(session.session_name.as_str()) {
            phone.scan(&name);
        }
        while sessions
            .status(user_id, &session.session_name)
            .await?
            .status
            != State::Working.as_str()
        {
            tokio::time::sleep(super::LOOK_EVERY).await;
        }
        sessions.directory(user_id, &session.session_name).await?;
        lifecycle.tasks().close();
        lifecycle.tasks().wait().await;
        let scheduler = Scheduler::new(
            store.clone(),
            engine,
            clock.clone(),
            random.clone(),
            changes.clone(),
            false,
        );
        let known = store.directory_load(user_id, &session.id).await?;
        let named = |chat_id: &String, name: Option<&String>| Recipient {
            chat_id: chat_id.clone(),
            name: name.cloned(),
        };
        let groups = known.groups.iter().filter(|group| {
            group.is_offered()
                && group.name.is_some()
                && (group.admins_only != Some(true) || group.is_admin == Some(true))
        });
        let people = known
            .contacts
            .iter()
            .filter(|person| person.is_offered() && person.name.is_some());
        let people: Vec<Recipient> = people
            .map(|person| named(&person.id, person.name.as_ref()))
            .take(60)
            .collect();
        // They have written to each other before.
        let ids: Vec<&str> = people.iter().map(|person| &*person.chat_id).collect();
        store
            .known_chats_add(&session.id, &ids, clock.now_ms())
            .await?;
        Ok(Self {
            store: store.clone(),
            campaigns: Campaigns::new(
                store.clone(),
                clock.clone(),
                random,
                changes,
                scheduler.clone(),
            ),
            zone: daytime(now),
            clock,
            phone,
            scheduler,
            user_id: user_id.to_owned(),
            session_id: session.id,
            groups: groups
                .map(|group| named(&group.id, group.name.as_ref()))
                .take(12)
                .collect(),
            people,
        })
    }

    /// Over: all that can become of a message is in it.
    async fn fees(&self, now: i64) -> Result<(), DemoError> {
        self.go_to(now - 9 * DAY).await?;
        let due = self.at(self.clock.now_ms() + 5 * MINUTE);
        let draft = self.draft(
            "Membership fee 2026",
            "Dear {first_name|member}, the fee for this year is due on Friday: *35 €*, in cash or by transfer. Thank you!",
            (&due, &due),
            Target::Many(self.people[..24].to_vec()),
        );
        self.create(
            Draft {
                target_amount: Some("35 €".into()),
                ..draft
            },
            "individuals",
        )
        .await?;
        self.go_to(due.timestamp().as_millisecond()).await?;
        self.run(12).await?;
        self.phone.set_fault_on(
            Operation::Send,
            Fault::MessageRefused("This number is not on WhatsApp."),
            Some(1),
        );
        self.run(4).await?;
        self.phone
            .set_fault_on(Operation::Send, Fault::Timeout, Some(1));
        self.run(40).await
    }

    /// Under way: one message a week, of which some were sent.
    async fn rehearsals(&self, now: i64) -> Result<(), DemoError> {
        self.go_to(now - 8 * DAY).await?;
        let first = self.at(self.clock.now_ms() + 10 * MINUTE);
        let last = first
            .checked_add(Span::new().weeks(7))
            .unwrap_or_else(|_| first.clone());
        let draft = self.draft(
            "Rehearsal",
            "Rehearsal tomorrow at seven. {days_left} days to the concert!",
            (&first, &last),
            Target::Many(self.groups[..2].to_vec()),
        );
        self.create(
            Draft {
                is_recurring: true,
                recurrence: Recurrence::Weekly,
                ..draft
            },
            "groups",
        )
        .await?;
        self.go_to(first.timestamp().as_millisecond()).await?;
        self.run(8).await?;
        self.go_to(first.timestamp().as_millisecond() + 7 * DAY)
            .await?;
        self.run(8).await
    }

    /// Under way right now: the rest goes out while somebody looks.
    async fn invitations(&self, now: i64) -> Result<(), DemoError> {
        self.go_to(now - 6 * MINUTE).await?;
        let due = self.at(self.clock.now_ms());
        let draft = self.draft(
            "Summer party",
            "Hello {first_name|there}! The summer party is on Saturday at three. Who brings a cake? 🍰",
            (&due, &due),
            Target::Many(self.people[20..].to_vec()),
        );
        self.create(draft, "individuals").await?;
        while self.clock.now_ms() + 5 * SECOND < now {
            self.run(1).await?;
        }
        Ok(())
    }

    /// To come, and one that pauses.
    async fn to_come(&self, now: i64) -> Result<(), DemoError> {
        self.go_to(now).await?;
        let evening = |ms| {
            let at = self.at(ms);
            at.with().hour(18).minute(0).build().unwrap_or(at)
        };
        let (tomorrow, next_month) = (evening(now + DAY), evening(now + 30 * DAY));
        let draft = self.draft(
            "Parents' evening",
            "Reminder: parents' evening on {date} in the assembly hall.",
            (&tomorrow, &tomorrow),
            Target::Many(self.groups[2..5].to_vec()),
        );
        self.create(draft, "groups").await?;
        let draft = self.draft(
            "Opening hours",
            "We are open on Sunday from ten to four.",
            (&tomorrow, &next_month),
            Target::Many(self.groups[5..7].to_vec()),
        );
        let id = self
            .create(
                Draft {
                    is_recurring: true,
                    recurrence: Recurrence::Weekly,
                    ..draft
                },
                "groups",
            )
            .await?;
        self.campaigns.pause(&self.user_id, &id).await?;
        Ok(())
    }

    fn draft(
        &self,
        title: &str,
        text: &str,
        (start, end): (&Zoned, &Zoned),
        target: Target,
    ) -> Draft {
        Draft {
            title: Some(title.to_owned()),
            target_amount: None,
            start_date: start.date().to_string(),
            end_date: end.date().to_string(),
            message_time: start.strftime("%H:%M").to_string(),
            time_zone: self.zone.iana_name().unwrap_or("UTC").to_owned(),
            message_template: text.to_owned(),
            is_free_form: true,
            is_recurring: false,
            recurrence: Recurrence::Daily,
            sequence: Some(false),
            late_minutes: None,
            target,
        }
    }

    async fn create(&self, draft: Draft, audience: &'static str) -> Result<String, DemoError> {
        Ok(self
            .campaigns
            .create(&self.user_id, &self.session_id, draft, audience, None)
            .await?)
    }

    /// So many steps of a quarter of a minute.
    async fn run(&self, steps: usize) -> Result<(), DemoError> {
        for _ in 0..steps {
            self.scheduler.tick().await?;
            self.clock.advance(15 * SECOND);
        }
        Ok(())
    }

    /// Goes on to an instant as if Herald had run all the while.
    async fn go_to(&self, instant: i64) -> Result<(), DemoError> {
        self.clock.advance((instant - self.clock.now_ms()).max(0));
        self.store
            .scheduler_alive(i64::MAX, self.clock.now_ms())
            .await?;
        Ok(())
    }

    fn at(&self, instant: i64) -> Zoned {
        Timestamp::from_millisecond(instant)
            .unwrap_or(Timestamp::UNIX_EPOCH)
            .to_zoned(self.zone.clone())
    }
}

/// A zone in which it is day, and stays so for a while.
fn daytime(now: i64) -> TimeZone {
    let zones = ZONES.iter().filter_map(|name| TimeZone::get(name).ok());
    let now = Timestamp::from_millisecond(now).unwrap_or(Timestamp::UNIX_EPOCH);
    let is_day = |zone: &TimeZone| (9..17).contains(&now.to_zoned(zone.clone()).hour());
    zones.into_iter().find(is_day).unwrap_or(TimeZone::UTC)
}
