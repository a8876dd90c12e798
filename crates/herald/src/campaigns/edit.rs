//! Campaigns that are changed: what has not gone out is planned anew.

use jiff::civil::Date;

use super::{CampaignError, Campaigns, Result, Surroundings, asked, recipients};
use crate::{
    campaign::{self, Draft, Plan, PlanContext, Preview, Recipient, Target},
    scheduler::rules,
    store::{CampaignEdit, Edited},
};

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

impl Campaigns {
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
