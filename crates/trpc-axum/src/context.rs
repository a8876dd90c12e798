//! What the calls of one HTTP request share, and what a procedure may demand of it.

use std::{
    any::{Any, TypeId},
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use http::request::Parts;
use superjson::Value;
use tokio::sync::OnceCell;
use tokio_util::task::TaskTracker;

use crate::{Error, request::Inputs};

/// One HTTP request with the application's state. Cloning is cheap: all clones are the same
/// request.
pub struct Context<S>(Arc<Shared<S>>);

struct Shared<S> {
    state: S,
    request: Parts,
    connection_params: BTreeMap<String, String>,
    inputs: Inputs,
    mutations: TaskTracker,
    once: Mutex<Vec<(TypeId, Arc<dyn Any + Send + Sync>)>>,
}

impl<S> Clone for Context<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> Context<S> {
    pub(crate) fn new(
        state: S,
        request: Parts,
        connection_params: BTreeMap<String, String>,
        inputs: Inputs,
        mutations: TaskTracker,
    ) -> Self {
        Self(Arc::new(Shared {
            state,
            request,
            connection_params,
            inputs,
            mutations,
            once: Mutex::default(),
        }))
    }

    /// The application's state.
    pub fn state(&self) -> &S {
        &self.0.state
    }

    /// The request's head: method, address, headers, extensions.
    pub fn request(&self) -> &Parts {
        &self.0.request
    }

    /// What the client was set up to send along in the address, as `connectionParams`: a token,
    /// say, for subscriptions, as browsers set no headers for those.
    pub fn connection_params(&self) -> &BTreeMap<String, String> {
        &self.0.connection_params
    }

    /// The value that `make` makes, made at most once for each type and HTTP request, however
    /// many calls of a batch ask for it and even if they ask at the same time. If the call that
    /// is making it goes away, the next one makes it.
    pub async fn once<T, F, Fut>(&self, make: F) -> T
    where
        T: Clone + Send + Sync + 'static,
        F: FnOnce() -> Fut,
        Fut: Future<Output = T>,
    {
        self.cell::<T>().get_or_init(make).await.clone()
    }

    fn cell<T: Send + Sync + 'static>(&self) -> Arc<OnceCell<T>> {
        let mut cells = self.0.once.lock().unwrap_or_else(PoisonError::into_inner);
        let known = cells.iter().find(|(id, _)| *id == TypeId::of::<T>());
        if let Some(cell) = known.and_then(|(_, cell)| Arc::clone(cell).downcast().ok()) {
            return cell;
        }
        let cell = Arc::new(OnceCell::<T>::new());
        cells.push((TypeId::of::<T>(), cell.clone()));
        cell
    }

    /// Where what outlives its request is run.
    pub(crate) fn mutations(&self) -> &TaskTracker {
        &self.0.mutations
    }

    /// The input of the call at `index`; to be taken once.
    pub(crate) async fn input(&self, index: usize) -> Result<Value, Error> {
        self.0.inputs.take(index).await
    }
}

/// What a procedure demands of a request before its input is looked at, as the type of its first
/// argument: anybody, somebody signed in, an administrator. [`Context::once`] keeps a batch from
/// looking up its caller more than once.
pub trait FromContext<S>: Sized + Send + 'static {
    /// The name of this authority in [`ProcedureInfo`](crate::ProcedureInfo).
    const AUTHORITY: &'static str;

    /// The error is the call's answer.
    fn from_context(cx: &Context<S>) -> impl Future<Output = Result<Self, Error>> + Send;
}
