//! The forms of an answer: [`json`] once all is done, [`jsonl`] as it gets done, [`sse`] for
//! subscriptions.

pub(crate) mod json;
pub(crate) mod jsonl;
pub(crate) mod sse;
