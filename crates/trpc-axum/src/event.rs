//! What a subscription yields.

use serde::Serialize;
use ts_rs::{Config, TS, TypeVisitor};

/// One event of a subscription.
pub struct Event<T> {
    pub(crate) id: Option<String>,
    pub(crate) value: T,
}

impl<T> Event<T> {
    /// A value, which clients get as it is.
    pub fn data(value: T) -> Self {
        Self { id: None, value }
    }

    /// The same event with another value: to bring tracked and other events into one type.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Event<U> {
        Event {
            id: self.id,
            value: change(self.value),
        }
    }
}

impl<T> Event<Tracked<T>> {
    /// A value with an id, which clients get as `{ id, data }`. Whoever reconnects says the last
    /// id that they got: it is in the input, as `lastEventId`.
    ///
    /// An id that is empty or has a line break or a NUL cannot be sent: it ends the subscription
    /// with `INTERNAL_SERVER_ERROR`.
    pub fn tracked(id: impl Into<String>, value: T) -> Self {
        Self {
            id: Some(id.into()),
            value: Tracked(value),
        }
    }
}

/// The value of an event that has an id, made by [`Event::tracked`].
#[derive(Serialize)]
#[serde(transparent)]
pub struct Tracked<T>(T);

impl<T: TS> TS for Tracked<T> {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;

    fn name(config: &Config) -> String {
        format!("{{ id: string; data: {} }}", T::name(config))
    }

    fn inline(config: &Config) -> String {
        format!("{{ id: string; data: {} }}", T::inline(config))
    }

    fn visit_dependencies(visitor: &mut impl TypeVisitor)
    where
        Self: 'static,
    {
        T::visit_dependencies(visitor);
    }

    fn visit_generics(visitor: &mut impl TypeVisitor)
    where
        Self: 'static,
    {
        T::visit_generics(visitor);
        visitor.visit::<T>();
    }
}
