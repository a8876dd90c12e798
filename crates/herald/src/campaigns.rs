//! Users' campaigns: planned, previewed, made, changed and tried out.
//!
//! What a user asked for goes through the planner ([`mod@crate::campaign`]) and into the database; what
//! is sent when is the scheduler's.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use whatsapp_gateway::Phone;

use crate::{
    campaign::{
        self, Draft, FieldError, Plan, PlanContext, Preview, Problem, Recipient, Target,
        template::{self, Template, Values, Variables},
    },
    changes::Changes,
    clock::Clock,
    random::Random,
    scheduler::{
        Scheduler,
        limits::Settings,
        pace::{self, Departure, To, Wait},
        rules::{self, Ruling, Waits},
    },
    store::{
        Asked, Books, Campaign, CampaignEdit, CampaignKey, CampaignRecipient, Changed, Edited,
        KillSwitch, Lease, Line, Listed, NewCampaign, NewMessage, Outcome, Store, StoreError,
        TestMessage, WhatsAppSession,
    },
};

/// What ids of messages begin with on WhatsApp Web; 18 upper-case hex digits follow.
const WHATSAPP_ID_START: &str = "3EB0";

/// Why a campaign did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// The caller has no such session.
    #[error("no such session")]
    NoSession,
    /// The caller has no such campaign.
    #[error("no such campaign")]
    NotFound,
    /// The caller has no such message.
    #[error("no such message")]
    NoMessage,
    /// Fields of the input are wrong.
    #[error("the input is wrong")]
    Fields(Vec<FieldError>),
    /// Something of it was sent, and the caller did not say that only the rest is to change.
    #[error("messages were sent")]
    AlreadySent,
    /// Its state does not allow that.
    #[error("a campaign that is {status} cannot be {what}")]
    WrongState {
        /// The campaign's status.
        status: String,
        /// What was asked: `edited`, `paused` …
        what: &'static str,
    },
    /// The message is none of which nobody knows.
    #[error("the message is not unknown")]
    NotUnknown,
    /// The account cannot send now, in words that complete "waiting for …".
    #[error("waiting for {0}")]
    CannotSend(String),
    /// The account's own number is not known.
    #[error("no own number")]
    NoOwnNumber,
    /// It was not sent, in plain words.
    #[error("{0}")]
    NotSent(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The planner broke.
    #[error(transparent)]
    Broken(#[from] tokio::task::JoinError),
}

type Result<T, E = CampaignError> = std::result::Result<T, E>;

/// A campaign with what became of it.
pub struct Seen {
    /// The campaign.
    pub campaign: Campaign,
    /// Its books.
    pub books: Books,
    /// When its next message leaves, in milliseconds since 1970.
    pub next_at: Option<i64>,
    /// What that one waits for besides its time, in words that complete "waiting for …".
    pub waiting_for: Option<String>,
}

/// What an edit says anew; what is `None` stays as it was.
pub struct CampaignChanges {
    /// As in a new campaign; its target is ignored.
    pub draft: Draft,
    /// Without the header.
    pub is_free_form: Option<bool>,
    /// Whether asterisks part the text.
    pub sequence: Option<bool>,
    /// How long a message may be held up.
    pub late_minutes: Option<i64>,
    /// The audience's word.
    pub audience_type: Option<&'static str>,
    /// Where it goes.
    pub recipients: Option<Vec<Recipient>>,
    /// Whether what was sent may stay and only the rest change.
    pub only_unsent: bool,
}

/// All users' campaigns.
pub struct Campaigns {
    store: Store,
    clock: Clock,
    random: Random,
    changes: Changes,
    scheduler: Scheduler,
}

/// What a plan needs besides the draft.
struct Surroundings {
    line: Line,
    settings: Settings,
    known: HashSet<String>,
}

impl Campaigns {
    /// Campaigns of the users in `store`, which `scheduler` sends.
    pub fn new(
        store: Store,
        clock: Clock,
        random: Random,
        changes: Changes,
        scheduler: Scheduler,
    ) -> Self {
        Self {
            store,
            clock,
            random,
            changes,
            scheduler,
        }
    }

    /// What a campaign would come to; nothing is written.
    pub async fn preview(&self, user_id: &str, session_id: &str, draft: Draft) -> Result<Preview> {
        let (plan, _) = self.plan(user_id, session_id, draft).await?;
        Ok(plan.preview())
    }

    /// What a campaign would come to if it were edited so; nothing is written.
    pub async fn preview_edit(
        &self,
        user_id: &str,
        id: &str,
        changes: CampaignChanges,
    ) -> Result<Preview> {
        let edited = self.store.campaign_as_edited(user_id, id).await?;
        let edited = edited.ok_or(CampaignError::NotFound)?;
        let surroundings = self
            .surroundings(user_id, &edited.campaign.session_id)
            .await?;
        let now = self.clock.now_ms();
        let (plan, _, _) = edited_plan(edited, changes, &surroundings, now)?;
        Ok(plan.preview())
    }

    /// Makes a campaign with all its messages; its id.
    pub async fn create(
        &self,
        user_id: &str,
        session_id: &str,
        draft: Draft,
        audience_type: &'static str,
        request_id: Option<&str>,
    ) -> Result<String> {
        let (plan, draft) = self.plan(user_id, session_id, draft).await?;
        let now = self.clock.now_ms();
        let id = self.random.id(now);
        let asked = asked(&draft, &plan, audience_type);
        let recipients = recipients(&plan);
        let mut groups: Vec<_> = recipients
            .iter()
            .filter(|one| one.chat_id.ends_with("@g.us"))
            .cloned()
            .collect();
        if groups.is_empty() {
            // Old clients know every target as a group.
            groups.extend(recipients.first().cloned());
        }
        let groups: Vec<_> = groups
            .into_iter()
            .map(|group| (self.random.id(now), group))
            .collect();
        let messages = self.messages(&plan, now);
        let key = CampaignKey {
            user_id,
            session_id,
            id: &id,
        };
        let new = NewCampaign {
            key,
            asked: &asked,
            groups: &groups,
            recipients: &recipients,
            messages: &messages,
            request_id,
        };
        let id = self.store.campaign_create(new, now).await?;
        self.changed(user_id);
        Ok(id)
    }

    /// Changes a campaign: what has not gone out is planned anew, in one transaction.
    pub async fn edit(&self, user_id: &str, id: &str, changes: CampaignChanges) -> Result<()> {
        let campaign = self.by_id(user_id, id).await?;
        let surroundings = self.surroundings(user_id, &campaign.session_id).await?;
        let now = self.clock.now_ms();
        let edit = |edited: Edited| {
            let (plan, draft, audience_type) = edited_plan(edited, changes, &surroundings, now)?;
            Ok(CampaignEdit {
                asked: asked(&draft, &plan, audience_type),
                recipients: recipients(&plan),
                messages: self.messages(&plan, now),
            })
        };
        match self.store.campaign_edit(user_id, id, now, edit).await? {
            None => Err(CampaignError::NotFound),
            Some(Err(error)) => Err(error),
            Some(Ok(())) => {
                self.changed(user_id);
                Ok(())
            }
        }
    }

    /// The user's campaign.
    pub async fn by_id(&self, user_id: &str, id: &str) -> Result<Campaign> {
        self.store
            .campaign_by_id(user_id, id)
            .await?
            .ok_or(CampaignError::NotFound)
    }

    /// The user's campaign with what became of it.
    pub async fn seen(&self, user_id: &str, id: &str) -> Result<Seen> {
        let campaign = self.by_id(user_id, id).await?;
        let books = self.store.campaign_books_of(&campaign).await?;
        let settings = self.scheduler.settings().await?;
        let line = self.line(user_id, &campaign.session_id, &settings).await?;
        Ok(self.see(campaign, books, line.as_ref(), &settings))
    }

    /// The user's campaigns with what became of them.
    pub async fn list(&self, user_id: &str, listed: Listed) -> Result<Vec<Seen>> {
        let campaigns = self.store.campaign_list(user_id, listed).await?;
        let mut books = self.store.campaign_books(user_id, listed).await?;
        let settings = self.scheduler.settings().await?;
        let mut lines: HashMap<String, Option<Line>> = HashMap::new();
        for campaign in &campaigns {
            if listed == Listed::Open && !lines.contains_key(&campaign.session_id) {
                let line = self.line(user_id, &campaign.session_id, &settings).await?;
                lines.insert(campaign.session_id.clone(), line);
            }
        }
        Ok(campaigns
            .into_iter()
            .map(|campaign| {
                let books = books.remove(&campaign.id).unwrap_or_default();
                let line = lines.get(&campaign.session_id).and_then(Option::as_ref);
                self.see(campaign, books, line, &settings)
            })
            .collect())
    }

    fn see(
        &self,
        campaign: Campaign,
        books: Books,
        line: Option<&Line>,
        settings: &Settings,
    ) -> Seen {
        let (next_at, waiting_for) = match (campaign.status.as_str(), line) {
            ("PAUSED", _) => {
                let reason = campaign
                    .pause_reason
                    .as_ref()
                    .map(|reason| format!(": {reason}"))
                    .unwrap_or_default();
                (None, Some(format!("you to resume it{reason}")))
            }
            ("SCHEDULED" | "IN_PROGRESS", Some(line)) => self.next(&campaign.id, line, settings),
            _ => (None, None),
        };
        Seen {
            campaign,
            books,
            next_at,
            waiting_for,
        }
    }

    /// When a campaign's next message leaves, and what it waits for besides its time.
    fn next(
        &self,
        campaign_id: &str,
        line: &Line,
        settings: &Settings,
    ) -> (Option<i64>, Option<String>) {
        let waiting = line
            .waiting
            .iter()
            .filter(|waiting| waiting.campaign_id == campaign_id);
        let line = Line {
            waiting: waiting.cloned().collect(),
            ..line.clone()
        };
        let due_at = line.waiting.iter().map(|waiting| waiting.due_at).min();
        let ruling = self.ruling(settings);
        match ruling.waits(&line) {
            Waits::Nothing => (None, None),
            Waits::Sender(words) => (due_at, Some(words)),
            Waits::Room => (
                due_at,
                Some("other messages of this account to go out".to_owned()),
            ),
            Waits::Never(wait) => (None, Some(wait.to_string())),
            Waits::Message(_, at, wait) => {
                let words = wait
                    .filter(|wait| *wait != Wait::Due)
                    .map(|wait| wait.to_string());
                (Some(at), words)
            }
        }
    }

    /// What switches off the sending of a user, if anything does: their session, themselves, or all.
    pub async fn sending_off(
        &self,
        user_id: &str,
        session_id: Option<&str>,
    ) -> Result<Option<KillSwitch>, StoreError> {
        let switches = self.store.kill_switch_list_all().await?;
        let binds = |switch: &KillSwitch| match switch.scope.as_str() {
            "server" => true,
            "user" => switch.scope_id == user_id,
            _ => Some(switch.scope_id.as_str()) == session_id,
        };
        Ok(switches.into_iter().find(binds))
    }

    /// Pauses a campaign.
    pub async fn pause(&self, user_id: &str, id: &str) -> Result<()> {
        let changed = self
            .store
            .campaign_pause(user_id, id, self.clock.now_ms())
            .await?;
        self.changed_state(user_id, id, changed, "paused").await
    }

    /// Lets it go on.
    pub async fn resume(&self, user_id: &str, id: &str) -> Result<()> {
        let changed = self
            .store
            .campaign_resume(user_id, id, self.clock.now_ms())
            .await?;
        self.changed_state(user_id, id, changed, "resumed").await
    }

    /// Cancels what was not sent.
    pub async fn cancel(&self, user_id: &str, id: &str) -> Result<()> {
        let changed = self
            .store
            .campaign_cancel(user_id, id, self.clock.now_ms())
            .await?;
        self.changed_state(user_id, id, changed, "cancelled").await
    }

    /// The same, and shows it no more.
    pub async fn delete(&self, user_id: &str, id: &str) -> Result<()> {
        let changed = self
            .store
            .campaign_delete(user_id, id, self.clock.now_ms())
            .await?;
        self.changed_state(user_id, id, changed, "deleted").await
    }

    /// Makes the next occurrence due now.
    pub async fn send_now(&self, user_id: &str, id: &str) -> Result<()> {
        let changed = self
            .store
            .campaign_send_now(user_id, id, self.clock.now_ms())
            .await?;
        self.changed_state(user_id, id, changed, "sent now").await
    }

    /// Settles a message of which nobody knows whether it went out.
    pub async fn resolve(
        &self,
        user_id: &str,
        message_id: &str,
        status: &'static str,
    ) -> Result<()> {
        match self
            .store
            .message_resolve(user_id, message_id, status, self.clock.now_ms())
            .await?
        {
            Changed::Done => {
                self.changed(user_id);
                Ok(())
            }
            Changed::NotFound => Err(CampaignError::NoMessage),
            Changed::WrongState => Err(CampaignError::NotUnknown),
        }
    }

    /// Sends a text to the account's own number, at once, and returns when that is done.
    pub async fn send_test(
        &self,
        user_id: &str,
        user_name: &str,
        session_id: &str,
        text: &str,
    ) -> Result<()> {
        let session = self.session(user_id, session_id).await?;
        let now = self.clock.now_ms();
        let text = filled_for_oneself(text, user_name, now)?;
        let phone = Phone::parse(&session.phone_number).map_err(|_| CampaignError::NoOwnNumber)?;
        let settings = self.scheduler.settings().await?;
        let chat_id = format!("{}@c.us", phone.digits());
        let (id, group_row, claim) = (
            self.random.id(now),
            self.random.id(now),
            self.random.id(now),
        );
        let message = TestMessage {
            id: &id,
            group_row: &group_row,
            whatsapp_id: &self.whatsapp_id(),
            chat_id: &chat_id,
            content: &text,
        };
        let lease = Lease {
            claim: &claim,
            until: self.scheduler.lease_until(now),
        };
        let may_leave = |line: &Line| may_leave_now(line, &settings, &chat_id, now);
        let departed = Scheduler::departed_at_most(&settings);
        let claimed = self
            .store
            .message_claim_test(
                user_id,
                session_id,
                &message,
                lease,
                self.scheduler.jitter(),
                departed,
                now,
                may_leave,
            )
            .await?
            .ok_or(CampaignError::NoSession)?
            .map_err(CampaignError::CannotSend)?;
        match self.scheduler.send_claimed(claimed).await {
            Outcome::Sent { .. } => Ok(()),
            Outcome::Failed { reason }
            | Outcome::Unknown { reason }
            | Outcome::NewChatsHeld { reason, .. }
            | Outcome::Retry { reason, .. } => Err(CampaignError::NotSent(reason)),
        }
    }

    async fn plan(
        &self,
        user_id: &str,
        session_id: &str,
        mut draft: Draft,
    ) -> Result<(Plan, Draft)> {
        let surroundings = self.surroundings(user_id, session_id).await?;
        self.by_number(session_id, &mut draft.target).await?;
        let now = self.clock.now_ms();
        // Fifty thousand messages take a while.
        tokio::task::spawn_blocking(move || {
            let account = rules::account(&surroundings.line, now);
            let context = PlanContext {
                now_ms: now,
                account: &account,
                settings: &surroundings.settings,
                known: &surroundings.known,
                edit: None,
            };
            let plan = campaign::plan(&draft, &context).map_err(CampaignError::Fields)?;
            Ok((plan, draft))
        })
        .await?
    }

    async fn surroundings(&self, user_id: &str, session_id: &str) -> Result<Surroundings> {
        let settings = self.scheduler.settings().await?;
        let line = self
            .line(user_id, session_id, &settings)
            .await?
            .ok_or(CampaignError::NoSession)?;
        let known = self.store.known_chats(session_id).await?;
        Ok(Surroundings {
            line,
            settings,
            known: known.into_iter().collect(),
        })
    }

    /// Whoever the directory knows by number and by LID is one person, whom it lists by number.
    async fn by_number(&self, session_id: &str, target: &mut Target) -> Result<()> {
        let recipients = match target {
            Target::One(one) => std::slice::from_mut(one),
            Target::Many(many) => many.as_mut_slice(),
        };
        for recipient in recipients
            .iter_mut()
            .filter(|one| one.chat_id.ends_with("@lid"))
        {
            if let Some(id) = self
                .store
                .chat_by_lid(session_id, &recipient.chat_id)
                .await?
            {
                recipient.chat_id = id;
            }
        }
        Ok(())
    }

    async fn line(
        &self,
        user_id: &str,
        session_id: &str,
        settings: &Settings,
    ) -> Result<Option<Line>, StoreError> {
        let departed = Scheduler::departed_at_most(settings);
        self.store
            .queue_line(user_id, session_id, departed, self.clock.now_ms())
            .await
    }

    async fn session(&self, user_id: &str, session_id: &str) -> Result<WhatsAppSession> {
        let session = self
            .store
            .whatsapp_session_by_id(user_id, session_id)
            .await?;
        session.ok_or(CampaignError::NoSession)
    }

    fn ruling<'a>(&self, settings: &'a Settings) -> Ruling<'a> {
        Ruling {
            settings,
            repeats: self.scheduler.repeats(),
            now_ms: self.clock.now_ms(),
            jitter: 0.5,
        }
    }

    fn messages(&self, plan: &Plan, now: i64) -> Vec<NewMessage> {
        let is_new = |recipient: &Recipient| plan.new_people.contains(&recipient.chat_id);
        plan.messages
            .iter()
            .map(|message| {
                let recipient = &plan.recipients[message.recipient];
                let to = match recipient {
                    group if group.is_group() => To::Group,
                    person if is_new(person) => To::New,
                    _ => To::Known,
                };
                NewMessage {
                    id: self.random.id(now),
                    whatsapp_id: self.whatsapp_id(),
                    chat_id: recipient.chat_id.clone(),
                    name: recipient.name().map(str::to_owned),
                    audience: rules::audience_word(to),
                    day: plan.occurrences[message.occurrence].date.to_string(),
                    scheduled_at: message.scheduled_at_ms,
                    leaves_at: message.leaves_at_ms,
                    content: Arc::clone(&message.text),
                }
            })
            .collect()
    }

    fn whatsapp_id(&self) -> String {
        let mut digits = [0; 16];
        digits[7..].copy_from_slice(&self.random.bytes::<9>());
        format!("{WHATSAPP_ID_START}{:018X}", u128::from_be_bytes(digits))
    }

    fn changed(&self, user_id: &str) {
        self.changes.tell(user_id);
        self.scheduler.wake();
    }

    async fn changed_state(
        &self,
        user_id: &str,
        id: &str,
        changed: Changed,
        what: &'static str,
    ) -> Result<()> {
        match changed {
            Changed::Done => {
                self.changed(user_id);
                Ok(())
            }
            Changed::NotFound => Err(CampaignError::NotFound),
            Changed::WrongState => {
                let status = self.by_id(user_id, id).await?.status;
                Err(CampaignError::WrongState { status, what })
            }
        }
    }
}

/// An edited campaign planned anew, with what was asked for it and for which audience.
fn edited_plan(
    edited: Edited,
    changes: CampaignChanges,
    surroundings: &Surroundings,
    now: i64,
) -> Result<(Plan, Draft, &'static str)> {
    let Edited {
        campaign,
        recipients: stored,
        messages,
    } = edited;
    if matches!(
        campaign.status.as_str(),
        "COMPLETED" | "CANCELLED" | "FAILED"
    ) {
        return Err(CampaignError::WrongState {
            status: campaign.status,
            what: "edited",
        });
    }
    let went_out = |status: &str| matches!(status, "sending" | "sent" | "failed" | "unknown");
    if !changes.only_unsent && messages.iter().any(|(_, _, status)| went_out(status)) {
        return Err(CampaignError::AlreadySent);
    }
    let mut state = campaign::Edit::default();
    for (day, chat_id, status) in messages {
        let Ok(day) = day.parse::<Date>() else {
            continue;
        };
        let chats = if status == "scheduled" {
            &mut state.waiting
        } else {
            &mut state.settled
        };
        chats.entry(day).or_default().insert(chat_id);
    }
    let was = campaign.asked;
    let target = match (changes.recipients, was.has_recipients) {
        (Some(recipients), _) => Target::Many(recipients),
        (None, true) => Target::Many(stored.into_iter().map(Recipient::from).collect()),
        (None, false) => {
            let one = stored.into_iter().next().ok_or(CampaignError::NotFound)?;
            Target::One(one.into())
        }
    };
    let draft = Draft {
        is_free_form: changes.is_free_form.unwrap_or(was.is_free_form),
        sequence: changes.sequence.or(was.sequence),
        late_minutes: changes.late_minutes.or(Some(was.late_minutes)),
        target,
        ..changes.draft
    };
    let account = rules::account(&surroundings.line, now);
    let context = PlanContext {
        now_ms: now,
        account: &account,
        settings: &surroundings.settings,
        known: &surroundings.known,
        edit: Some(&state),
    };
    let plan = campaign::plan(&draft, &context).map_err(CampaignError::Fields)?;
    let audience_type = match changes.audience_type {
        Some(word) => word,
        None if was.audience_type == "individuals" => "individuals",
        None => "groups",
    };
    Ok((plan, draft, audience_type))
}

impl From<CampaignRecipient> for Recipient {
    fn from(stored: CampaignRecipient) -> Self {
        Self {
            chat_id: stored.chat_id,
            name: stored.name,
        }
    }
}

fn recipients(plan: &Plan) -> Vec<CampaignRecipient> {
    let recipients = plan.recipients.iter();
    recipients
        .map(|recipient| CampaignRecipient {
            chat_id: recipient.chat_id.clone(),
            name: recipient.name().map(str::to_owned),
        })
        .collect()
}

fn asked(draft: &Draft, plan: &Plan, audience_type: &'static str) -> Asked {
    let some = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    Asked {
        title: some(&draft.title),
        target_amount: some(&draft.target_amount),
        start_day: plan.start.to_string(),
        end_day: plan.end.to_string(),
        starts_at: plan.starts_at_ms,
        ends_at: plan.ends_at_ms,
        message_time: draft.message_time.clone(),
        time_zone: draft.time_zone.clone(),
        message_template: draft.message_template.clone(),
        is_free_form: draft.is_free_form,
        is_recurring: draft.is_recurring,
        recurrence: draft.recurrence.as_str().to_owned(),
        sequence: draft.sequence,
        audience_type: audience_type.to_owned(),
        has_recipients: matches!(draft.target, Target::Many(_)),
        late_minutes: plan.late_minutes,
    }
}

/// The text as it would reach its writer today.
fn filled_for_oneself(text: &str, user_name: &str, now_ms: i64) -> Result<String> {
    let refused = |problem: Problem| CampaignError::Fields(vec![problem.of("messageTemplate")]);
    if text.contains('\0') {
        return Err(refused(Problem::Nul {
            field: "messageTemplate",
        }));
    }
    let parsed = Template::parse(text, Variables::All)
        .map_err(|unknown| refused(Problem::UnknownVariables(unknown)))?;
    let today = Timestamp::from_millisecond(now_ms)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_zoned(TimeZone::UTC)
        .date();
    let date = today.to_string();
    let values = Values {
        name: Some(user_name),
        first_name: template::first_name(user_name),
        group: None,
        date: &date,
        days_left: "0",
    };
    let filled = parsed
        .fill("", &values)
        .map_err(|_| refused(Problem::TooLong { date: today }))?;
    if filled.trim().is_empty() {
        return Err(refused(Problem::Empty { date: today }));
    }
    Ok(filled)
}

/// Whether a message to oneself may leave now: quiet hours are nobody else's matter, all other
/// limits hold. If not, what it would wait for.
fn may_leave_now(line: &Line, settings: &Settings, chat_id: &str, now: i64) -> Result<(), String> {
    if let Some(words) = rules::sender_obstacle(line) {
        return Err(words);
    }
    let settings = Settings {
        quiet_from_h: 0,
        quiet_to_h: 0,
        ..*settings
    };
    let message = pace::Outgoing {
        due_ms: now,
        to: To::Known,
        chat: Arc::from(chat_id),
        zone: TimeZone::UTC,
    };
    let account = rules::account(line, now);
    match pace::next_send_at(&account, &settings, &message, now, line.sender.send_jitter) {
        Departure::Never(wait) => Err(wait.to_string()),
        Departure::At { at_ms, .. } if at_ms <= now => Ok(()),
        Departure::At { at_ms, waits_for } => {
            let seconds = (at_ms - now + 999) / 1000;
            let words = waits_for.unwrap_or(Wait::Gap).to_string();
            Err(format!("{words}; it ends in {seconds} s"))
        }
    }
}
