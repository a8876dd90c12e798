//! A whole queue let out by the one rule: what the preview reckons with.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::{Account, Departed, Outgoing, To, next_send_at};
use crate::scheduler::limits::Settings;

/// When each of a queue's messages would leave, in the queue's order, if nothing else is sent from
/// this account; `None` for what never does. `jitter` as in [`next_send_at`], the same throughout:
/// 0.5 for an estimate.
///
/// People, new people and groups do not wait for each other: of the three that are first in their
/// line, the one that may leave first does, as the scheduler does it.
pub fn departures(
    account: &Account,
    settings: &Settings,
    queue: &[Outgoing],
    now_ms: i64,
    jitter: f64,
) -> Vec<Option<i64>> {
    let mut account = account.clone();
    let mut lines = Lines::new(queue);
    let mut leaves_at = vec![None; queue.len()];
    let mut now_ms = now_ms;
    while let Some((index, to, at_ms)) = lines
        .firsts()
        .filter_map(|(index, to)| {
            let message = Outgoing {
                to,
                ..queue[index].clone()
            };
            let departure = next_send_at(&account, settings, &message, now_ms, jitter);
            Some((index, to, departure.at_ms()?))
        })
        .min_by_key(|&(index, _, at_ms)| (at_ms, queue[index].due_ms, index))
    {
        leaves_at[index] = Some(at_ms);
        now_ms = at_ms;
        account.record(Departed {
            at_ms,
            to,
            chat: Arc::clone(&queue[index].chat),
        });
        lines.left(index, to, queue);
    }
    leaves_at
}

/// A queue in three lines, each in order of due time.
struct Lines<'q> {
    known: BTreeSet<(i64, usize)>,
    new: BTreeSet<(i64, usize)>,
    groups: BTreeSet<(i64, usize)>,
    /// What is meant for each new person: after the first message they are known.
    of_new: HashMap<&'q str, Vec<usize>>,
}

impl<'q> Lines<'q> {
    fn new(queue: &'q [Outgoing]) -> Self {
        let mut lines = Self {
            known: BTreeSet::new(),
            new: BTreeSet::new(),
            groups: BTreeSet::new(),
            of_new: HashMap::new(),
        };
        for (index, message) in queue.iter().enumerate() {
            lines.line(message.to).insert((message.due_ms, index));
            if message.to == To::New {
                lines.of_new.entry(&message.chat).or_default().push(index);
            }
        }
        lines
    }

    fn line(&mut self, to: To) -> &mut BTreeSet<(i64, usize)> {
        match to {
            To::Known => &mut self.known,
            To::New => &mut self.new,
            To::Group => &mut self.groups,
        }
    }

    fn firsts(&self) -> impl Iterator<Item = (usize, To)> {
        let lines = [
            (&self.known, To::Known),
            (&self.new, To::New),
            (&self.groups, To::Group),
        ];
        lines
            .into_iter()
            .filter_map(|(line, to)| Some((line.first()?.1, to)))
    }

    fn left(&mut self, index: usize, to: To, queue: &'q [Outgoing]) {
        let message = &queue[index];
        self.line(to).remove(&(message.due_ms, index));
        if to == To::New {
            for later in self.of_new.remove(&*message.chat).unwrap_or_default() {
                let place = (queue[later].due_ms, later);
                if self.new.remove(&place) {
                    self.known.insert(place);
                }
            }
        }
    }
}
