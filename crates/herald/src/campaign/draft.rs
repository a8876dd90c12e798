//! What a user asks for, and every way in which it can be wrong: one function a field.

use std::collections::HashSet;

use jiff::{
    Span, Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};

use super::{
    recurrence::Recurrence,
    template::{MAX_TEXT, UnknownVariables, Variable},
};

/// A campaign has at most this many messages, occurrences times recipients.
pub const MAX_MESSAGES: usize = 50_000;

/// The texts of a campaign have together at most this many bytes (64 MiB).
pub const MAX_TEXTS: usize = 64 << 20;

/// No campaign reaches further than this many years, from today or from its start if that is
/// earlier: eleven yearly occurrences, or 3,653 daily ones (the original took 200 years and 73,048
/// messages, its fault S12).
pub const MAX_YEARS: i16 = 10;

/// How long a message may be held up beyond its planned time when a campaign does not say, in
/// minutes.
pub const DEFAULT_LATE_MINUTES: i64 = 60;

/// The longest that a campaign may say: a week, in minutes.
pub const MAX_LATE_MINUTES: i64 = 7 * 24 * 60;

/// The input of `createCampaign`, `updateCampaign` and `previewCampaign`, as the client sent it,
/// with the contract's defaults filled in (`docs/wire/original-system.md`, section 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Stands in the header, if not blank.
    pub title: Option<String>,
    /// Stands in the header, if not blank; any text.
    pub target_amount: Option<String>,
    /// The first day: `2026-03-08`, or an instant, which counts as its date in the zone.
    pub start_date: String,
    /// The last day, in the same form.
    pub end_date: String,
    /// The wall time in the zone: `9:05` or `09:05`.
    pub message_time: String,
    /// An IANA name. Default `America/Chicago`.
    pub time_zone: String,
    /// The text.
    pub message_template: String,
    /// Without the header. Default false.
    pub is_free_form: bool,
    /// Whether `recurrence` counts; if not, there is a message a day.
    pub is_recurring: bool,
    /// Default `DAILY`.
    pub recurrence: Recurrence,
    /// Whether asterisks part the text into a sequence. `None` is the original's rule: if the
    /// campaign recurs.
    pub sequence: Option<bool>,
    /// How long a message may be held up. `None` is [`DEFAULT_LATE_MINUTES`].
    pub late_minutes: Option<i64>,
    /// Who it goes to.
    pub target: Target,
}

impl Draft {
    /// How often it sends.
    pub const fn effective_recurrence(&self) -> Recurrence {
        if self.is_recurring {
            self.recurrence
        } else {
            Recurrence::Daily
        }
    }

    /// Whether asterisks part its text: only where there are any.
    pub fn is_sequence(&self) -> bool {
        self.sequence.unwrap_or(self.is_recurring) && self.message_template.contains('*')
    }
}

/// Who a campaign goes to, by the input's two ways of saying it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `groupId` and `groupName`: one chat, and a text in which `{days_left}` is the one variable.
    One(Recipient),
    /// `recipients`: groups and people, and a text with every variable.
    Many(Vec<Recipient>),
}

/// Somebody, or a group, that a message goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// WhatsApp's id: `…@g.us` a group, `…@c.us` or `…@lid` a person.
    pub chat_id: String,
    /// The name that stands in texts; `None` if unknown.
    pub name: Option<String>,
}

impl Recipient {
    /// Whether it is a group.
    pub fn is_group(&self) -> bool {
        self.chat_id.ends_with("@g.us")
    }

    /// The name without blanks around it; `None` if nothing is left.
    pub fn name(&self) -> Option<&str> {
        let name = self.name.as_deref()?.trim();
        (!name.is_empty()).then_some(name)
    }
}

/// What is wrong with one field of the input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct FieldError {
    /// The input's field: `title`, `targetAmount`, `startDate`, `endDate`, `messageTime`,
    /// `timeZone`, `messageTemplate`, `recipients`, `groupId`, `groupName`, `lateMinutes`.
    pub field: &'static str,
    /// What is wrong and what to do.
    pub problem: Problem,
}

/// What can be wrong. The four texts without a field's name are the contract's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// `messageTime` is not of the form h:mm.
    #[error("Invalid time format")]
    TimeFormat,
    /// `messageTime` is no time of the day.
    #[error("Invalid time values")]
    TimeValues,
    /// A date is none, or the zone is unknown.
    #[error("Invalid date format")]
    DateFormat,
    /// The end lies before the start.
    #[error("End date must be after start date")]
    EndBeforeStart,
    /// The start lies before today.
    #[error("startDate {start} has passed: in {zone} it is {today}. Choose today or a later day.")]
    DatePassed {
        /// The date that was asked for.
        start: Date,
        /// Today in the zone.
        today: Date,
        /// The zone.
        zone: String,
    },
    /// The start is today, but the time of the first message has gone by.
    #[error(
        "messageTime {local} has passed: in {zone} it is {now}. Choose a later time, or a later startDate."
    )]
    TimePassed {
        /// When the first message was due, local.
        local: String,
        /// What the clock there shows.
        now: String,
        /// The zone.
        zone: String,
    },
    /// The end lies too far ahead.
    #[error(
        "endDate is too far ahead: a campaign reaches at most {MAX_YEARS} years. Choose {limit} or an earlier day."
    )]
    TooFar {
        /// The last day that is taken.
        limit: Date,
    },
    /// No day of the range exists in the zone, or none is left to send on.
    #[error("endDate leaves no day to send on. Choose a later endDate.")]
    NothingToSend,
    /// There is nobody to send to.
    #[error("recipients is empty. Choose at least one group or person.")]
    NoRecipients,
    /// An id that is none of WhatsApp's.
    #[error(
        "{field}{} is no WhatsApp chat id. A group's ends in @g.us, a person's in @c.us or @lid.",
        entry.map(|entry| format!(", entry {entry}")).unwrap_or_default()
    )]
    ChatId {
        /// `recipients` or `groupId`.
        field: &'static str,
        /// Which of the recipients, counted from 1.
        entry: Option<usize>,
    },
    /// Occurrences times recipients is too many.
    #[error(
        "recipients: {occurrences} occurrences for {recipients} recipients are {} messages, and a campaign has at most \
         {MAX_MESSAGES}. Choose fewer recipients or a shorter range.",
        occurrences.saturating_mul(*recipients)
    )]
    TooManyMessages {
        /// How many occurrences.
        occurrences: usize,
        /// How many recipients.
        recipients: usize,
    },
    /// The template names variables that there are not.
    #[error(
        "messageTemplate: there is no variable {}. There are {}; with a fallback, {{first_name|friend}}.",
        braced(&.0.0),
        braced(&Variable::ALL.map(|variable| variable.as_str().to_owned()))
    )]
    UnknownVariables(UnknownVariables),
    /// A sequence has not one part an occurrence.
    #[error(
        "messageTemplate: asterisks part this text into {parts}, and the campaign sends {needed} times ({}). Write exactly {needed} \
         parts, or remove the asterisks to send one text each time, or set sequence to false to keep them as bold marks.",
        recurrence.words()
    )]
    SequenceCount {
        /// How many parts it has.
        parts: usize,
        /// How many occurrences the planner counts.
        needed: usize,
        /// How often it sends.
        recurrence: Recurrence,
    },
    /// A message would say nothing.
    #[error(
        "messageTemplate: the message of {date} would be empty. Write a text, or give its variables a fallback, {{name|friend}}."
    )]
    Empty {
        /// The occurrence.
        date: Date,
    },
    /// A message would be longer than WhatsApp takes.
    #[error(
        "messageTemplate: the message of {date} would be longer than the {MAX_TEXT} characters that WhatsApp takes. Shorten the text."
    )]
    TooLong {
        /// The occurrence.
        date: Date,
    },
    /// All texts together are more than [`MAX_TEXTS`].
    #[error(
        "messageTemplate: the texts of all messages come to more than {} MiB. Shorten the text or choose fewer recipients.",
        MAX_TEXTS >> 20
    )]
    TooMuchText,
    /// A text has a character that databases refuse and WhatsApp does not show.
    #[error("{field} has a NUL character in it. Remove it.")]
    Nul {
        /// The input's field.
        field: &'static str,
    },
    /// `lateMinutes` is out of its bounds.
    #[error(
        "lateMinutes is 0 to {MAX_LATE_MINUTES} minutes; left out, it is {DEFAULT_LATE_MINUTES}."
    )]
    LateMinutes,
}

fn braced(names: &[String]) -> String {
    let braced: Vec<String> = names.iter().map(|name| format!("{{{name}}}")).collect();
    braced.join(" ")
}

impl Problem {
    /// The error of a field.
    pub const fn of(self, field: &'static str) -> FieldError {
        FieldError {
            field,
            problem: self,
        }
    }
}

/// `messageTime`: one or two digits, a colon, two digits.
pub fn time(text: &str) -> Result<Time, Problem> {
    let (hour, minute) = text.split_once(':').ok_or(Problem::TimeFormat)?;
    let is_number = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
    let right = (1..=2).contains(&hour.len()) && minute.len() == 2;
    if !right || !is_number(hour) || !is_number(minute) {
        return Err(Problem::TimeFormat);
    }
    match (hour.parse(), minute.parse()) {
        (Ok(hour), Ok(minute)) => Time::new(hour, minute, 0, 0).map_err(|_| Problem::TimeValues),
        _ => Err(Problem::TimeFormat),
    }
}

/// `timeZone`: an IANA name. The contract's text for an unknown one is that of a bad date.
pub fn time_zone(name: &str) -> Result<TimeZone, Problem> {
    TimeZone::get(name)
        .ok()
        .filter(|zone| !zone.is_unknown())
        .ok_or(Problem::DateFormat)
}

/// `startDate`, `endDate`: an ISO date; an instant (`2026-03-08T05:00:00.000Z`) is its date in the
/// zone, as in the original.
pub fn date(text: &str, zone: &TimeZone) -> Result<Date, Problem> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant.to_zoned(zone.clone()).date());
    }
    text.parse::<Date>().map_err(|_| Problem::DateFormat)
}

/// That a range is one, and does not reach too far beyond `today`; nor beyond its own start, which
/// an edited campaign has behind it.
pub fn range(start: Date, end: Date, today: Date) -> Result<(), Problem> {
    if end < start {
        return Err(Problem::EndBeforeStart);
    }
    let limit = start
        .min(today)
        .saturating_add(Span::new().years(MAX_YEARS));
    if end > limit {
        return Err(Problem::TooFar { limit });
    }
    Ok(())
}

/// `lateMinutes`, with its default.
pub fn late_minutes(minutes: Option<i64>) -> Result<i64, Problem> {
    let minutes = minutes.unwrap_or(DEFAULT_LATE_MINUTES);
    if (0..=MAX_LATE_MINUTES).contains(&minutes) {
        Ok(minutes)
    } else {
        Err(Problem::LateMinutes)
    }
}

/// The fields of free text with a NUL character in them.
pub fn with_nul(draft: &Draft) -> Vec<FieldError> {
    let has_nul = |text: &Option<String>| text.as_ref().is_some_and(|text| text.contains('\0'));
    let (name, in_names) = match &draft.target {
        Target::One(recipient) => ("groupName", has_nul(&recipient.name)),
        Target::Many(recipients) => (
            "recipients",
            recipients.iter().any(|one| has_nul(&one.name)),
        ),
    };
    [
        ("title", has_nul(&draft.title)),
        ("targetAmount", has_nul(&draft.target_amount)),
        ("messageTemplate", draft.message_template.contains('\0')),
        (name, in_names),
    ]
    .into_iter()
    .filter(|(_, has_nul)| *has_nul)
    .map(|(field, _)| Problem::Nul { field }.of(field))
    .collect()
}

/// Who it goes to, each once and in the order given, and how many repetitions were dropped.
pub fn recipients(target: &Target) -> Result<(Vec<Recipient>, usize), FieldError> {
    let (field, listed) = match target {
        Target::One(recipient) => ("groupId", std::slice::from_ref(recipient)),
        Target::Many(recipients) => ("recipients", recipients.as_slice()),
    };
    if listed.is_empty() {
        return Err(Problem::NoRecipients.of(field));
    }
    let wrong = listed.iter().position(|one| !is_chat_id(&one.chat_id));
    if let Some(index) = wrong {
        let entry = matches!(target, Target::Many(_)).then_some(index + 1);
        return Err(Problem::ChatId { field, entry }.of(field));
    }
    let mut seen = HashSet::new();
    let once: Vec<Recipient> = listed
        .iter()
        .filter(|one| seen.insert(one.chat_id.as_str()))
        .cloned()
        .collect();
    let repeated = listed.len() - once.len();
    Ok((once, repeated))
}

fn is_chat_id(id: &str) -> bool {
    let Some((user, server)) = id.split_once('@') else {
        return false;
    };
    // Old groups are called after who made them and when: `4915112345678-1400000000@g.us`.
    let allowed = |b: u8| b.is_ascii_digit() || (b == b'-' && server == "g.us");
    matches!(server, "g.us" | "c.us" | "lid")
        && (1..=64).contains(&user.len())
        && user.bytes().all(allowed)
}

#[cfg(test)]
mod tests;
