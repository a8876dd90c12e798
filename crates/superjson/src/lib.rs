//! superjson
