//! `/api/auth`: the paths that the better-auth client calls, with its words, codes and messages
//! (`docs/wire/auth.md`).

mod body;
mod refusal;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::{ConnectInfo, DefaultBodyLimit, RawQuery, State, rejection::BytesRejection},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use tower_http::{set_header::SetResponseHeaderLayer, timeout::RequestBodyDeadlineLayer};

use self::{
    body::{Fields, json_body},
    refusal::Refusal,
};
use crate::{
    auth::{Auth, Client, NewAccount, Session, SignInError, email_address},
    store::{SignIn, User},
};

const MOST_BYTES: usize = 64 * 1024;

type Peer = Option<Extension<ConnectInfo<SocketAddr>>>;
type Body = Result<Bytes, BytesRejection>;

/// The paths under `/api/auth`. A body has to be there whole by the deadline, however it trickles.
pub fn router(auth: Auth, body_deadline: Duration) -> Router {
    let no_store = |name: HeaderName, value| {
        SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
    };
    Router::new()
        .route("/sign-up/email", post(sign_up))
        .route("/sign-in/email", post(sign_in))
        .route("/sign-in/link", post(sign_in_by_link))
        .route("/set-up", post(set_up))
        .route("/sign-out", post(sign_out))
        .route("/get-session", get(get_session).post(post_session))
        .fallback(async || StatusCode::NOT_FOUND)
        .method_not_allowed_fallback(async || StatusCode::NOT_FOUND)
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(RequestBodyDeadlineLayer::new(body_deadline))
        .layer(no_store(header::CACHE_CONTROL, "no-store"))
        .layer(no_store(header::PRAGMA, "no-cache"))
        .with_state(auth)
}

async fn sign_up(
    State(auth): State<Auth>,
    peer: Peer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    auth.origins().check_login(&headers)?;
    let client = client(&auth, &headers, peer);
    auth.limit(&client, "sign-up")?;

    let body = json_body(&headers, body)?;
    let mut fields = Fields::of(body.as_ref())?;
    let account = new_account(&mut fields);
    let remember = fields.optional_bool("rememberMe").unwrap_or(true);
    let callback = fields.optional_text("callbackURL");
    fields.finish()?;
    destination(&auth, callback)?;

    let user = auth.sign_up(account).await?;
    begin(&auth, &user, remember, &client, &headers).await
}

async fn sign_in(
    State(auth): State<Auth>,
    peer: Peer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    auth.origins().check_login(&headers)?;
    let client = client(&auth, &headers, peer);
    auth.limit(&client, "sign-in")?;

    let body = json_body(&headers, body)?;
    let mut fields = Fields::of(body.as_ref())?;
    let email = fields.text("email");
    let password = fields.text("password");
    let remember = fields.optional_bool("rememberMe").unwrap_or(true);
    let callback = fields.optional_text("callbackURL");
    fields.finish()?;
    let destination = destination(&auth, callback)?;
    let email = email_address(email).ok_or(Refusal::INVALID_EMAIL)?;

    let user = auth
        .authenticate(&email, password, &client)
        .await
        .inspect_err(|error| {
            if matches!(error, SignInError::Wrong) {
                tracing::info!("a sign-in was refused");
            }
        })?;
    let (id, cookies) = auth.begin(&user, remember, &client, &headers).await?;
    let mut answer = json!({ "redirect": false, "token": id, "user": user_json(&user) });
    let mut headers = set(cookies);
    if let Some(url) = destination {
        if let Ok(location) = HeaderValue::try_from(&url) {
            headers.insert(header::LOCATION, location);
        }
        answer["redirect"] = true.into();
        answer["url"] = url.into();
    }
    Ok((headers, Json(answer)).into_response())
}

/// Makes the first administrator, of whoever has the link from the terminal, and signs them in.
async fn set_up(
    State(auth): State<Auth>,
    peer: Peer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    auth.origins().check_login(&headers)?;
    let client = client(&auth, &headers, peer);
    auth.limit(&client, "set-up")?;

    let body = json_body(&headers, body)?;
    let mut fields = Fields::of(body.as_ref())?;
    let token = fields.text("token");
    let account = new_account(&mut fields);
    fields.finish()?;

    let user = auth.set_up(token, account).await?;
    tracing::info!("the first administrator was made");
    begin(&auth, &user, true, &client, &headers).await
}

/// Signs in whoever has the link that `herald demo` shows.
async fn sign_in_by_link(
    State(auth): State<Auth>,
    peer: Peer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    auth.origins().check_login(&headers)?;
    let client = client(&auth, &headers, peer);
    auth.limit(&client, "sign-in-link")?;

    let body = json_body(&headers, body)?;
    let mut fields = Fields::of(body.as_ref())?;
    let token = fields.text("token");
    fields.finish()?;
    let user = auth.user_of_link(token).await?;
    let user = user.ok_or(Refusal::INVALID_SIGN_IN_LINK)?;
    begin(&auth, &user, true, &client, &headers).await
}

fn new_account<'a>(fields: &mut Fields<'a>) -> NewAccount<'a> {
    let account = NewAccount {
        name: fields.text("name"),
        email: fields.email("email"),
        password: fields.text("password"),
        image: fields.optional_text("image"),
    };
    fields.check_storable("name", account.name);
    fields.check_storable("image", account.image.unwrap_or_default());
    account
}

async fn begin(
    auth: &Auth,
    user: &User,
    remember: bool,
    client: &Client,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let (id, cookies) = auth.begin(user, remember, client, headers).await?;
    Ok((
        set(cookies),
        Json(json!({ "token": id, "user": user_json(user) })),
    )
        .into_response())
}

async fn sign_out(
    State(auth): State<Auth>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    auth.origins().check_post(&headers)?;
    json_body(&headers, body)?;
    auth.end(&headers).await?;
    Ok((set(auth.deletions()), Json(json!({ "success": true }))).into_response())
}

async fn get_session(
    State(auth): State<Auth>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (cookies, answer) = match auth.session(&headers).await? {
        Session::None => (Vec::new(), Value::Null),
        // Also for a forged one: a page that trusts the cookie's mere presence would else be sent
        // back and forth for ever.
        Session::Dead => (auth.deletions(), Value::Null),
        Session::Live(mut live) => {
            let cookies = if asks_not_to_renew(query.as_deref().unwrap_or_default()) {
                Vec::new()
            } else {
                auth.renew(&mut live).await?
            };
            let answer =
                json!({ "session": session_json(&live.sign_in), "user": user_json(&live.user) });
            (cookies, answer)
        }
    };
    Ok((set(cookies), Json(answer)).into_response())
}

/// A mode of the better-auth server that this one does not have.
async fn post_session(State(auth): State<Auth>, headers: HeaderMap) -> Result<Response, Refusal> {
    auth.origins().check_post(&headers)?;
    Err(Refusal::POST_SESSION)
}

fn asks_not_to_renew(query: &str) -> bool {
    url::form_urlencoded::parse(query.as_bytes())
        .any(|(name, value)| name == "disableRefresh" && value == "true")
}

fn client(auth: &Auth, headers: &HeaderMap, peer: Peer) -> Client {
    let address = peer.map_or(
        IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        |Extension(ConnectInfo(peer))| peer.ip(),
    );
    auth.client(headers, address)
}

/// Where the page wants to go next; an empty text is nowhere.
fn destination(auth: &Auth, callback: Option<&str>) -> Result<Option<String>, Refusal> {
    match callback.filter(|url| !url.is_empty()) {
        None => Ok(None),
        Some(url) => auth
            .origins()
            .destination(url)
            .map(Some)
            .ok_or(Refusal::INVALID_CALLBACK_URL),
    }
}

fn set(cookies: Vec<HeaderValue>) -> HeaderMap {
    cookies
        .into_iter()
        .map(|cookie| (header::SET_COOKIE, cookie))
        .collect()
}

fn user_json(user: &User) -> Value {
    json!({
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "emailVerified": user.email_verified,
        "image": user.image,
        "createdAt": date(user.created_at),
        "updatedAt": date(user.updated_at),
        "role": user.role,
    })
}

/// `token` is the public id, not the secret: clients use it to name a sign-in, never to sign in.
fn session_json(sign_in: &SignIn) -> Value {
    json!({
        "id": sign_in.id,
        "token": sign_in.id,
        "userId": sign_in.user_id,
        "expiresAt": date(sign_in.expires_at),
        "createdAt": date(sign_in.created_at),
        "updatedAt": date(sign_in.updated_at),
        "ipAddress": sign_in.ip_address,
        "userAgent": sign_in.user_agent,
    })
}

/// As JavaScript writes dates: UTC with milliseconds and Z.
fn date(ms: i64) -> String {
    format!("{:.3}", Timestamp::from_millisecond(ms).unwrap_or_default())
}
