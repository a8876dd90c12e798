//! The text of a message: the header, the parts of a sequence, and the variables in it.
//!
//! A template is read once and filled in once for each message. What is filled in is never read
//! again: a person called `{days_left}` is greeted as `{days_left}`.

use std::fmt;

use jiff::civil::Date;

/// The longest text that WhatsApp sends: 65,536 characters, counted as its clients count them, in
/// UTF-16 units (most emoji are two). The figure is that of the apps and of WhatsApp Web; the
/// official Cloud API's 4,096 does not bind a linked device. Known from reports, not measured.
pub const MAX_TEXT: usize = 65_536;

/// The text has more than [`MAX_TEXT`] characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("longer than the {MAX_TEXT} characters that WhatsApp takes")]
pub struct TooLong;

/// The template names variables that there are not; each once, in the text's order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown: {}", .0.join(", "))]
pub struct UnknownVariables(pub Vec<String>);

/// Which braces are variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variables {
    /// `{days_left}` alone, as in the original; all other braces are text.
    DaysLeft,
    /// Every [`Variable`], with fallbacks (`{first_name|friend}`); an unknown name is an error.
    /// Braces around anything but a name are text.
    All,
}

/// What a template can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Variable {
    /// `{name}`: the name of the person or group that the message goes to.
    Name,
    /// `{first_name}`: the first word of a person's name; a group has none, and neither has who
    /// is known by a number alone.
    FirstName,
    /// `{group}`: the name of the group that the message goes to; a person has none.
    Group,
    /// `{date}`: the occurrence's date, `2026-03-08`.
    Date,
    /// `{days_left}`: whole days from the occurrence's date to the end date, which itself has 0.
    DaysLeft,
}

impl Variable {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Name,
        Self::FirstName,
        Self::Group,
        Self::Date,
        Self::DaysLeft,
    ];

    /// The name between the braces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::FirstName => "first_name",
            Self::Group => "group",
            Self::Date => "date",
            Self::DaysLeft => "days_left",
        }
    }

    /// Whether its value depends on who the message goes to.
    pub const fn is_personal(self) -> bool {
        matches!(self, Self::Name | Self::FirstName | Self::Group)
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }
}

/// What the variables stand for in one message. What is `None` or empty has no value: its fallback
/// is used, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Values<'a> {
    /// For [`Variable::Name`].
    pub name: Option<&'a str>,
    /// For [`Variable::FirstName`].
    pub first_name: Option<&'a str>,
    /// For [`Variable::Group`].
    pub group: Option<&'a str>,
    /// For [`Variable::Date`].
    pub date: &'a str,
    /// For [`Variable::DaysLeft`].
    pub days_left: &'a str,
}

impl<'a> Values<'a> {
    /// The value of a variable, if it has one.
    pub fn get(&self, variable: Variable) -> Option<&'a str> {
        let value = match variable {
            Variable::Name => self.name,
            Variable::FirstName => self.first_name,
            Variable::Group => self.group,
            Variable::Date => Some(self.date),
            Variable::DaysLeft => Some(self.days_left),
        };
        value.filter(|value| !value.is_empty())
    }
}

/// A text with its variables found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template<'t> {
    pieces: Vec<Piece<'t>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'t> {
    Text(&'t str),
    Variable(Variable, Option<&'t str>),
}

impl<'t> Template<'t> {
    /// Finds the variables of a text. A name is a letter or `_`, then letters, digits and `_`; what
    /// follows it after a `|` is its fallback, up to the closing brace and without braces.
    pub fn parse(text: &'t str, variables: Variables) -> Result<Self, UnknownVariables> {
        let mut pieces = Vec::new();
        let mut unknown: Vec<String> = Vec::new();
        let mut rest = text;
        while let Some((before, inner, after)) = next_braces(rest) {
            match read(inner, variables) {
                Read::Variable(variable, fallback) => {
                    push_text(&mut pieces, before);
                    pieces.push(Piece::Variable(variable, fallback));
                }
                Read::Unknown(name) => {
                    let name: String = name.chars().take(LONGEST_NAME_TOLD).collect();
                    if !unknown.contains(&name) && unknown.len() < MOST_NAMES_TOLD {
                        unknown.push(name);
                    }
                }
                Read::Text => push_text(&mut pieces, &rest[..rest.len() - after.len()]),
            }
            rest = after;
        }
        push_text(&mut pieces, rest);
        if unknown.is_empty() {
            Ok(Self { pieces })
        } else {
            Err(UnknownVariables(unknown))
        }
    }

    /// The variables without a fallback, in the text's order.
    pub fn without_fallback(&self) -> impl Iterator<Item = Variable> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable(variable, None) => Some(*variable),
            _ => None,
        })
    }

    /// Whether the text differs from one recipient to the next.
    pub fn is_personal(&self) -> bool {
        self.pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Variable(variable, _) if variable.is_personal()))
    }

    /// The `header`, then the text with its variables filled in. Stops at [`MAX_TEXT`], however
    /// long the values are.
    pub fn fill(&self, header: &str, values: &Values<'_>) -> Result<String, TooLong> {
        let mut text = Bounded::default();
        text.push(header)?;
        for piece in &self.pieces {
            text.push(match piece {
                Piece::Text(text) => text,
                Piece::Variable(variable, fallback) => {
                    values.get(*variable).or(*fallback).unwrap_or_default()
                }
            })?;
        }
        Ok(text.text)
    }
}

/// How much of a user's text an error repeats.
const LONGEST_NAME_TOLD: usize = 40;
const MOST_NAMES_TOLD: usize = 10;

fn push_text<'t>(pieces: &mut Vec<Piece<'t>>, text: &'t str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
}

/// The text before the next pair of braces that holds no other brace, what is in it, and the rest.
fn next_braces(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let open = from + text[from..].find('{')?;
        let inside = open + 1;
        let end = inside + text[inside..].find(['{', '}'])?;
        if text[end..].starts_with('}') {
            return Some((&text[..open], &text[inside..end], &text[end + 1..]));
        }
        from = end;
    }
}

enum Read<'t> {
    Variable(Variable, Option<&'t str>),
    Unknown(&'t str),
    Text,
}

fn read(inner: &str, variables: Variables) -> Read<'_> {
    if variables == Variables::DaysLeft {
        return if inner == Variable::DaysLeft.as_str() {
            Read::Variable(Variable::DaysLeft, None)
        } else {
            Read::Text
        };
    }
    let (name, fallback) = match inner.split_once('|') {
        Some((name, fallback)) => (name, Some(fallback)),
        None => (inner, None),
    };
    match Variable::from_word(name) {
        Some(variable) => Read::Variable(variable, fallback),
        None if is_name(name) => Read::Unknown(name),
        None => Read::Text,
    }
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
}

/// A text that stays within [`MAX_TEXT`].
#[derive(Default)]
struct Bounded {
    text: String,
    units: usize,
}

impl Bounded {
    fn push(&mut self, more: &str) -> Result<(), TooLong> {
        self.units = self.units.saturating_add(more.encode_utf16().count());
        if self.units > MAX_TEXT {
            return Err(TooLong);
        }
        self.text.push_str(more);
        Ok(())
    }
}

/// What stands above the text of a campaign that is not free-form, in the original's words and
/// order (`docs/wire/original-system.md`, section 5 "Making messages"). Title and amount are left
/// out when blank; nothing in them is read as a variable.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    /// The campaign's title.
    pub title: Option<&'a str>,
    /// The amount that is collected for, as the user wrote it.
    pub target_amount: Option<&'a str>,
    /// The first day.
    pub start: Date,
    /// The last day.
    pub end: Date,
    /// As [`Variable::DaysLeft`].
    pub days_left: i32,
}

impl fmt::Display for Header<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(title) = self.title.filter(|title| !title.trim().is_empty()) {
            writeln!(f, "Campaign Title: {title}")?;
        }
        writeln!(f, "Campaign Start Date: {}", self.start)?;
        writeln!(f, "Campaign End Date: {}", self.end)?;
        if let Some(amount) = self.target_amount.filter(|text| !text.trim().is_empty()) {
            writeln!(f, "Contribution Target Amount: {amount}")?;
        }
        writeln!(f, "Days Remaining: {}\n", self.days_left)
    }
}

/// Whole days from an occurrence's date to the end date: calendar days, so that a change of the
/// clock in between makes no difference (the original's fault L10). The end date has 0.
pub fn days_left(date: Date, end: Date) -> i32 {
    (end - date).get_days()
}

/// The parts of a sequence: the text cut at each asterisk, trimmed, empty ones dropped. The first
/// goes to the first occurrence and so on.
pub fn split_sequence(text: &str) -> Vec<&str> {
    text.split('*')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect()
}

/// The first word of a person's name. A name without letters, as WhatsApp shows people whom nobody
/// has named, is a number and has none.
pub fn first_name(name: &str) -> Option<&str> {
    name.split_whitespace()
        .next()
        .filter(|_| name.chars().any(char::is_alphabetic))
}

/// Braces in a text that are no variable under [`Variables::All`] and look as if they were meant to
/// be one (`{first name}`), each once.
pub fn stray_braces(text: &str) -> Vec<&str> {
    let mut stray = Vec::new();
    let mut rest = text;
    while let Some((_, inner, after)) = next_braces(rest) {
        let looks_meant = inner.len() <= LONGEST_NAME_TOLD && inner.contains(char::is_alphabetic);
        let is_text = matches!(read(inner, Variables::All), Read::Text);
        if looks_meant && is_text && !stray.contains(&inner) && stray.len() < MOST_NAMES_TOLD {
            stray.push(inner);
        }
        rest = after;
    }
    stray
}

#[cfg(test)]
mod tests;
