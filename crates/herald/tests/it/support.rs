//! What the tests share.

pub(crate) mod database;
pub(crate) mod events;
pub(crate) mod qr;
pub(crate) mod site;
pub(crate) mod world;
