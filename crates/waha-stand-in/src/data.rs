//! The QR code, groups, contacts and the table of LIDs: calls that wait for the session to be ready (sections 1, 5
//! to 7).

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, header::ACCEPT, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    Behaviour, Engine, Status,
    errors::{
        Answer, answer, internal, invalid, no_session, not_ready, refused, session_not_found,
    },
    lifecycle::one_only,
    machine::{Session, Table, World, lock},
    shapes,
};

type Asked = Query<HashMap<String, String>>;

pub(crate) async fn qr(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Query(query): Asked,
    headers: HeaderMap,
) -> Answer {
    let session = ready(&world, &name, Status::ScanQrCode).await?;
    let text = session.qr();
    if query.get("format").is_some_and(|format| format == "raw") {
        return Ok(answer(200, &json!({"value": text})));
    }
    let Some(png) = png(&text) else {
        return Err(internal(
            world.profile.behaviour,
            "GET",
            "/api/qr",
            "no image",
        ));
    };
    // To the letter: with anything beside it, the image itself comes.
    if headers
        .get(ACCEPT)
        .is_some_and(|accept| accept == "application/json")
    {
        let data = BASE64_STANDARD.encode(png);
        Ok(answer(200, &json!({"mimetype": "image/png", "data": data})))
    } else {
        Ok(([(CONTENT_TYPE, "image/png")], png).into_response())
    }
}

fn png(text: &str) -> Option<Vec<u8>> {
    const MARGIN: usize = 4;
    const SCALE: usize = 4;
    let code = qrcode::QrCode::new(text).ok()?;
    let (modules, colours) = (code.width(), code.to_colors());
    let width = (modules + 2 * MARGIN) * SCALE;
    let is_dark = |pixel: usize| {
        let at = |pixel: usize| {
            (pixel / SCALE)
                .checked_sub(MARGIN)
                .filter(|module| *module < modules)
        };
        at(pixel % width)
            .zip(at(pixel / width))
            .is_some_and(|(x, y)| colours[y * modules + x] == qrcode::Color::Dark)
    };
    let pixels: Vec<u8> = (0..width * width)
        .map(|pixel| if is_dark(pixel) { 0 } else { 255 })
        .collect();

    let mut image = Vec::new();
    let side = u32::try_from(width).ok()?;
    let mut encoder = png::Encoder::new(&mut image, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder
        .write_header()
        .ok()?
        .write_image_data(&pixels)
        .ok()?;
    Some(image)
}

pub(crate) async fn groups(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Query(query): Asked,
) -> Answer {
    let page = Page::read(&world, &query, "subject")?;
    let exclude = query
        .get("exclude")
        .filter(|_| world.profile.behaviour > Behaviour::Core202410);
    if exclude.is_some_and(|exclude| exclude != "participants") {
        return Err(invalid(
            "each value in exclude must be one of: participants",
        ));
    }
    let session = ready(&world, &name, Status::Working).await?;
    let engine = world.profile.engine;
    let in_sql = engine == Engine::Noweb && has_store(&session);
    let groups = shapes::groups(
        &lock(&world.account),
        engine,
        world.profile.behaviour,
        exclude.is_none(),
    );
    let groups = page.of(groups, in_sql);
    let body = if engine == Engine::Noweb {
        shapes::by_id(groups)
    } else {
        groups.into()
    };
    Ok(answer(200, &body))
}

pub(crate) async fn contacts(State(world): State<Arc<World>>, Query(query): Asked) -> Answer {
    let Some(name) = query.get("session") else {
        return Err(match world.profile.behaviour {
            Behaviour::Core202410 => refused(422, "session is required"),
            _ => invalid("session should not be empty"),
        });
    };
    let page = Page::read(&world, &query, "name")?;
    let session = ready(&world, name, Status::Working).await?;
    let engine = world.profile.engine;
    if engine == Engine::Noweb && !has_store(&session) {
        return Err(refused(
            400,
            "Enable NOWEB store: config.noweb.store.enabled=True",
        ));
    }
    let contacts = shapes::contacts(&lock(&world.account), engine, world.profile.behaviour);
    Ok(answer(
        200,
        &page.of(contacts, engine == Engine::Noweb).into(),
    ))
}

/// The table of LIDs came in 2025.5.4 (section 7).
pub(crate) async fn lids(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Query(query): Asked,
) -> Answer {
    if world.profile.behaviour == Behaviour::Core202410 {
        return Err(refused(404, format!("Cannot GET /api/{name}/lids")));
    }
    let page = Page::read(&world, &query, "lid")?;
    let session = ready(&world, &name, Status::Working).await?;
    let in_sql = world.profile.engine == Engine::Noweb;
    if in_sql && !has_store(&session) {
        return Err(refused(
            400,
            "Enable NOWEB store: config.noweb.store.enabled=True",
        ));
    }
    let lids = shapes::lids(&lock(&world.account));
    Ok(answer(200, &page.of(lids, in_sql).into()))
}

pub(crate) fn has_store(session: &Session) -> bool {
    session
        .config
        .as_ref()
        .is_some_and(|config| config["noweb"]["store"]["enabled"] == true)
}

/// The session once it is in this state, or the refusal after WAHA's wait.
pub(crate) async fn ready(
    world: &World,
    name: &str,
    expected: Status,
) -> Result<Session, Response> {
    one_only(world, name)?;
    let waits = world.profile.waits;
    let running = |table: &Table| {
        table
            .get(name)
            .is_some_and(|session| session.status != Status::Stopped)
    };
    let as_expected = |table: &Table| {
        table
            .get(name)
            .is_some_and(|session| session.status == expected)
    };
    let seconds = if world.profile.behaviour == Behaviour::Core202410 {
        if !running(&world.table.borrow()) {
            return Err(session_not_found());
        }
        5.0
    } else {
        let _ = timeout(waits.of(5.0), world.table.subscribe().wait_for(running)).await;
        if running(&world.table.borrow()) {
            10.0
        } else {
            0.0
        }
    };
    let _ = timeout(
        waits.of(seconds),
        world.table.subscribe().wait_for(as_expected),
    )
    .await;
    match world.table.borrow().get(name) {
        None => Err(no_session(name)),
        Some(session) if session.status == expected => Ok(session.clone()),
        Some(session) => Err(not_ready(name, session.status, expected)),
    }
}

/// `limit` and `offset`, with what the engines make of them (section 6).
struct Page {
    limit: Option<i64>,
    offset: Option<i64>,
}

impl Page {
    fn read(
        world: &World,
        query: &HashMap<String, String>,
        second_sort: &str,
    ) -> Result<Self, Response> {
        if world.profile.behaviour == Behaviour::Core202410 {
            return Ok(Self {
                limit: None,
                offset: None,
            });
        }
        let number = |key: &str| match query.get(key).map(|text| text.parse()) {
            None => Ok(None),
            Some(Ok(number)) => Ok(Some(number)),
            Some(Err(_)) => Err(invalid(&format!(
                "{key} must be a number conforming to the specified constraints"
            ))),
        };
        match query.get("sortBy") {
            Some(sort) if sort != "id" && sort != second_sort => Err(invalid(&format!(
                "sortBy must be one of the following values: id, {second_sort}"
            ))),
            _ => Ok(Self {
                limit: number("limit")?,
                offset: number("offset")?,
            }),
        }
    }

    /// SQL takes each as said; in memory the offset counts only beside a limit, and 0 is no limit.
    fn of(&self, items: Vec<Value>, in_sql: bool) -> Vec<Value> {
        let (limit, offset) = match (in_sql, self.limit) {
            (true, limit) => (limit.filter(|limit| *limit >= 0), self.offset),
            (false, None | Some(0)) => (None, None),
            (false, limit) => (limit, self.offset),
        };
        let count = |number: Option<i64>, otherwise| {
            number.map_or(otherwise, |n| usize::try_from(n).unwrap_or(0))
        };
        items
            .into_iter()
            .skip(count(offset, 0))
            .take(count(limit, usize::MAX))
            .collect()
    }
}
