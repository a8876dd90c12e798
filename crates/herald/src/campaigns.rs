//! Users' campaigns: planned, previewed, made, changed and tried out.
//!
//! What a user asked for goes through the planner ([`mod@crate::campaign`]) and into the database; what
//! is sent when is the scheduler's.

mod edit;
mod seen;
mod try_out;

use std::{collections::HashSet, sync::Arc};

use crate::{
    campaign::{self, Draft, FieldError, Plan, PlanContext, Preview, Recipient, Target},
    changes::Changes,
    clock::Clock,
    random::Random,
    scheduler::{Scheduler, limits::Settings, pace::To, rules},
    store::{
        Asked, Campaign, CampaignKey, CampaignRecipient, Changed, Line, NewCampaign, NewMessage,
        Store, StoreError, WhatsAppSession,
    },
};

pub use edit::CampaignChanges;
pub use seen::Seen;

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

    /// The user's campaign.
    pub async fn by_id(&self, user_id: &str, id: &str) -> Result<Campaign> {
        self.store
            .campaign_by_id(user_id, id)
            .await?
            .ok_or(CampaignError::NotFound)
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
