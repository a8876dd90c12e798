//! What a user should know of a plan before it is made, in sentences.

use jiff::{Timestamp, civil::Time, tz::TimeZone};

use super::{
    draft::{Draft, Target},
    plan::{Plan, PlanContext, PlannedMessage},
    recurrence::{Occurrence, Shift},
    template::{Template, Variable, first_name, stray_braces},
};
use crate::scheduler::{
    limits::{HOUR_MS, UNBOUNDED},
    pace,
    retry::duration_words,
};

/// More people than this get a warning (`background/market.md`, section 5c, "Audience size").
const MANY_PEOPLE: usize = 200;

pub(super) struct Facts<'a> {
    pub(super) draft: &'a Draft,
    pub(super) context: &'a PlanContext<'a>,
    pub(super) zone: &'a TimeZone,
    pub(super) time: Time,
    pub(super) parts: &'a [Template<'a>],
    /// How many recipients were listed a second time.
    pub(super) repeated: usize,
    pub(super) plan: &'a Plan,
}

pub(super) fn warnings(facts: &Facts<'_>) -> Vec<String> {
    let mut warnings = Vec::new();
    warnings.extend(shifted(facts, Shift::Gap));
    warnings.extend(shifted(facts, Shift::Overlap));
    warnings.extend(cut_at_asterisks(facts));
    warnings.extend(braces_that_stay(facts));
    warnings.extend(left_empty(facts));
    warnings.extend(repeated(facts));
    warnings.extend(many_people(facts));
    warnings.extend(new_people(facts));
    warnings.extend(quiet_hours(facts));
    warnings.extend(finish(facts));
    warnings
}

fn shifted(facts: &Facts<'_>, shift: Shift) -> Option<String> {
    let met: Vec<&Occurrence> = facts
        .plan
        .occurrences
        .iter()
        .filter(|occurrence| occurrence.shift == Some(shift))
        .collect();
    let first = met.first()?;
    let others = match met.len() - 1 {
        0 => String::new(),
        1 => " The same on one later day.".to_owned(),
        more => format!(" The same on {more} later days."),
    };
    let (date, zone) = (first.date, &facts.draft.time_zone);
    let time = facts.time.strftime("%H:%M");
    Some(match shift {
        Shift::Gap => format!(
            "On {date} the clock in {zone} skips {time}: the message goes out at {}.{others}",
            time_of(&first.local)
        ),
        Shift::Overlap => format!(
            "On {date} the clock in {zone} shows {time} twice: the message goes out at the first.{others}"
        ),
    })
}

fn time_of(local: &str) -> &str {
    local.split_once(' ').map_or(local, |(_, time)| time)
}

fn cut_at_asterisks(facts: &Facts<'_>) -> Option<String> {
    let by_rule = facts.draft.sequence.is_none() && facts.draft.is_sequence();
    by_rule.then(|| {
        format!(
            "The text is cut at its asterisks into {}, one each time, and the asterisks are not sent. To keep them as bold marks, set \
             sequence to false.",
            counted(facts.parts.len(), "part", "parts")
        )
    })
}

fn braces_that_stay(facts: &Facts<'_>) -> Option<String> {
    if matches!(facts.draft.target, Target::One(_)) {
        return None;
    }
    let stray: Vec<String> = stray_braces(&facts.draft.message_template)
        .into_iter()
        .map(|inner| format!("{{{inner}}}"))
        .collect();
    (!stray.is_empty()).then(|| {
        format!(
            "{} is no variable and is sent as it stands.",
            stray.join(" ")
        )
    })
}

fn left_empty(facts: &Facts<'_>) -> Vec<String> {
    let asked: Vec<Variable> = Variable::ALL
        .into_iter()
        .filter(|variable| {
            let mut without_fallback = facts.parts.iter().flat_map(Template::without_fallback);
            without_fallback.any(|asked| asked == *variable)
        })
        .collect();
    let missing = |variable: Variable| {
        let recipients = facts.plan.recipients.iter();
        recipients
            .filter(|recipient| match variable {
                Variable::Name => recipient.name().is_none(),
                Variable::FirstName => {
                    recipient.is_group() || recipient.name().and_then(first_name).is_none()
                }
                Variable::Group => !recipient.is_group() || recipient.name().is_none(),
                Variable::Date | Variable::DaysLeft => false,
            })
            .count()
    };
    asked
        .into_iter()
        .filter_map(|variable| {
            let name = variable.as_str();
            let count = missing(variable);
            (count > 0).then(|| {
                format!(
                    "{{{name}}} is left empty for {}. A fallback fills it: {{{name}|…}}.",
                    counted(count, "recipient", "recipients")
                )
            })
        })
        .collect()
}

fn repeated(facts: &Facts<'_>) -> Option<String> {
    (facts.repeated > 0).then(|| {
        format!(
            "{} of recipients listed before: each gets one message.",
            counted(facts.repeated, "repetition", "repetitions")
        )
    })
}

fn many_people(facts: &Facts<'_>) -> Option<String> {
    let recipients = facts.plan.recipients.iter();
    let people = recipients.filter(|recipient| !recipient.is_group()).count();
    (people > MANY_PEOPLE).then(|| {
        format!(
            "{people} people each get a message of their own. Herald is for messages that people expect: send yourself a test first, \
             and leave out whoever did not ask for it."
        )
    })
}

fn new_people(facts: &Facts<'_>) -> Option<String> {
    let recipients = facts.plan.recipients.iter();
    let new = recipients
        .filter(|recipient| facts.context.audience(recipient) == pace::To::New)
        .count();
    let cap = facts.context.settings.new_people_day;
    (new > 0 && cap < UNBOUNDED).then(|| {
        format!(
            "This account has never written to {new} of the people. At most {cap} such people a day are written to, fewer while the \
             account is newly linked."
        )
    })
}

fn quiet_hours(facts: &Facts<'_>) -> Option<String> {
    let settings = facts.context.settings;
    let is_quiet = |occurrence: &Occurrence| {
        pace::quiet_end(settings, facts.zone, occurrence.scheduled_at_ms).is_some()
    };
    let first = facts.plan.occurrences.iter().find(|one| is_quiet(one))?;
    let (from, to) = settings.quiet()?;
    let groups = facts
        .plan
        .recipients
        .iter()
        .filter(|one| one.is_group())
        .count();
    let people = facts.plan.recipients.len() - groups;
    let fate = match (groups, people) {
        (_, 0) => {
            "To a group it goes out as you set it; what would leave more than a minute later waits until they end."
        }
        (0, _) => "Messages to people wait until they end.",
        _ => {
            "To a group it goes out as you set it; messages to people, and what would leave more than a minute later, wait until they end."
        }
    };
    Some(format!(
        "{} is in quiet hours ({} to {}). {fate}",
        time_of(&first.local),
        from.strftime("%H:%M"),
        to.strftime("%H:%M"),
    ))
}

fn finish(facts: &Facts<'_>) -> Option<String> {
    let messages = &facts.plan.messages;
    let stuck = messages
        .iter()
        .filter(|message| message.leaves_at_ms.is_none())
        .count();
    if stuck > 0 {
        return Some(format!(
            "{} can never leave: one of this server's limits is 0. An admin can raise it.",
            counted(stuck, "message", "messages")
        ));
    }
    let delay = |message: &PlannedMessage| {
        message
            .leaves_at_ms
            .map_or(0, |leaves| leaves - message.scheduled_at_ms)
    };
    let longest_ms = messages.iter().map(delay).max()?;
    let finish = Timestamp::from_millisecond(facts.plan.finishes_at_ms()?).ok()?;
    (longest_ms > HOUR_MS).then(|| {
        format!(
            "With this account's pauses, limits and quiet hours, messages leave up to {} after their time, the last on {}.",
            duration_words(longest_ms),
            finish.to_zoned(facts.zone.clone()).strftime("%Y-%m-%d at %H:%M")
        )
    })
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
