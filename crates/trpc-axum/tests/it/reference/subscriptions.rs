//! The subscriptions of the reference.

use std::collections::BTreeMap;

use futures_util::{Stream, StreamExt as _, stream};
use serde::Serialize;
use superjson::{Date, Undefined};
use trpc_axum::{Code, Context, Error, Event, FromContext, Router, Tracked, input};
use ts_rs::TS;

use super::{Anyone, App, RECORDED};

pub(super) fn add(router: Router<App>) -> Router<App> {
    router
        .subscription("ticks", ticks)
        .subscription("plainTicks", plain_ticks)
        .subscription("mixTicks", mixed_ticks)
        .subscription("badTicks", async |_: Anyone, _: App| {
            Ok(failing(Error::new(Code::Forbidden, "no more")))
        })
        .subscription("crashTicks", async |_: Anyone, _: App| {
            Ok(failing(Error::new(Code::InternalServerError, "boom")))
        })
        .subscription("multiLine", async |_: Anyone, _: App| {
            Ok(events([Event::data("a\nb")]))
        })
        .subscription("ctxParams", async |params: Params, _: App| {
            Ok(events([Event::data(params.0)]))
        })
}

fn events<T>(
    events: impl IntoIterator<Item = Event<T>>,
) -> impl Stream<Item = Result<Event<T>, Error>> {
    stream::iter(events.into_iter().map(Ok).collect::<Vec<_>>())
}

input! {
    pub(crate) struct TicksInput {
        from: u32 = integer().default(0),
        /// The last tick that was seen.
        last_event_id: Option<String> = string().nullish(),
    }
}

#[derive(Serialize, TS)]
struct Tick {
    n: u32,
    at: Date,
}

async fn ticks(
    _: Anyone,
    _: App,
    input: Option<TicksInput>,
) -> Result<impl Stream<Item = Result<Event<Tracked<Tick>>, Error>>, Error> {
    let from = input.map_or(0, |input| match input.last_event_id {
        Some(last) => last.parse::<u32>().map_or(0, |last| last.saturating_add(1)),
        None => input.from,
    });
    let tick = |n: u32| Event::tracked(n.to_string(), Tick { n, at: RECORDED });
    Ok(events((from..3).map(tick)))
}

#[derive(Serialize, TS)]
#[serde(untagged)]
enum Plain {
    Number(u32),
    Undefined(Undefined),
    At { at: Date },
}

async fn plain_ticks(
    _: Anyone,
    _: App,
) -> Result<impl Stream<Item = Result<Event<Plain>, Error>>, Error> {
    let ticks = [
        Plain::Number(1),
        Plain::Undefined(Undefined),
        Plain::At { at: RECORDED },
    ];
    Ok(events(ticks.map(Event::data)))
}

/// Some with ids and some without.
#[derive(Serialize, TS)]
#[serde(untagged)]
enum Mixed {
    Plain(u32),
    Tracked(Tracked<u32>),
}

async fn mixed_ticks(
    _: Anyone,
    _: App,
) -> Result<impl Stream<Item = Result<Event<Mixed>, Error>>, Error> {
    Ok(events([
        Event::tracked("a", 1).map(Mixed::Tracked),
        Event::data(Mixed::Plain(2)),
        Event::tracked("b", 3).map(Mixed::Tracked),
    ]))
}

#[derive(Serialize, TS)]
struct Count {
    n: u32,
}

fn failing(error: Error) -> impl Stream<Item = Result<Event<Tracked<Count>>, Error>> {
    let first = events([Event::tracked("0", Count { n: 0 })]);
    first.chain(stream::iter([Err(error)]))
}

/// Anyone, with what the client sent along.
struct Params(BTreeMap<String, String>);

impl FromContext<App> for Params {
    const AUTHORITY: &'static str = "anyone";

    async fn from_context(cx: &Context<App>) -> Result<Self, Error> {
        Ok(Self(cx.connection_params().clone()))
    }
}
