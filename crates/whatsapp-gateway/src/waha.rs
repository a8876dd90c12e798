//! waha
