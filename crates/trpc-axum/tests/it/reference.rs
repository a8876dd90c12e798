//! A router made like the one that the exchanges were recorded from.

mod subscriptions;

use serde::Serialize;
use superjson::{BigInt, Date, Maybe, Undefined, Value};
use trpc_axum::{
    Code, Context, Declarations, Error, FromContext, Input, NameClash, Options, Router, input,
    mount,
    schema::{Issues, Schema, string},
};
use ts_rs::TS;

/// The state; there is none.
#[derive(Clone)]
pub(crate) struct App;

/// No demand.
pub(crate) struct Anyone;

impl<S: Send + Sync> FromContext<S> for Anyone {
    const AUTHORITY: &'static str = "anyone";

    async fn from_context(_: &Context<S>) -> Result<Self, Error> {
        Ok(Self)
    }
}

pub(crate) fn service() -> axum::Router {
    mount("/api/trpc", router(), App, Options::default())
}

pub(crate) fn router() -> Router<App> {
    let user = Router::new()
        .query("ping", ping)
        .query("me", me)
        .query("exotic", exotic)
        .query("nul", async |_: Anyone, _: App| Ok(None::<u32>))
        .query("undef", undefined)
        .mutation("undefMut", undefined)
        .query("list", list)
        .query("optional", optional)
        .query("at", at)
        .query("echo", echo)
        .mutation("echoMut", echo)
        .mutation("create", create)
        .mutation("touch", async |_: Anyone, _: App| {
            Ok(Touched { success: true })
        })
        .query("refined", async |_: Anyone, _: App, _: RefinedInput| Ok(1))
        .query("nested", async |_: Anyone, _: App, input: NestedInput| {
            Ok(input.who.age)
        })
        .query("fail", fail)
        .mutation("failMut", fail)
        .query("failPlain", async |_: Anyone, _: App| internal("boom"))
        .query("failString", async |_: Anyone, _: App| {
            internal("just text")
        })
        .query("failCause", fail_cause)
        .query("slow", slow)
        .query("slowFail", slow_fail);
    let user = subscriptions::add(user);
    let inner = Router::new().query("leaf", async |_: Anyone, _: App| Ok("leaf"));
    Router::new()
        .nest("user", user)
        .nest("deep", Router::new().nest("inner", inner))
        .query("top", async |_: Anyone, _: App| Ok("top"))
}

const RECORDED: Date = Date::from_millis(1_704_164_645_678);

/// `2024-01-01T00:00:00Z` and that many days.
fn day(days: i64) -> Date {
    Date::from_millis(1_704_067_200_000 + days * 86_400_000)
}

async fn ping(_: Anyone, _: App) -> Result<&'static str, Error> {
    Ok("pong")
}

async fn undefined(_: Anyone, _: App) -> Result<Undefined, Error> {
    Ok(Undefined)
}

fn internal(message: &'static str) -> Result<u32, Error> {
    Err(Error::new(Code::InternalServerError, message))
}

async fn fail_cause(_: Anyone, _: App) -> Result<u32, Error> {
    Err(Error::new(Code::Forbidden, "the cause"))
}

#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
struct Me {
    id: &'static str,
    name: &'static str,
    bio: Option<String>,
    nick: Maybe<String>,
    score: f64,
    created_at: Date,
    logins: Vec<Date>,
    posts: Vec<Post>,
}

/// Something that was written.
#[derive(Serialize, TS)]
struct Post {
    id: i64,
    /// When.
    at: Date,
    gone: Maybe<bool>,
}

async fn me(_: Anyone, _: App) -> Result<Me, Error> {
    Ok(Me {
        id: "u1",
        name: "Ann",
        bio: None,
        nick: Maybe::Undefined,
        score: 1.5,
        created_at: RECORDED,
        logins: vec![day(0), day(1)],
        posts: vec![Post {
            id: 1,
            at: day(31),
            gone: Maybe::Undefined,
        }],
    })
}

input! {
    /// Which page of groups.
    pub(crate) struct ListInput {
        session_name: String = string(),
        limit: f64 = number().min(1.0).default(10.0),
        cursor: f64 = number().default(0.0),
        search: Option<String> = string().optional(),
    }
}

/// The reference answers with its input, and JavaScript tells a member that is undefined from
/// one that is not there.
struct ShownInput {
    input: ListInput,
    has_search: bool,
}

impl Input for ShownInput {
    fn read(value: Value, issues: &mut Issues) -> Option<Self> {
        let has_search = matches!(&value, Value::Object(members) if members.contains_key("search"));
        ListInput::read(value, issues).map(|input| Self { input, has_search })
    }

    fn type_script(declarations: &mut Declarations) -> Result<String, NameClash> {
        ListInput::type_script(declarations)
    }
}

#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
struct Page {
    items: Vec<Row>,
    next_cursor: f64,
    total: Undefined,
    seen: Seen,
}

#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
struct Row {
    group_id: &'static str,
    group_name: &'static str,
}

#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
struct Seen {
    session_name: String,
    limit: f64,
    cursor: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    search: Option<Maybe<String>>,
}

async fn list(_: Anyone, _: App, shown: ShownInput) -> Result<Page, Error> {
    let ShownInput { input, has_search } = shown;
    Ok(Page {
        items: vec![Row {
            group_id: "g1",
            group_name: "Grp 1",
        }],
        next_cursor: input.cursor + input.limit,
        total: Undefined,
        seen: Seen {
            session_name: input.session_name,
            limit: input.limit,
            cursor: input.cursor,
            search: has_search.then(|| input.search.into()),
        },
    })
}

input! {
    pub(crate) struct OptionalInput {
        a: Option<String> = string().optional(),
    }
}

#[derive(Serialize, TS)]
struct Got {
    got: String,
}

async fn optional(_: Anyone, _: App, input: Option<OptionalInput>) -> Result<Got, Error> {
    let got = input.map_or_else(
        || "undefined".to_owned(),
        |input| input.a.unwrap_or_default(),
    );
    Ok(Got { got })
}

input! {
    pub(crate) struct AtInput {
        when: Date = date(),
    }
}

#[derive(Serialize, TS)]
struct At {
    when: Date,
    next: Date,
}

async fn at(_: Anyone, _: App, AtInput { when }: AtInput) -> Result<At, Error> {
    let next = when
        .millis()
        .map_or(Date::INVALID, |millis| Date::from_millis(millis + 1000));
    Ok(At { when, next })
}

#[derive(Serialize, TS)]
#[serde(transparent)]
pub(crate) struct Anything(#[ts(type = "any")] pub(crate) Value);

async fn echo(_: Anyone, _: App, input: Value) -> Result<Anything, Error> {
    Ok(Anything(input))
}

input! {
    pub(crate) struct CreateInput {
        name: String = string().min(2),
        email: Option<String> = string().email().optional(),
    }
}

#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
struct NewUser {
    id: &'static str,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    email: Option<String>,
    created_at: Date,
}

async fn create(_: Anyone, _: App, input: CreateInput) -> Result<NewUser, Error> {
    let CreateInput { name, email } = input;
    Ok(NewUser {
        id: "u2",
        name,
        email,
        created_at: RECORDED,
    })
}

#[derive(Serialize, TS)]
struct Touched {
    success: bool,
}

input! {
    pub(crate) struct RefinedInput {
        a: f64 = number(),
        b: f64 = number(),
    }
    refine |input| input.a < input.b, "a must be below b";
}

input! {
    pub(crate) struct NestedInput {
        who: Who = object(),
    }
}

input! {
    pub(crate) struct Who {
        age: u32 = integer().min(18),
    }
}

/// A code by its name.
struct AnyCode;

impl Schema for AnyCode {
    type Output = Code;

    fn read(&self, value: Value, issues: &mut Issues) -> Option<Code> {
        let codes = string().try_map(|name| {
            Code::ALL
                .iter()
                .find(|code| code.name() == name)
                .copied()
                .ok_or("no such code")
        });
        codes.read(value, issues)
    }

    fn type_script(&self, _: &mut Declarations) -> Result<String, NameClash> {
        Ok("string".to_owned())
    }
}

input! {
    pub(crate) struct FailInput {
        code: Code = AnyCode,
        message: Option<String> = string().optional(),
    }
}

async fn fail(_: Anyone, _: App, input: FailInput) -> Result<u32, Error> {
    Err(match input.message {
        Some(message) => Error::new(input.code, message),
        None => Error::from(input.code),
    })
}

input! {
    pub(crate) struct SlowInput {
        ms: u32 = integer(),
    }
}

#[derive(Serialize, TS)]
struct Slept {
    slept: u32,
    at: Date,
}

/// Is done later than what waits for less.
async fn wait(turns: u32) {
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
}

async fn slow(_: Anyone, _: App, SlowInput { ms }: SlowInput) -> Result<Slept, Error> {
    wait(ms).await;
    Ok(Slept {
        slept: ms,
        at: RECORDED,
    })
}

async fn slow_fail(_: Anyone, _: App, SlowInput { ms }: SlowInput) -> Result<u32, Error> {
    wait(ms).await;
    Err(Error::new(Code::NotFound, "late and missing"))
}

/// What of the original's `exotic` this crate can send.
async fn exotic(_: Anyone, _: App) -> Result<Anything, Error> {
    let date = || Value::Date(Date::from_millis(1_704_164_645_678));
    let bigint = |digits: &str| Value::BigInt(BigInt::new(digits).unwrap());
    let object = |members: Vec<(&str, Value)>| {
        Value::Object(
            members
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
        )
    };
    let shared = || object(vec![("x", Value::Number(1.0))]);
    Ok(Anything(object(vec![
        ("big", bigint("12345678901234567890")),
        ("big2", Value::Array(vec![bigint("1"), bigint("1")])),
        ("nan", Value::Number(f64::NAN)),
        ("inf", Value::Number(f64::NEG_INFINITY)),
        ("negz", Value::Number(-0.0)),
        ("a.b", date()),
        ("c\\d", object(vec![("e", date())])),
        (
            "x.y",
            object(vec![("z.w", Value::Array(vec![Value::Undefined, date()]))]),
        ),
        ("s1", shared()),
        ("s2", shared()),
        ("d1", date()),
        ("d2", date()),
        ("invalid", Value::Date(Date::INVALID)),
    ])))
}
