//! Campaigns with what became of them, and what they wait for.

use std::collections::HashMap;

use super::{Campaigns, Result};
use crate::{
    scheduler::{
        limits::Settings,
        pace::Wait,
        rules::{Ruling, Waits},
    },
    store::{Books, Campaign, KillSwitch, Line, Listed, StoreError},
};

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

impl Campaigns {
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

    fn ruling<'a>(&self, settings: &'a Settings) -> Ruling<'a> {
        Ruling {
            settings,
            repeats: self.scheduler.repeats(),
            now_ms: self.clock.now_ms(),
            jitter: 0.5,
        }
    }
}
