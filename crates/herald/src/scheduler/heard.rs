//! What engines tell of messages: receipts, and what people write.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use whatsapp_gateway::{Ack, Changed, Event};

use super::{Scheduler, dispatch::tripped, limits::Settings, opt_out, retry};
use crate::store::{Outcome, Receipt, Settled, StoreError};

/// How many early receipts are kept.
const EARLY_AT_MOST: usize = 4096;

/// Receipts of messages that nobody knows: where the engine chooses the ids, a receipt may be faster
/// than the answer that says whose it is. Others are of messages that were not sent from here.
#[derive(Default)]
pub(super) struct Early(Mutex<VecDeque<EarlyReceipt>>);

struct EarlyReceipt {
    session_id: String,
    engine_id: String,
    receipt: Receipt,
}

impl Early {
    fn keep(&self, receipt: EarlyReceipt) {
        let mut kept = self.kept();
        if kept.len() >= EARLY_AT_MOST {
            kept.pop_front();
        }
        kept.push_back(receipt);
    }

    /// Those of a message, in the order in which they came.
    fn take(&self, session_id: &str, engine_id: &str) -> Vec<Receipt> {
        let mut its = Vec::new();
        self.kept().retain(|early| {
            let is_its = early.session_id == session_id && early.engine_id == engine_id;
            if is_its {
                its.push(early.receipt);
            }
            !is_its
        });
        its
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<EarlyReceipt>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Scheduler {
    /// Takes what the engine tells of messages: receipts, and what people write.
    pub async fn heard(&self, event: &Event) -> Result<(), StoreError> {
        let (store, now) = (&self.0.store, self.0.clock.now_ms());
        let found = store
            .whatsapp_session_on_engine_all(event.session.as_str())
            .await?;
        let Some(session) = found else {
            return Ok(());
        };
        match &event.changed {
            Changed::Receipt { id, ack } => {
                let receipt = match ack {
                    Ack::Failed => Receipt::Failed,
                    Ack::Server => Receipt::Server,
                    Ack::Delivered => Receipt::Delivered,
                    Ack::Read => Receipt::Read,
                };
                // Only a refusal is measured by them.
                let settings = match ack {
                    Ack::Failed => self.settings().await?,
                    _ => Settings::default(),
                };
                let breaker = |sent: &[bool]| tripped(&settings, sent);
                let heed = || store.message_receipt(&session.id, id, receipt, &breaker, now);
                let mut is_ours = heed().await?;
                if !is_ours {
                    self.0.early.keep(EarlyReceipt {
                        session_id: session.id.clone(),
                        engine_id: id.clone(),
                        receipt,
                    });
                    // The answer may have been written down between the look and that.
                    is_ours = heed().await?;
                }
                if is_ours {
                    self.0.changes.tell(&session.user_id);
                }
            }
            Changed::Message { from, text } => {
                let chat_id = if from.as_str().ends_with("@lid") {
                    let known = store.chat_by_lid(&session.id, from.as_str()).await?;
                    known.unwrap_or_else(|| from.as_str().to_owned())
                } else {
                    from.as_str().to_owned()
                };
                store.known_chats_add(&session.id, &[&chat_id], now).await?;
                if let Some(word) = opt_out::asked_for_no_more(text) {
                    let settings = self.settings().await?;
                    let breaker = |asked: usize, people: usize| {
                        retry::opt_out_breaker(&settings, asked, people)
                            .map(|trip| trip.to_string())
                    };
                    store
                        .opt_out_add(&session.user_id, &session.id, &chat_id, word, &breaker, now)
                        .await?;
                    self.0.changes.tell(&session.user_id);
                }
            }
            Changed::Status | Changed::Groups | Changed::Contacts => {}
        }
        Ok(())
    }

    /// Heeds the receipts that were faster than these answers, which say whose they are.
    pub(super) async fn take_early(&self, outcomes: &[Settled], settings: &Settings, now: i64) {
        let breaker = |sent: &[bool]| tripped(settings, sent);
        for settled in outcomes {
            let Outcome::Sent {
                engine_id: Some(id),
            } = &settled.outcome
            else {
                continue;
            };
            for receipt in self.0.early.take(&settled.session_id, id) {
                let store = &self.0.store;
                let heeded = store
                    .message_receipt(&settled.session_id, id, receipt, &breaker, now)
                    .await;
                if let Err(error) = heeded {
                    tracing::warn!(%error, "a receipt could not be written down");
                }
            }
        }
    }
}
