//! A tree of procedures.

use std::collections::HashMap;

use futures_util::Stream;
use serde::Serialize;
use ts_rs::TS;

use crate::{
    Error, Event, Handler, Kind, ProcedureInfo, TypeScript,
    procedure::Procedure,
    typescript::{self, NameClash},
};

/// Procedures and routers under names; `S` is the application's state.
///
/// The names are joined by dots: the query `list` of the router nested as `user` is `user.list`.
pub struct Router<S> {
    procedures: Vec<Procedure<S>>,
}

impl<S> Default for Router<S> {
    fn default() -> Self {
        Self {
            procedures: Vec::new(),
        }
    }
}

impl<S: Clone + Send + Sync + 'static> Router<S> {
    /// A router without procedures.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a procedure that only reads.
    #[must_use]
    pub fn query<M, H>(mut self, name: &str, handler: H) -> Self
    where
        H: Handler<S, M, Output: Serialize + TS>,
    {
        self.procedures
            .push(Procedure::call(name, Kind::Query, handler));
        self
    }

    /// Adds a procedure that changes something.
    #[must_use]
    pub fn mutation<M, H>(mut self, name: &str, handler: H) -> Self
    where
        H: Handler<S, M, Output: Serialize + TS>,
    {
        self.procedures
            .push(Procedure::call(name, Kind::Mutation, handler));
        self
    }

    /// Adds a procedure that tells what happens, for as long as its stream goes on, to clients
    /// with `httpSubscriptionLink`.
    ///
    /// The stream's end is final: clients do not come back. An error is the last event; clients
    /// reconnect after those whose number is that of `INTERNAL_SERVER_ERROR` and give up after all
    /// others. The stream is dropped when its client goes away.
    ///
    /// A server that shuts down waits for its open streams: have them end on its signal, with
    /// [`Code::ServiceUnavailable`](crate::Code::ServiceUnavailable), so that clients come back.
    #[must_use]
    pub fn subscription<M, T, H>(mut self, name: &str, handler: H) -> Self
    where
        H: Handler<S, M, Output: Stream<Item = Result<Event<T>, Error>>>,
        T: Serialize + TS + Send + 'static,
    {
        self.procedures.push(Procedure::subscription(name, handler));
        self
    }

    /// Adds the procedures of `router` below `name`.
    #[must_use]
    pub fn nest(mut self, name: &str, router: Self) -> Self {
        self.procedures
            .extend(router.procedures.into_iter().map(|mut procedure| {
                procedure.info.path = format!("{name}.{}", procedure.info.path);
                procedure
            }));
        self
    }

    /// Every procedure, in the order in which they were added.
    pub fn procedures(&self) -> impl Iterator<Item = &ProcedureInfo> {
        self.procedures.iter().map(|procedure| &procedure.info)
    }

    /// A TypeScript module that declares `AppRouter` and every type in it, for clients of this
    /// router. Fails if two different types have one name.
    pub fn typescript(&self, module: &TypeScript<'_>) -> Result<String, NameClash> {
        typescript::module(&self.procedures, module)
    }

    /// By path.
    ///
    /// # Panics
    /// If two procedures have one path, as axum does of two routes.
    pub(crate) fn into_table(self) -> HashMap<String, Procedure<S>> {
        let mut table = HashMap::with_capacity(self.procedures.len());
        for procedure in self.procedures {
            let path = procedure.info.path.clone();
            assert!(
                !table.contains_key(&path),
                "two procedures have the path {path:?}"
            );
            table.insert(path, procedure);
        }
        table
    }
}
