//! Making sessions, starting and ending them (section 4.2).

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::{
    Waha,
    answer::Answer,
    events::WANTED,
    seen::{Seen, with_store},
    webhook::Webhook,
};
use crate::{GatewayError, Result, SessionName, State};

/// How often a session is looked at anew when it moved between the look and the act.
const LOOKS: usize = 4;

impl Waha {
    /// Between a look and the act on it, another caller or the engine may have moved the session.
    /// WAHA then refuses with 404 or 422, and another look tells what is left to do.
    pub(super) async fn make_run(&self, session: &SessionName) -> Result<()> {
        let mut refused = None;
        for _ in 0..LOOKS {
            let answer = match self.look(session).await? {
                None => self.configure(session, None).await?,
                Some(seen) => match seen.state {
                    State::Stopped => self.start_stopped(session, &seen).await?,
                    State::Failed => self.revive(session, &seen).await?,
                    _ => return Ok(()),
                },
            };
            if !answer.is_unknown() && !answer.is_unprocessable() {
                return answer.accepted();
            }
            refused = answer.accepted().err();
        }
        let refused = refused.map_or_else(String::new, |error| error.to_string());
        Err(GatewayError::Unsupported(format!(
            "WAHA takes no such session (without Plus, before 2026.6.1, it has room for `default` alone): {refused}"
        )))
    }

    /// Restarts what runs and makes what does not exist.
    pub(super) async fn restart_now(&self, session: &SessionName) -> Result<()> {
        // Only a webhook gives a reason to look first.
        let answer = match &self.webhook {
            Some(_) => match self.look(session).await? {
                None => return self.make_run(session).await,
                Some(seen) if seen.state == State::Stopped => {
                    self.start_stopped(session, &seen).await?
                }
                Some(seen) => self.restart_running(session, &seen).await?,
            },
            None => self.act(session, "restart").await?,
        };
        if answer.is_unknown() {
            self.make_run(session).await
        } else {
            answer.accepted()
        }
    }

    /// A session that others made, or free WAHA's own `default`, may lack what we need; one of
    /// ours may be from before Herald was configured anew.
    async fn start_stopped(&self, session: &SessionName, seen: &Seen) -> Result<Answer> {
        if !self.is_configured(seen) {
            self.reconfigure(session, seen).await?;
        }
        self.act(session, "start").await
    }

    /// A restart is the moment to bring a running session's configuration up to date: the change
    /// is a restart itself (section 4.2). For that reason a session that works is left without
    /// our webhook until then: its account would be away for seconds, for what is only good to know.
    async fn restart_running(&self, session: &SessionName, seen: &Seen) -> Result<Answer> {
        if !self.is_configured(seen)
            && let Some(restarted) = self.reconfigure(session, seen).await?
        {
            return Ok(restarted);
        }
        self.act(session, "restart").await
    }

    fn is_configured(&self, seen: &Seen) -> bool {
        let has_webhook = |webhook: &Webhook| webhook.is_in(&seen.config);
        seen.has_store() && self.webhook.as_ref().is_none_or(has_webhook)
    }

    /// `None` where WAHA refuses: the session is then run as it is.
    async fn reconfigure(&self, session: &SessionName, seen: &Seen) -> Result<Option<Answer>> {
        let answer = self.configure(session, Some(&seen.config)).await?;
        match answer.accepted() {
            Ok(()) => Ok(Some(answer)),
            Err(error) => {
                tracing::warn!(%error, "the session keeps its configuration: NOWEB may have no contacts, and no webhook may come");
                Ok(None)
            }
        }
    }

    /// Makes the session, or changes one whose configuration is `old`. Which events there are
    /// depends on the version, and one that is not there makes WAHA refuse the whole: the most
    /// wanted go first.
    async fn configure(&self, session: &SessionName, old: Option<&Value>) -> Result<Answer> {
        let config = with_store(old.unwrap_or(&Value::Null));
        let is_new = old.is_none();
        if let Some(webhook) = &self.webhook {
            for events in WANTED {
                let config = webhook.added_to(&config, events);
                let answer = self.send_config(session, is_new, config).await?;
                if !answer.is_bad_request() {
                    return Ok(answer);
                }
            }
            tracing::warn!("WAHA takes no webhook of ours: what happens is found by looking");
        }
        self.send_config(session, is_new, config).await
    }

    /// `start` is always said: WAHA's documentation and its code disagree on the default.
    async fn send_config(
        &self,
        session: &SessionName,
        is_new: bool,
        config: Value,
    ) -> Result<Answer> {
        let name = session.as_str();
        if is_new {
            let body = json!({ "name": name, "start": true, "config": config });
            self.http.post(&["api", "sessions"], Some(&body)).await
        } else {
            let body = json!({ "name": name, "config": config });
            self.http.put(&["api", "sessions", name], &body).await
        }
    }

    async fn act(&self, session: &SessionName, verb: &str) -> Result<Answer> {
        self.http
            .post(&["api", "sessions", session.as_str(), verb], None)
            .await
    }

    /// A failed session counts as running: `start` does not cure it, a restart does. Where the
    /// phone has unlinked it, it fails again at once, and only logging out, which starts it anew,
    /// brings a code (section 4.2). WEBJS also fails in passing, and heals by itself: it is never
    /// logged out here.
    async fn revive(&self, session: &SessionName, failed: &Seen) -> Result<Answer> {
        let restarted = self.restart_running(session, failed).await?;
        if failed.me.is_empty() || failed.is_webjs {
            return Ok(restarted);
        }
        match self.settle(session).await? {
            Some(seen) if seen.state == State::Failed => self.act(session, "logout").await,
            _ => Ok(restarted),
        }
    }

    /// Starts a stopped session and waits until it is connected or evidently cannot be: unpairing
    /// needs a connection (section 14).
    async fn connect(&self, session: &SessionName) -> Result<()> {
        self.act(session, "start").await?;
        self.settle(session).await?;
        Ok(())
    }

    /// Waits until the session is no longer on its way. Leaves two thirds of the time to what comes
    /// after; then it is `None`.
    async fn settle(&self, session: &SessionName) -> Result<Option<Seen>> {
        let settled = async {
            loop {
                match self.look(session).await? {
                    Some(seen) if seen.state == State::Starting => {
                        sleep(Duration::from_millis(200)).await;
                    }
                    seen => return Ok(seen),
                }
            }
        };
        timeout(self.timeouts.lifecycle / 3, settled)
            .await
            .unwrap_or(Ok(None))
    }

    /// Logs out, then deletes: a logout alone starts the session again (section 4.2). Both may be
    /// repeated, so a logout that failed half-way can be.
    pub(super) async fn unlink(&self, session: &SessionName) -> Result<()> {
        match self.look(session).await? {
            None => return Ok(()),
            Some(Seen {
                state: State::Stopped,
                ..
            }) => self.connect(session).await?,
            Some(_) => {}
        }
        let logout = self.act(session, "logout").await?;
        if !logout.is_unknown()
            && let Err(error) = logout.accepted()
        {
            tracing::warn!(%error, "logout refused; the session is deleted all the same");
        }
        let delete = self
            .http
            .delete(&["api", "sessions", session.as_str()])
            .await?;
        if delete.is_unknown() {
            Ok(())
        } else {
            delete.accepted()
        }
    }
}
