//! A procedure: an async function with its guard, its input and its output, made callable
//! without knowing their types.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
};

use futures_util::{
    FutureExt as _, Stream, StreamExt as _, TryFutureExt as _, TryStreamExt as _,
    future::BoxFuture, stream::BoxStream,
};
use serde::Serialize;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;
use ts_rs::TS;

use crate::{
    Context, Error, Event, FromContext, Input,
    schema::parse,
    typescript::{Declarations, NameClash},
};

/// What a procedure does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Only reads. Called with GET; dropped when the client goes away.
    Query,
    /// Changes something. Called with POST; runs to its end once it has begun.
    Mutation,
    /// Tells what happens. Called with GET; dropped when the client goes away.
    Subscription,
}

impl Kind {
    /// As in tRPC's messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        }
    }
}

/// A procedure as a router lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcedureInfo {
    /// With dots between routers: `user.list`.
    pub path: String,
    /// Query, mutation or subscription.
    pub kind: Kind,
    /// [`FromContext::AUTHORITY`] of its first argument.
    pub authority: &'static str,
}

/// Async functions that are procedures: `async fn(guard, state) -> Result<Output, Error>`, or
/// with the input as third argument. The output of a subscription is a stream of [`Event`]s. `M`
/// only tells the forms apart.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no procedure",
    note = "a procedure is `async fn(guard, state)` or `async fn(guard, state, input)`, returning `Result<Output, trpc_axum::Error>`",
    note = "the guard implements `FromContext`, the input `Input`"
)]
pub trait Handler<S, M>: Clone + Send + Sync + 'static {
    /// What it answers with.
    type Output: Send + 'static;

    /// The guard's authority.
    const AUTHORITY: &'static str;

    #[doc(hidden)]
    fn call(
        self,
        cx: Context<S>,
        index: usize,
    ) -> impl Future<Output = Result<Self::Output, Error>> + Send;

    #[doc(hidden)]
    fn input_type(declarations: &mut Declarations) -> Result<String, NameClash>;
}

impl<S, F, Fut, G, O> Handler<S, fn(G) -> O> for F
where
    S: Clone + Send + Sync + 'static,
    F: Fn(G, S) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<O, Error>> + Send,
    G: FromContext<S>,
    O: Send + 'static,
{
    type Output = O;
    const AUTHORITY: &'static str = G::AUTHORITY;

    async fn call(self, cx: Context<S>, _: usize) -> Result<O, Error> {
        let guard = G::from_context(&cx).await?;
        self(guard, cx.state().clone()).await
    }

    fn input_type(_: &mut Declarations) -> Result<String, NameClash> {
        Ok("void".to_owned())
    }
}

impl<S, F, Fut, G, I, O> Handler<S, fn(G, I) -> O> for F
where
    S: Clone + Send + Sync + 'static,
    F: Fn(G, S, I) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<O, Error>> + Send,
    G: FromContext<S>,
    I: Input,
    O: Send + 'static,
{
    type Output = O;
    const AUTHORITY: &'static str = G::AUTHORITY;

    async fn call(self, cx: Context<S>, index: usize) -> Result<O, Error> {
        let guard = G::from_context(&cx).await?;
        let input = parse(cx.input(index).await?)?;
        self(guard, cx.state().clone(), input).await
    }

    fn input_type(declarations: &mut Declarations) -> Result<String, NameClash> {
        I::type_script(declarations)
    }
}

/// What a call yields.
pub(crate) type Answer = Result<Box<dyn Output>, Error>;

/// What a subscription yields; an error is its last.
pub(crate) type Events = BoxStream<'static, Result<Event<Box<dyn Output>>, Error>>;

/// A value that an answer can be written from.
pub(crate) trait Output: Send {
    /// Appends `{"json":…}`.
    fn write(&self, out: &mut Vec<u8>) -> Result<(), Error>;

    /// Appends `{"json":[<chunk>,0,[[<value>]]]}`, a line of a stream.
    fn write_chunk(&self, chunk: usize, out: &mut Vec<u8>) -> Result<(), Error>;
}

impl<T: Serialize + Send> Output for T {
    fn write(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        write(out, self)
    }

    fn write_chunk(&self, chunk: usize, out: &mut Vec<u8>) -> Result<(), Error> {
        write(out, &(chunk, 0, [[self]]))
    }
}

/// What cannot be written, or panics while it is, is the fault of its own call alone.
fn write<T: Serialize>(out: &mut Vec<u8>, value: &T) -> Result<(), Error> {
    match catch_unwind(AssertUnwindSafe(|| superjson::write(out, value))) {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => tracing::error!(%error, "an output cannot be written"),
        Err(_) => tracing::error!("writing an output panicked"),
    }
    Err(Error::internal())
}

/// A procedure of any types.
pub(crate) struct Procedure<S> {
    pub(crate) info: ProcedureInfo,
    pub(crate) input_type: fn(&mut Declarations) -> Result<String, NameClash>,
    pub(crate) output_type: fn(&mut Declarations) -> Result<String, NameClash>,
    pub(crate) run: Run<S>,
}

/// How a procedure is run.
pub(crate) enum Run<S> {
    /// For the call at an index of the request.
    Answer(Box<dyn Fn(Context<S>, usize) -> BoxFuture<'static, Answer> + Send + Sync>),
    /// For a request of its own.
    Events(Box<dyn Fn(Context<S>) -> Events + Send + Sync>),
}

impl<S: Clone + Send + Sync + 'static> Procedure<S> {
    /// A query or a mutation.
    pub(crate) fn call<M, H>(path: &str, kind: Kind, handler: H) -> Self
    where
        H: Handler<S, M, Output: Serialize + TS>,
    {
        Self {
            info: ProcedureInfo {
                path: path.to_owned(),
                kind,
                authority: H::AUTHORITY,
            },
            input_type: H::input_type,
            output_type: Declarations::output::<H::Output>,
            run: Run::Answer(Box::new(move |cx, index| {
                let handler = handler.clone();
                let mutations = cx.mutations().clone();
                let answer = guarded(async move {
                    let output = handler.call(cx, index).await?;
                    Ok(Box::new(output) as Box<dyn Output>)
                });
                if kind == Kind::Mutation {
                    Box::pin(detached(answer, mutations))
                } else {
                    Box::pin(answer)
                }
            })),
        }
    }

    pub(crate) fn subscription<M, T, H>(path: &str, handler: H) -> Self
    where
        H: Handler<S, M, Output: Stream<Item = Result<Event<T>, Error>>>,
        T: Serialize + TS + Send + 'static,
    {
        Self {
            info: ProcedureInfo {
                path: path.to_owned(),
                kind: Kind::Subscription,
                authority: H::AUTHORITY,
            },
            input_type: H::input_type,
            output_type: Declarations::output::<T>,
            run: Run::Events(Box::new(move |cx| {
                let handler = handler.clone();
                let events = async move { handler.call(cx, 0).await };
                let events = events.try_flatten_stream().map_ok(|event: Event<T>| {
                    event.map(|value| Box::new(value) as Box<dyn Output>)
                });
                // As with `guarded`; after a panic the stream is not used any more.
                let events = AssertUnwindSafe(events).catch_unwind().map(|event| {
                    event.unwrap_or_else(|_| {
                        tracing::error!("a subscription panicked");
                        Err(Error::internal())
                    })
                });
                events.boxed()
            })),
        }
    }
}

/// Turns a panic into an error, so that it harms nothing but its own call.
async fn guarded(answer: impl Future<Output = Answer> + Send) -> Answer {
    // Nothing that the future held is used after a panic but what other calls share: the
    // application's state, which every handler of a server shares in the same way.
    AssertUnwindSafe(answer)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| {
            tracing::error!("a procedure panicked");
            Err(Error::internal())
        })
}

/// Runs to the end even if nobody waits any more.
async fn detached(
    answer: impl Future<Output = Answer> + Send + 'static,
    mutations: TaskTracker,
) -> Answer {
    let running = mutations.spawn(answer.in_current_span());
    running.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a mutation was stopped");
        Err(Error::internal())
    })
}
