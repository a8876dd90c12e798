//! Campaigns as values: what a user asked for, checked, becomes occurrences and messages. Nothing
//! in here reads a clock, draws randomness or touches a database.
//!
//! * [`draft`]: the input of `createCampaign`, checked field by field.
//! * [`recurrence`]: from two dates to the instants in between.
//! * [`template`]: from a text with variables to the text of one message.
//! * [`mod@plan`]: all of it together; what the preview shows and what the store is given.

pub mod draft;
pub mod plan;
pub mod recurrence;
pub mod template;
mod warnings;
mod writer;

pub use draft::{Draft, FieldError, Problem, Recipient, Target};
pub use plan::{Edit, Plan, PlanContext, PlannedMessage, Preview, PreviewOccurrence, plan};
pub use recurrence::{Occurrence, Recurrence, Shift};
