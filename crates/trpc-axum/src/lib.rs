//! trpc-axum
