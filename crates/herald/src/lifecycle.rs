//! Starting and stopping without losing work.
//!
//! The first signal is soft: no new connections, running requests and loops finish. A second
//! signal, or the end of the grace period, is hard: nothing is waited for any more, and what still
//! runs is dropped with the runtime.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt, stream, stream::BoxStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long running work may take to finish after the first signal. Longer than the slowest call
/// to an engine, which is WAHA's starting or stopping a session: 45 seconds.
const GRACE: Duration = Duration::from_secs(50);

/// The signals that tell the process to stop: SIGTERM and SIGINT.
pub type Signals = BoxStream<'static, ()>;

/// Begins to listen for signals; from then on none of them ends the process by itself.
pub fn signals() -> std::io::Result<Signals> {
    let signals = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let next = |(mut terminate, mut interrupt): (Signal, Signal)| async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        Some(((), (terminate, interrupt)))
    };
    Ok(stream::unfold(signals, next).boxed())
}

/// Tells the parts of the process when to stop, and waits until they have.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    soft: CancellationToken,
    hard: CancellationToken,
    broken: Arc<AtomicBool>,
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

    /// What is waited for at the stop, for work that nobody else waits for: a mutation runs on
    /// after its client has gone.
    pub fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    /// Runs a part of the process that ends by itself once [`Self::stopping`] is cancelled. A part
    /// that ends before, or panics, takes the whole process down: half a server helps nobody, and
    /// whoever watches the process starts it again.
    pub fn spawn(&self, name: &'static str, part: impl Future<Output = ()> + Send + 'static) {
        let lifecycle = self.clone();
        let running = tokio::spawn(part);
        self.tasks.spawn(async move {
            let abort = running.abort_handle();
            tokio::select! {
                ended = running => {
                    if let Err(error) = &ended {
                        tracing::error!(part = name, panicked = error.is_panic(), "a part of the server died");
                        lifecycle.broken.store(true, Ordering::Relaxed);
                    } else if !lifecycle.soft.is_cancelled() {
                        tracing::error!(part = name, "a part of the server ended by itself");
                        lifecycle.broken.store(true, Ordering::Relaxed);
                    }
                    lifecycle.stop();
                }
                () = lifecycle.hard.cancelled() => abort.abort(),
            }
        });
    }

    /// Waits for a signal (or a part's end), then for everything to finish. Returns whether
    /// everything did and no part had broken.
    pub async fn run(self, mut signals: Signals) -> bool {
        tokio::select! {
            _ = signals.next() => tracing::info!("stopping: running requests finish first; signal again to stop at once"),
            () = self.soft.cancelled() => {}
        }
        self.soft.cancel();
        self.tasks.close();
        let finished = tokio::select! {
            () = self.tasks.wait() => true,
            _ = signals.next() => false,
            () = tokio::time::sleep(GRACE) => false,
        };
        if !finished {
            tracing::warn!("stopped before all work was finished");
            self.hard.cancel();
        }
        finished && !self.broken.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::sync::oneshot;

    use super::*;

    async fn until_stopped(lifecycle: Lifecycle) {
        lifecycle.stopping().cancelled().await;
    }

    #[tokio::test]
    async fn a_stop_that_was_asked_for_is_clean() {
        let lifecycle = Lifecycle::default();
        lifecycle.spawn("loop", until_stopped(lifecycle.clone()));
        assert!(
            lifecycle
                .run(stream::once(async {}).chain(stream::pending()).boxed())
                .await
        );

        let lifecycle = Lifecycle::default();
        lifecycle.spawn("loop", until_stopped(lifecycle.clone()));
        lifecycle.stop();
        assert!(lifecycle.run(stream::pending().boxed()).await);
    }

    #[tokio::test]
    async fn a_part_that_dies_or_ends_by_itself_is_no_clean_stop() {
        let lifecycle = Lifecycle::default();
        lifecycle.spawn("loop", until_stopped(lifecycle.clone()));
        lifecycle.spawn("short", async {});
        assert!(!lifecycle.run(stream::pending().boxed()).await);

        let lifecycle = Lifecycle::default();
        lifecycle.spawn("loop", until_stopped(lifecycle.clone()));
        lifecycle.spawn("panics", async { panic!("as it is meant to") });
        assert!(!lifecycle.run(stream::pending().boxed()).await);
    }

    #[tokio::test]
    async fn tracked_work_is_waited_for_until_the_second_signal() {
        let lifecycle = Lifecycle::default();
        let (done, work) = oneshot::channel::<()>();
        lifecycle.tasks().spawn(work);
        let signals = stream::iter([()]).chain(stream::pending()).boxed();
        let mut stop = Box::pin(lifecycle.clone().run(signals));
        assert!(futures_util::poll!(&mut stop).is_pending());
        assert!(lifecycle.stopping().is_cancelled());
        done.send(()).unwrap();
        assert!(stop.await);

        let lifecycle = Lifecycle::default();
        lifecycle.tasks().spawn(pending::<()>());
        lifecycle.spawn("deaf", pending());
        let signals = stream::iter([(), ()]).chain(stream::pending()).boxed();
        assert!(!lifecycle.run(signals).await);
    }
}
