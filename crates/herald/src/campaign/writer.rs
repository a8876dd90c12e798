//! The texts of one occurrence, one recipient after another.

use std::sync::Arc;

use jiff::civil::Date;

use super::{
    draft::{Draft, Problem, Recipient},
    template::{self, Header, Template, Values},
};

pub(super) struct Writer<'a> {
    part: &'a Template<'a>,
    header: String,
    date: Date,
    date_text: String,
    days_left: String,
    /// The text, once written, where it is the same for everybody.
    shared: Option<Arc<str>>,
}

impl<'a> Writer<'a> {
    /// For an occurrence of a campaign that runs from the first to the second of `range`.
    pub(super) fn new(
        draft: &Draft,
        range: (Date, Date),
        date: Date,
        part: &'a Template<'a>,
    ) -> Self {
        let (start, end) = range;
        let days_left = template::days_left(date, end);
        let header = Header {
            title: draft.title.as_deref(),
            target_amount: draft.target_amount.as_deref(),
            start,
            end,
            days_left,
        };
        Self {
            part,
            header: if draft.is_free_form {
                String::new()
            } else {
                header.to_string()
            },
            date,
            date_text: date.to_string(),
            days_left: days_left.to_string(),
            shared: None,
        }
    }

    /// The text for a recipient. It says something, and WhatsApp takes its length.
    pub(super) fn text(&mut self, who: &Recipient) -> Result<Arc<str>, Problem> {
        if let Some(text) = &self.shared {
            return Ok(Arc::clone(text));
        }
        let text = self.write(who)?;
        if !self.part.is_personal() {
            self.shared = Some(Arc::clone(&text));
        }
        Ok(text)
    }

    fn write(&self, who: &Recipient) -> Result<Arc<str>, Problem> {
        let name = who.name();
        let is_group = who.is_group();
        let values = Values {
            name,
            first_name: name.filter(|_| !is_group).and_then(template::first_name),
            group: name.filter(|_| is_group),
            date: &self.date_text,
            days_left: &self.days_left,
        };
        let text = self
            .part
            .fill(&self.header, &values)
            .map_err(|_| Problem::TooLong { date: self.date })?;
        if text.trim().is_empty() {
            return Err(Problem::Empty { date: self.date });
        }
        Ok(text.into())
    }
}
