//! Starting and stopping without losing work.
//!
//! The first signal is soft: no new connections, running requests and loops finish. A second
//! signal, or the end of the grace period, is hard: what still runs is dropped.

use std::{future::Future, time::Duration};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long running work may take to finish after the first signal.
const GRACE: Duration = Duration::from_secs(20);

/// Tells the parts of the process when to stop, and waits until they have.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
}

impl Lifecycle {
    /// Cancelled when no new work is to be begun.
    pub fn stopping(&self) -> &CancellationToken {
        &self.soft
    }

    /// Begins to stop, as the first signal does.
    pub fn stop(&self) {
        self.soft.cancel();
    }

    /// Runs a part of the process that ends by itself once [`Self::stopping`] is cancelled. A part
    /// that ends before, or panics, takes the whole process down: half a server helps nobody.
    pub fn spawn(&self, name: &'static str, part: impl Future<Output = ()> + Send + 'static) {
        let lifecycle = self.clone();
        let running = tokio::spawn(part);
        self.tasks.spawn(async move {
            let abort = running.abort_handle();
            tokio::select! {
                ended = running => {
                    if let Err(error) = &ended {
                        tracing::error!(part = name, panicked = error.is_panic(), "a part of the server died");
                    } else if !lifecycle.soft.is_cancelled() {
                        tracing::error!(part = name, "a part of the server ended by itself");
                    }
                    lifecycle.stop();
                }
                () = lifecycle.hard.cancelled() => abort.abort(),
            }
        });
    }

    /// Waits for a signal (or a part's end), then for everything to finish. Returns whether
    /// everything did.
    pub async fn run(self) -> std::io::Result<bool> {
        let (mut terminate, mut interrupt) = (
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
        );
        let mut signalled = async || {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        tokio::select! {
            () = signalled() => tracing::info!("stopping: running requests finish first; signal again to stop at once"),
            () = self.soft.cancelled() => {}
        }
        self.soft.cancel();
        self.tasks.close();
        let finished = tokio::select! {
            () = self.tasks.wait() => true,
            () = signalled() => false,
            () = tokio::time::sleep(GRACE) => false,
        };
        if !finished {
            tracing::warn!("stopped before all work was finished");
            self.hard.cancel();
            self.tasks.wait().await;
        }
        Ok(finished)
    }
}
