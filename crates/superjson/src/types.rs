//! The JavaScript values that JSON lacks, as Rust types. To the writer of this crate they are
//! known by the names of their serde wrappers; any other format sees a text or null.

use std::fmt;

use jiff::{
    ToSpan,
    civil::{DateTime, date},
};
use serde::{Serialize, Serializer};

/// What the writer annotates; the names are never written.
pub(crate) mod marker {
    pub(crate) const BIGINT: &str = "$superjson::bigint";
    pub(crate) const DATE: &str = "$superjson::Date";
    pub(crate) const UNDEFINED: &str = "$superjson::undefined";
}

/// A JavaScript `Date`: milliseconds since 1970 in UTC, or the invalid date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date(Option<i64>);

impl Date {
    /// What `new Date("no date")` makes.
    pub const INVALID: Self = Self(None);

    /// The farthest that a JavaScript date can be from 1970, in milliseconds.
    const FARTHEST: i64 = 8_640_000_000_000_000;
    /// The Gregorian calendar repeats after this many years, which are this many milliseconds.
    const CYCLE_YEARS: i64 = 400;
    const CYCLE: i64 = 146_097 * 86_400_000;

    /// The date that many milliseconds after 1970; invalid beyond JavaScript's range of
    /// 100,000,000 days on either side.
    pub const fn from_millis(millis: i64) -> Self {
        if millis < -Self::FARTHEST || millis > Self::FARTHEST {
            Self::INVALID
        } else {
            Self(Some(millis))
        }
    }

    /// Milliseconds since 1970; `None` of the invalid date.
    pub const fn millis(self) -> Option<i64> {
        self.0
    }

    /// Reads what `new Date(text)` reads of ISO 8601: a year, month or day, or a day with a time
    /// of any number of decimals and `Z` or an offset. A time without either is taken as UTC.
    /// Anything else, days that do not exist included, is the invalid date.
    pub fn parse(text: &str) -> Self {
        Iso(text).read().map_or(Self::INVALID, Self::from_millis)
    }

    /// As `Date.prototype.toISOString` writes it, `2024-01-02T03:04:05.678Z`; `None` of the
    /// invalid date.
    pub fn to_iso(self) -> Option<String> {
        let millis = self.0?;
        let moment = EPOCH
            .checked_add(millis.rem_euclid(Self::CYCLE).milliseconds())
            .ok()?;
        let year = i64::from(moment.year()) + millis.div_euclid(Self::CYCLE) * Self::CYCLE_YEARS;
        let rest = moment.strftime("-%m-%dT%H:%M:%S.%3fZ");
        Some(match year {
            0..=9999 => format!("{year:04}{rest}"),
            _ => format!("{year:+07}{rest}"),
        })
    }
}

const EPOCH: DateTime = date(1970, 1, 1).at(0, 0, 0, 0);

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.to_iso() {
            Some(iso) => serializer.serialize_newtype_struct(marker::DATE, &iso),
            None => serializer.serialize_none(),
        }
    }
}

/// What is left to read of an ISO date.
struct Iso<'t>(&'t str);

impl Iso<'_> {
    /// Milliseconds since 1970.
    fn read(mut self) -> Option<i64> {
        let year = self.year()?;
        let month = if self.take('-') { self.digits(2)? } else { 1 };
        let day = if self.take('-') { self.digits(2)? } else { 1 };
        // A year of the same shape that every calendar library can hold.
        let near = 2000 + year.rem_euclid(Date::CYCLE_YEARS);
        let day = jiff::civil::Date::new(
            i16::try_from(near).ok()?,
            i8::try_from(month).ok()?,
            i8::try_from(day).ok()?,
        )
        .ok()?;
        let days = i64::from(EPOCH.date().until(day).ok()?.get_days());
        let cycles = (year - near) / Date::CYCLE_YEARS;
        let time = if self.take('T') { self.time()? } else { 0 };
        self.0
            .is_empty()
            .then_some(cycles * Date::CYCLE + days * 86_400_000 + time)
    }

    /// Four digits, or a sign and six.
    fn year(&mut self) -> Option<i64> {
        if self.take('+') {
            self.digits(6)
        } else if self.take('-') {
            self.digits(6).filter(|year| *year != 0).map(|year| -year)
        } else {
            self.digits(4)
        }
    }

    /// Milliseconds since midnight in UTC.
    fn time(&mut self) -> Option<i64> {
        let hours = self.digits(2)?;
        let minutes = self.take(':').then(|| self.digits(2))??;
        let mut millis = 0;
        if self.take(':') {
            millis = self.digits(2).filter(|seconds| *seconds < 60)? * 1000;
            if self.take('.') {
                millis += self.fraction()?;
            }
        }
        let time = (hours * 60 + minutes) * 60_000 + millis;
        if minutes > 59 || time > 86_400_000 {
            return None;
        }
        let offset = if self.take('+') {
            self.offset()?
        } else if self.take('-') {
            -self.offset()?
        } else {
            self.take('Z');
            0
        };
        Some(time - offset)
    }

    /// Any number of decimals of a second; milliseconds are kept.
    fn fraction(&mut self) -> Option<i64> {
        let decimals = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let (fraction, rest) = self.0.split_at_checked(decimals)?;
        self.0 = rest;
        let millis = format!("{fraction:0<3}");
        millis.get(..3).filter(|_| decimals > 0)?.parse().ok()
    }

    /// Hours and minutes, as milliseconds.
    fn offset(&mut self) -> Option<i64> {
        let hours = self.digits(2).filter(|hours| *hours < 24)?;
        self.take(':');
        let minutes = self.digits(2).filter(|minutes| *minutes < 60)?;
        Some((hours * 60 + minutes) * 60_000)
    }

    fn take(&mut self, sign: char) -> bool {
        let rest = self.0.strip_prefix(sign);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits
            .bytes()
            .all(|digit| digit.is_ascii_digit())
            .then(|| digits.parse().ok())?
    }
}

/// A JavaScript `bigint` of any size, as its decimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BigInt(String);

/// The text is not a whole number in decimal digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Cannot convert {0} to a BigInt")]
pub struct NotABigInt(pub String);

impl BigInt {
    /// Decimal digits with or without a sign; leading zeros are dropped.
    pub fn new(digits: impl AsRef<str>) -> Result<Self, NotABigInt> {
        let text = digits.as_ref();
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        if unsigned.is_empty() || !unsigned.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(NotABigInt(text.to_owned()));
        }
        let magnitude = unsigned.trim_start_matches('0');
        Ok(Self(match (magnitude, text.starts_with('-')) {
            ("", _) => "0".to_owned(),
            (_, true) => format!("-{magnitude}"),
            (_, false) => magnitude.to_owned(),
        }))
    }

    /// The digits, after a `-` if it is negative.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BigInt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<i64> for BigInt {
    fn from(number: i64) -> Self {
        Self(number.to_string())
    }
}

impl From<u64> for BigInt {
    fn from(number: u64) -> Self {
        Self(number.to_string())
    }
}

impl From<i128> for BigInt {
    fn from(number: i128) -> Self {
        Self(number.to_string())
    }
}

impl Serialize for BigInt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(marker::BIGINT, &self.0)
    }
}

/// JavaScript's `undefined`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Undefined;

impl Serialize for Undefined {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit_struct(marker::UNDEFINED)
    }
}

/// `T | undefined` in TypeScript, where an `Option` is `T | null`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Maybe<T> {
    /// There is one.
    Value(T),
    /// `undefined`.
    Undefined,
}

impl<T> From<Option<T>> for Maybe<T> {
    fn from(option: Option<T>) -> Self {
        option.map_or(Self::Undefined, Self::Value)
    }
}

impl<T: Serialize> Serialize for Maybe<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => value.serialize(serializer),
            Self::Undefined => Undefined.serialize(serializer),
        }
    }
}

#[cfg(feature = "ts")]
mod ts {
    //! The names of these types in TypeScript.

    use ts_rs::{Config, TS, TypeVisitor};

    use super::{BigInt, Date, Maybe, Undefined};

    macro_rules! named {
        ($($type:ty => $name:literal),*) => { $(
            impl TS for $type {
                type WithoutGenerics = Self;
                type OptionInnerType = Self;

                fn name(_: &Config) -> String {
                    $name.to_owned()
                }

                fn inline(config: &Config) -> String {
                    Self::name(config)
                }
            }
        )* };
    }

    named!(Date => "Date", BigInt => "bigint", Undefined => "undefined");

    impl<T: TS> TS for Maybe<T> {
        type WithoutGenerics = Self;
        type OptionInnerType = Self;

        fn name(config: &Config) -> String {
            format!("{} | undefined", T::name(config))
        }

        fn inline(config: &Config) -> String {
            format!("{} | undefined", T::inline(config))
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
}
