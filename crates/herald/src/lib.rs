//! Herald, the application: what the binary runs and the tests drive.

pub mod clock;
pub mod random;
