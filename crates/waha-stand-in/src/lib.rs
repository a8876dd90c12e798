//! waha-stand-in
