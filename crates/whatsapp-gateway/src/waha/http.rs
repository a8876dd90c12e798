//! Requests to WAHA: addresses, the key, retries of reads, bounded answers.

use std::{error::Error, time::Duration};

use backon::{ExponentialBuilder, Retryable};
use reqwest::{
    Client, ClientBuilder, Method, Response, StatusCode, Upgraded,
    header::{
        ACCEPT, CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT,
        SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
    },
    redirect, retry,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::{client::generate_key, derive_accept_key},
        protocol::{Role, WebSocketConfig},
    },
};
use url::Url;

use super::{EVENT, InvalidConfig, SMALL, answer::Answer};
use crate::{GatewayError, Result};

/// WAHA closes idle connections after 5 s (section 1): ours must be gone before.
const IDLE: Duration = Duration::from_secs(4);

/// Where a request that is made but once was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// There was no connection: it was surely not done.
    BeforeItWasSent,
    /// No answer came: it may have been done.
    AfterItWasSent,
}

#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    /// Makes a connection for each request. One that was idle may be closed by WAHA in the very
    /// instant, and then nobody could tell whether the request was heard.
    fresh: Client,
    base: Url,
    key: Option<SecretString>,
    /// How long a connection may take to come about.
    connect: Duration,
}

impl Http {
    pub(super) fn new(
        mut base: Url,
        key: Option<&SecretString>,
        connect: Duration,
    ) -> Result<Self, InvalidConfig> {
        if !matches!(base.scheme(), "http" | "https") {
            return Err(InvalidConfig::BaseUrl);
        }
        base.set_query(None);
        base.set_fragment(None);

        let mut headers =
            HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        if let Some(key) = key {
            let mut value =
                HeaderValue::from_str(key.expose_secret()).map_err(|_| InvalidConfig::ApiKey)?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static("x-api-key"), value);
        }

        // Fails where the process has chosen a provider already; that one is then used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = |adjust: fn(ClientBuilder) -> ClientBuilder| {
            let mut client = Client::builder()
                .default_headers(headers.clone())
                .connect_timeout(connect)
                .pool_idle_timeout(IDLE)
                // A redirect would carry the key to wherever it points.
                .redirect(redirect::Policy::none())
                // WAHA is a neighbour: a proxy for the wide world does not reach it.
                .no_proxy();
            if base.scheme() == "http" {
                // Nothing is verified then, and a machine without certificates must do.
                client = client.tls_certs_only([]);
            }
            adjust(client)
                .build()
                .map_err(|error| InvalidConfig::Client(innermost(&error)))
        };
        Ok(Self {
            client: client(|client| client)?,
            fresh: client(|client| client.pool_max_idle_per_host(0).retry(retry::never()))?,
            base,
            key: key.cloned(),
            connect,
        })
    }

    /// Reads, at most `limit` bytes. The one kind of call that is repeated when WAHA cannot be
    /// reached or breaks off, as it does for an instant when it closes an idle connection.
    pub(super) async fn get(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        limit: usize,
    ) -> Result<Answer> {
        let mut url = self.url(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(50))
            .with_factor(3.0)
            .with_max_times(3);
        (|| self.send(Method::GET, url.clone(), None, limit))
            .retry(pauses)
            .when(|error| matches!(error, GatewayError::Unreachable(_)))
            .await
    }

    pub(super) async fn post(&self, path: &[&str], body: Option<&Value>) -> Result<Answer> {
        self.send(Method::POST, self.url(path), body, SMALL).await
    }

    /// Posts what must not be done twice. Never repeated, here or below.
    pub(super) async fn post_once(&self, path: &[&str], body: &Value) -> Result<Answer, Lost> {
        let request = self.fresh.post(self.url(path)).json(body);
        let mut response = request.send().await.map_err(|error| {
            if error.is_connect() || error.is_builder() {
                Lost::BeforeItWasSent
            } else {
                Lost::AfterItWasSent
            }
        })?;
        // The status says enough: a body that breaks off, or is too long, is as good as none.
        let body = read(&mut response, SMALL).await;
        Ok(Answer {
            status: response.status(),
            body: body.ok().flatten().unwrap_or_default(),
            cut_at: None,
        })
    }

    pub(super) async fn put(&self, path: &[&str], body: &Value) -> Result<Answer> {
        self.send(Method::PUT, self.url(path), Some(body), SMALL)
            .await
    }

    pub(super) async fn delete(&self, path: &[&str]) -> Result<Answer> {
        self.send(Method::DELETE, self.url(path), None, SMALL).await
    }

    /// Opens a web socket by an HTTP request, so that everything about connections holds for it
    /// too. A web socket takes the key in its address alone (section 9.3): that is never logged.
    pub(super) async fn socket(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<WebSocketStream<Upgraded>> {
        let mut url = self.url(path);
        url.query_pairs_mut().extend_pairs(query);
        if let Some(key) = &self.key {
            url.query_pairs_mut()
                .append_pair("x-api-key", key.expose_secret());
        }
        let nonce = generate_key();
        let request = self
            .client
            .get(url)
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_VERSION, "13")
            .header(SEC_WEBSOCKET_KEY, &nonce);
        let response = request.send().await.map_err(|error| self.broken(error))?;

        let status = response.status();
        let accept = response.headers().get(SEC_WEBSOCKET_ACCEPT);
        let is_accepted = status == StatusCode::SWITCHING_PROTOCOLS
            && accept.is_some_and(|accept| *accept == derive_accept_key(nonce.as_bytes()));
        if !is_accepted {
            return Err(match status.as_u16() {
                status @ (401 | 403) => GatewayError::Unauthorized { status },
                status => GatewayError::Engine(format!("{status} instead of a web socket")),
            });
        }
        let connection = response
            .upgrade()
            .await
            .map_err(|error| self.broken(error))?;
        let limits = WebSocketConfig::default()
            .max_message_size(Some(EVENT))
            .max_frame_size(Some(EVENT));
        Ok(WebSocketStream::from_raw_socket(connection, Role::Client, Some(limits)).await)
    }

    /// Each segment is escaped: whatever a name holds, it stays within its segment.
    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    async fn send(
        &self,
        method: Method,
        url: Url,
        body: Option<&Value>,
        limit: usize,
    ) -> Result<Answer> {
        let mut request = self.client.request(method, url);
        if let Some(body) = body {
            request = request.json(body);
        }
        let mut response = request.send().await.map_err(|error| self.broken(error))?;
        let body = read(&mut response, limit).await;
        let body = body.map_err(|error| self.broken(error))?;
        Ok(Answer {
            status: response.status(),
            cut_at: body.is_none().then_some(limit),
            body: body.unwrap_or_default(),
        })
    }

    fn broken(&self, error: reqwest::Error) -> GatewayError {
        if error.is_timeout() {
            // The one limit of the client; those of whole calls are kept by the caller.
            GatewayError::Timeout {
                after: self.connect,
            }
        } else {
            GatewayError::Unreachable(innermost(&error.without_url()))
        }
    }
}

/// A body, if it is not longer than the limit.
async fn read(response: &mut Response, limit: usize) -> reqwest::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// The first cause; those around it only say that a request failed.
fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
