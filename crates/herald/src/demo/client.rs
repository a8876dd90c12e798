//! A small tRPC client: one call a request, superjson in and out, the cookie kept.

use std::time::Duration;

use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use url::Url;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("the server could not be called: {0}")]
    Http(#[from] reqwest::Error),
    #[error("the server answered {status}: {message}")]
    Refused { status: StatusCode, message: String },
    #[error("the answer was not what was expected: {what}")]
    Unexpected { what: &'static str },
    #[error("cannot write: {0}")]
    Io(#[from] std::io::Error),
}

pub(super) struct Client {
    http: reqwest::Client,
    server: Url,
    cookie: Option<String>,
}

impl Client {
    pub(super) fn new(server: Url) -> Self {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_mins(1))
            .no_proxy()
            .build();
        Self {
            http: http.expect("a client without special settings can be built"),
            server,
            cookie: None,
        }
    }

    pub(super) async fn sign_in(&mut self, email: &str, password: &str) -> Result<Value, Failure> {
        let url = self.at("/api/auth/sign-in/email");
        let request = self
            .http
            .post(url)
            .json(&json!({ "email": email, "password": password }));
        let response = request.send().await?;
        let cookie = response
            .headers()
            .get(header::SET_COOKIE)
            .and_then(|cookie| cookie.to_str().ok());
        self.cookie = cookie
            .and_then(|cookie| cookie.split(';').next())
            .map(str::to_owned);
        let status = response.status();
        let body: Value = response.json().await?;
        if status.is_success() {
            Ok(body)
        } else {
            Err(refused(status, &body))
        }
    }

    pub(super) async fn query(&self, path: &str, input: Option<Value>) -> Result<Value, Failure> {
        let mut url = self.at(&format!("/api/trpc/{path}"));
        if let Some(input) = input {
            url.query_pairs_mut()
                .append_pair("input", &json!({ "json": input }).to_string());
        }
        self.answer(self.http.get(url)).await
    }

    pub(super) async fn mutation(
        &self,
        path: &str,
        input: Option<Value>,
    ) -> Result<Value, Failure> {
        let body = input.map_or(json!({}), |input| json!({ "json": input }));
        self.answer(
            self.http
                .post(self.at(&format!("/api/trpc/{path}")))
                .json(&body),
        )
        .await
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Result<Value, Failure> {
        let cookie = self.cookie.as_deref().unwrap_or_default();
        let response = request.header(header::COOKIE, cookie).send().await?;
        let status = response.status();
        let mut body: Value = response.json().await?;
        match body.pointer_mut("/result/data").map(Value::take) {
            Some(envelope) => Ok(plain(envelope)),
            None => Err(refused(status, &body["error"]["json"])),
        }
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.server.clone();
        url.set_path(path);
        url
    }
}

/// What superjson wrapped: fields that are undefined are not there, dates stay texts.
fn plain(mut envelope: Value) -> Value {
    let mut json = envelope["json"].take();
    let undefined = envelope
        .pointer("/meta/values")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    for (field, _) in undefined.filter(|(_, annotation)| **annotation == json!(["undefined"])) {
        json.as_object_mut()
            .map(|fields| fields.shift_remove(field));
    }
    json
}

fn refused(status: StatusCode, error: &Value) -> Failure {
    Failure::Refused {
        status,
        message: error["message"].as_str().unwrap_or("no message").to_owned(),
    }
}
