//! Sending at the promised time: what the scheduler decides, as functions of values, and the
//! scheduler at work.
//!
//! * [`pace`], under the numbers of [`limits`]: when a message may leave.
//! * [`rules`]: what a session sends next, and what speaks against it.
//! * [`retry`]: what becomes of a message that did not get through, and of its campaign.
//! * [`opt_out`]: the words by which people ask for no more.
//! * [`dispatch`]: claims, sends and settles; `heard` takes what engines tell afterwards.

pub mod dispatch;
mod heard;
pub mod limits;
pub mod opt_out;
pub mod pace;
pub mod retry;
pub mod rules;

pub use dispatch::Scheduler;
