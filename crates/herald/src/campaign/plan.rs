//! From what a user asked for to the messages that will be sent: every occurrence for every
//! recipient, with its text. The store is given the plan, the preview shows it: they cannot differ.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use jiff::{
    Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};

use super::{
    draft::{self, Draft, FieldError, MAX_MESSAGES, MAX_TEXTS, Problem, Recipient, Target},
    recurrence::{self, Occurrence, Shift},
    template::{self, Template, Variables},
    warnings,
    writer::Writer,
};
use crate::scheduler::{
    limits::Settings,
    pace::{self, Account, Outgoing, To},
};

/// What a plan depends on besides the draft.
#[derive(Debug, Clone, Copy)]
pub struct PlanContext<'a> {
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
    /// What the account has sent of late.
    pub account: &'a Account,
    /// The limits in force.
    pub settings: &'a Settings,
    /// Ids of the people whom the account has written to, or heard from; all others are new.
    pub known: &'a HashSet<String>,
    /// The campaign as it stands, if this edits one; a new campaign has none.
    pub edit: Option<&'a Edit>,
}

impl PlanContext<'_> {
    /// Who a recipient is to the limits.
    pub fn audience(&self, recipient: &Recipient) -> To {
        if recipient.is_group() {
            To::Group
        } else if self.known.contains(&recipient.chat_id) {
            To::Known
        } else {
            To::New
        }
    }
}

/// What the messages of a campaign have come to that is edited. Only what has not gone out is
/// planned anew, and a start in the past is right.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edit {
    /// By the occurrence's date, the chats whose message is settled or on its way: `sending`,
    /// `sent`, `failed`, `unknown`, `skipped`. These are not planned again.
    pub settled: HashMap<Date, HashSet<String>>,
    /// By the occurrence's date, the chats whose message is still `scheduled`. Of what is due
    /// already, only these are planned: nothing is made up for the past.
    pub waiting: HashMap<Date, HashSet<String>>,
}

/// A campaign as it will be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The first day.
    pub start: Date,
    /// The last day.
    pub end: Date,
    /// The start date at the wall time, in milliseconds since 1970: the row's `startDate` and
    /// `sendTimeUtc`.
    pub starts_at_ms: i64,
    /// The end date at the wall time: the row's `endDate`.
    pub ends_at_ms: i64,
    /// How long a message may be held up.
    pub late_minutes: i64,
    /// By time. Each has a message for every recipient, save what an [`Edit`] left out.
    pub occurrences: Vec<Occurrence>,
    /// In the order given, each once.
    pub recipients: Vec<Recipient>,
    /// By occurrence, then by recipient.
    pub messages: Vec<PlannedMessage>,
    /// Ids of the recipients whom the account has never written to, nor heard from.
    pub new_people: HashSet<String>,
    /// What the user should know, in sentences.
    pub warnings: Vec<String>,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedMessage {
    /// Its place in [`Plan::occurrences`].
    pub occurrence: usize,
    /// Its place in [`Plan::recipients`].
    pub recipient: usize,
    /// When it is due: the occurrence's time.
    pub scheduled_at_ms: i64,
    /// When pauses, caps and quiet hours let it leave, if the account sends nothing else: lateness
    /// is counted from it. `None` if they never do.
    pub leaves_at_ms: Option<i64>,
    /// Its text; shared where it is the same for everybody.
    pub text: Arc<str>,
}

/// What `previewCampaign` answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// By time.
    pub occurrences: Vec<PreviewOccurrence>,
    /// How many messages the campaign has.
    pub messages: usize,
    /// When the last of them leaves, in milliseconds since 1970; `None` if some never do.
    pub finishes_at_ms: Option<i64>,
    /// As in the plan.
    pub warnings: Vec<String>,
}

/// An occurrence as the preview shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewOccurrence {
    /// When it is due, in milliseconds since 1970.
    pub scheduled_at_ms: i64,
    /// What the clock on the wall shows then: `2026-03-08 03:30`.
    pub local: String,
    /// How far that clock is from UTC: `-05:00`.
    pub offset: String,
    /// Whether a change of the clock met it.
    pub shift: Option<Shift>,
    /// The text that its first recipient gets.
    pub content: Arc<str>,
}

impl Plan {
    /// The plan as a user sees it.
    pub fn preview(&self) -> Preview {
        let mut first_texts: Vec<Option<&Arc<str>>> = vec![None; self.occurrences.len()];
        for message in &self.messages {
            first_texts[message.occurrence].get_or_insert(&message.text);
        }
        let occurrences = self.occurrences.iter().zip(first_texts);
        Preview {
            occurrences: occurrences
                .map(|(occurrence, text)| PreviewOccurrence {
                    scheduled_at_ms: occurrence.scheduled_at_ms,
                    local: occurrence.local.clone(),
                    offset: occurrence.offset.clone(),
                    shift: occurrence.shift,
                    content: text.cloned().unwrap_or_default(),
                })
                .collect(),
            messages: self.messages.len(),
            finishes_at_ms: self.finishes_at_ms(),
            warnings: self.warnings.clone(),
        }
    }

    /// When the last message leaves; `None` if some never do.
    pub fn finishes_at_ms(&self) -> Option<i64> {
        let leaves = self.messages.iter().map(|message| message.leaves_at_ms);
        leaves.collect::<Option<Vec<i64>>>()?.into_iter().max()
    }
}

/// The plan of a campaign, or every field that is wrong.
pub fn plan(draft: &Draft, context: &PlanContext<'_>) -> Result<Plan, Vec<FieldError>> {
    let mut errors = draft::with_nul(draft);
    let times = times(draft, context, &mut errors);
    let late_minutes = keep(
        &mut errors,
        "lateMinutes",
        draft::late_minutes(draft.late_minutes),
    );
    let recipients = draft::recipients(&draft.target)
        .map_err(|error| errors.push(error))
        .ok();
    let parts = keep(&mut errors, "messageTemplate", parts(draft));
    if let (Some(times), Some(parts)) = (&times, &parts) {
        let checked = sequence_count(draft, parts.len(), times.occurrences.len());
        keep(&mut errors, "messageTemplate", checked);
    }
    let (Some(times), Some(late_minutes), Some((recipients, repeated)), Some(parts), true) =
        (times, late_minutes, recipients, parts, errors.is_empty())
    else {
        return Err(errors);
    };

    let (occurrences, mut messages) =
        messages(draft, context, &times, &parts, &recipients).map_err(|error| vec![error])?;
    let leaves_at = departures(context, &times.zone, &recipients, &messages);
    for (message, leaves_at_ms) in messages.iter_mut().zip(leaves_at) {
        message.leaves_at_ms = leaves_at_ms;
    }
    let new_people = recipients
        .iter()
        .filter(|recipient| context.audience(recipient) == To::New);
    let mut plan = Plan {
        start: times.start,
        end: times.end,
        new_people: new_people
            .map(|recipient| recipient.chat_id.clone())
            .collect(),
        starts_at_ms: times.starts_at_ms,
        ends_at_ms: times.ends_at_ms,
        late_minutes,
        occurrences,
        recipients,
        messages,
        warnings: Vec::new(),
    };
    plan.warnings = warnings::warnings(&warnings::Facts {
        draft,
        context,
        zone: &times.zone,
        time: times.time,
        parts: &parts,
        repeated,
        plan: &plan,
    });
    Ok(plan)
}

/// A value, or its error noted.
fn keep<T>(
    errors: &mut Vec<FieldError>,
    field: &'static str,
    result: Result<T, Problem>,
) -> Option<T> {
    result
        .map_err(|problem| errors.push(problem.of(field)))
        .ok()
}

struct Times {
    start: Date,
    end: Date,
    time: Time,
    zone: TimeZone,
    starts_at_ms: i64,
    ends_at_ms: i64,
    /// All of them, also those that an edit leaves out.
    occurrences: Vec<Occurrence>,
}

fn times(draft: &Draft, context: &PlanContext<'_>, errors: &mut Vec<FieldError>) -> Option<Times> {
    let named = keep(errors, "timeZone", draft::time_zone(&draft.time_zone));
    // An unknown zone hides no bad date.
    let zone = named.clone().unwrap_or(TimeZone::UTC);
    let time = keep(errors, "messageTime", draft::time(&draft.message_time));
    let start = keep(errors, "startDate", draft::date(&draft.start_date, &zone));
    let end = keep(errors, "endDate", draft::date(&draft.end_date, &zone));
    let now = Timestamp::from_millisecond(context.now_ms)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_zoned(zone);

    let (start, end) = (start?, end?);
    let today = now.date();
    let is_new = context.edit.is_none();
    if is_new && start < today {
        // What day it is in an unknown zone, nobody knows.
        if named.is_some() {
            let problem = Problem::DatePassed {
                start,
                today,
                zone: draft.time_zone.clone(),
            };
            errors.push(problem.of("startDate"));
        }
        if end < start {
            errors.push(Problem::EndBeforeStart.of("endDate"));
        }
        return None;
    }
    keep(errors, "endDate", draft::range(start, end, today))?;

    let (zone, time) = (named?, time?);
    let dates = draft.effective_recurrence().dates(start, end);
    let occurrences = recurrence::occurrences(dates, time, &zone);
    let instant = |date| recurrence::instant(date, time, &zone);
    let (Some(first), Some(starts_at_ms), Some(ends_at_ms)) =
        (occurrences.first(), instant(start), instant(end))
    else {
        errors.push(Problem::NothingToSend.of("endDate"));
        return None;
    };
    if is_new && is_past(first, context.now_ms) {
        let problem = Problem::TimePassed {
            local: first.local.clone(),
            now: now.strftime("%H:%M").to_string(),
            zone: draft.time_zone.clone(),
        };
        errors.push(problem.of("messageTime"));
    }
    Some(Times {
        start,
        end,
        time,
        zone,
        starts_at_ms,
        ends_at_ms,
        occurrences,
    })
}

/// The running minute has not passed: times are typed by the minute.
fn is_past(occurrence: &Occurrence, now_ms: i64) -> bool {
    occurrence.scheduled_at_ms.saturating_add(60 * 1000) <= now_ms
}

/// The texts: one for all occurrences, or the parts of a sequence.
fn parts(draft: &Draft) -> Result<Vec<Template<'_>>, Problem> {
    let variables = match draft.target {
        Target::One(_) => Variables::DaysLeft,
        Target::Many(_) => Variables::All,
    };
    // The whole text is read first, so that every unknown variable in it is told at once.
    let whole =
        Template::parse(&draft.message_template, variables).map_err(Problem::UnknownVariables)?;
    if !draft.is_sequence() {
        return Ok(vec![whole]);
    }
    template::split_sequence(&draft.message_template)
        .into_iter()
        .map(|part| Template::parse(part, variables).map_err(Problem::UnknownVariables))
        .collect()
}

fn sequence_count(draft: &Draft, parts: usize, needed: usize) -> Result<(), Problem> {
    if draft.is_sequence() && parts != needed {
        return Err(Problem::SequenceCount {
            parts,
            needed,
            recurrence: draft.effective_recurrence(),
        });
    }
    Ok(())
}

/// Every occurrence for every recipient that it is meant for, and the occurrences that have some.
fn messages(
    draft: &Draft,
    context: &PlanContext<'_>,
    times: &Times,
    parts: &[Template<'_>],
    recipients: &[Recipient],
) -> Result<(Vec<Occurrence>, Vec<PlannedMessage>), FieldError> {
    let planned = times.occurrences.len().saturating_mul(recipients.len());
    if planned > MAX_MESSAGES {
        let problem = Problem::TooManyMessages {
            occurrences: times.occurrences.len(),
            recipients: recipients.len(),
        };
        return Err(problem.of("recipients"));
    }
    let mut occurrences = Vec::new();
    let mut messages = Vec::new();
    let mut room = MAX_TEXTS;
    for (n, occurrence) in times.occurrences.iter().enumerate() {
        let Some(part) = parts.get(n).or_else(|| parts.first()) else {
            continue;
        };
        let mut writer = Writer::new(draft, (times.start, times.end), occurrence.date, part);
        for (recipient, who) in recipients.iter().enumerate() {
            if !is_wanted(context, occurrence, who) {
                continue;
            }
            let text = writer
                .text(who)
                .map_err(|problem| problem.of("messageTemplate"))?;
            room = room
                .checked_sub(text.len())
                .ok_or(Problem::TooMuchText.of("messageTemplate"))?;
            messages.push(PlannedMessage {
                occurrence: occurrences.len(),
                recipient,
                scheduled_at_ms: occurrence.scheduled_at_ms,
                leaves_at_ms: None,
                text,
            });
        }
        if messages
            .last()
            .is_some_and(|last| last.occurrence == occurrences.len())
        {
            occurrences.push(occurrence.clone());
        }
    }
    if messages.is_empty() {
        return Err(Problem::NothingToSend.of("endDate"));
    }
    Ok((occurrences, messages))
}

fn is_wanted(context: &PlanContext<'_>, occurrence: &Occurrence, who: &Recipient) -> bool {
    let Some(edit) = context.edit else {
        return true;
    };
    let is_in = |chats: &HashMap<Date, HashSet<String>>| {
        chats
            .get(&occurrence.date)
            .is_some_and(|chats| chats.contains(&who.chat_id))
    };
    if is_past(occurrence, context.now_ms) {
        is_in(&edit.waiting)
    } else {
        !is_in(&edit.settled)
    }
}

/// When each message would leave.
fn departures(
    context: &PlanContext<'_>,
    zone: &TimeZone,
    recipients: &[Recipient],
    messages: &[PlannedMessage],
) -> Vec<Option<i64>> {
    let chats: Vec<Arc<str>> = recipients
        .iter()
        .map(|recipient| recipient.chat_id.as_str().into())
        .collect();
    let queue: Vec<Outgoing> = messages
        .iter()
        .map(|message| Outgoing {
            due_ms: message.scheduled_at_ms,
            to: context.audience(&recipients[message.recipient]),
            chat: Arc::clone(&chats[message.recipient]),
            zone: zone.clone(),
        })
        .collect();
    // Half of the random part: what the pauses come to on average.
    pace::departures(
        context.account,
        context.settings,
        &queue,
        context.now_ms,
        0.5,
    )
}

#[cfg(test)]
mod tests;
