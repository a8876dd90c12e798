//! What the scheduler decides, as functions of values: when a message may leave ([`pace`], under
//! the numbers of [`limits`]) and what becomes of one that did not get through ([`retry`]).

pub mod limits;
pub mod pace;
pub mod retry;
