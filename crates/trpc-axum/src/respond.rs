//! The forms of an answer: [`json`] once all is done, [`jsonl`] as it gets done.

pub(crate) mod json;
pub(crate) mod jsonl;
