//! Which pages may call: the origin rules (`docs/wire/auth.md`, section 4).

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::{self, Next},
    response::Response,
    routing::Route,
};
use tower::{Layer, Service, ServiceExt};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};
use url::{Origin, Url};

const SEC_FETCH_SITE: &str = "sec-fetch-site";
const SEC_FETCH_MODE: &str = "sec-fetch-mode";
const SEC_FETCH_DEST: &str = "sec-fetch-dest";

/// The origins that are trusted: Herald's own address, the loopback names at its port, and those
/// that the operator lists. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Origins(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    public_url: Url,
    trusted: Vec<Origin>,
    /// Those that are not Herald's own, as browsers write them.
    foreign: Vec<HeaderValue>,
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// A page at an address that is not trusted sent it.
    Untrusted,
    /// It does not say what sent it.
    Missing,
    /// A form on another site sent it.
    CrossSiteLogin,
}

impl Origins {
    pub(super) fn new(public_url: Url, others: &[Url], listen: SocketAddr) -> Self {
        let loopback = ["localhost", "127.0.0.1"]
            .iter()
            .filter_map(|host| Url::parse(&format!("http://{host}:{}", listen.port())).ok())
            .map(|url| url.origin());
        let mut trusted: Vec<Origin> = loopback.chain([public_url.origin()]).collect();
        let foreign: Vec<Origin> = others
            .iter()
            .map(Url::origin)
            .filter(|origin| origin.is_tuple() && !trusted.contains(origin))
            .collect();
        trusted.extend_from_slice(&foreign);
        let foreign = foreign
            .iter()
            .filter_map(|origin| HeaderValue::try_from(origin.ascii_serialization()).ok())
            .collect();
        Self(Arc::new(Inner {
            public_url,
            trusted,
            foreign,
        }))
    }

    /// For `/api/trpc`: whether the request comes from a trusted page, or from a program, which
    /// sends neither Origin nor Referer.
    pub fn check_program_or_trusted(&self, headers: &HeaderMap) -> bool {
        match source(headers) {
            Some(source) => self.trusts(source),
            None => true,
        }
    }

    /// Answers cross-origin requests of the listed origins, preflights among them, with
    /// credentials. To everybody else there is no such thing, not even a path that knows OPTIONS.
    pub fn cors(
        &self,
    ) -> impl Layer<
        Route,
        Service: Service<
            Request,
            Response = Response,
            Error = std::convert::Infallible,
            Future: Send,
        > + Clone
                     + Send
                     + Sync
                     + 'static,
    > + Clone
    + Send
    + Sync
    + 'static {
        middleware::from_fn_with_state(self.clone(), cors)
    }

    /// A POST: what carries cookies must come from a trusted page.
    pub(crate) fn check_post(&self, headers: &HeaderMap) -> Result<(), Refused> {
        if headers.contains_key(header::COOKIE) {
            self.check_source(headers)
        } else {
            Ok(())
        }
    }

    /// A POST that signs in: what a browser sends must come from a trusted page, with or without
    /// cookies; else another site could sign its visitor in as somebody else.
    pub(crate) fn check_login(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let is = |name: &str, value: &str| headers.get(name).is_some_and(|found| found == value);
        if is(SEC_FETCH_SITE, "cross-site") && is(SEC_FETCH_MODE, "navigate") {
            return Err(Refused::CrossSiteLogin);
        }
        let of_browser = [SEC_FETCH_SITE, SEC_FETCH_MODE, SEC_FETCH_DEST]
            .iter()
            .any(|name| headers.contains_key(*name));
        if of_browser || headers.contains_key(header::COOKIE) || source(headers).is_some() {
            self.check_source(headers)
        } else {
            Ok(())
        }
    }

    /// Where a page may be sent on to: a path here, or a trusted origin. Returns the address in
    /// its normal form.
    pub(crate) fn destination(&self, text: &str) -> Option<String> {
        if text.contains(|c: char| c == '\\' || c.is_whitespace() || c.is_control()) {
            return None;
        }
        if text.starts_with('/') {
            let url = self.0.public_url.join(text).ok()?;
            let path = &url[url::Position::BeforePath..];
            // Resolving `/.//host` gives `//host`, which a browser would take for another host.
            (url.origin() == self.0.public_url.origin()
                && !text.starts_with("//")
                && !path.starts_with("//"))
            .then(|| path.to_owned())
        } else {
            let url = Url::parse(text).ok()?;
            let plain = url.username().is_empty() && url.password().is_none();
            (plain && self.0.trusted.contains(&url.origin())).then(|| url.into())
        }
    }

    fn check_source(&self, headers: &HeaderMap) -> Result<(), Refused> {
        match source(headers) {
            None | Some("null") => Err(Refused::Missing),
            Some(source) if self.trusts(source) => Ok(()),
            Some(_) => Err(Refused::Untrusted),
        }
    }

    fn trusts(&self, source: &str) -> bool {
        Url::parse(source).is_ok_and(|url| self.0.trusted.contains(&url.origin()))
    }
}

/// The Origin, or else the Referer. One that is not text is nobody's.
fn source(headers: &HeaderMap) -> Option<&str> {
    let source = headers
        .get(header::ORIGIN)
        .or_else(|| headers.get(header::REFERER))?;
    Some(source.to_str().unwrap_or("null"))
}

async fn cors(State(Origins(origins)): State<Origins>, request: Request, next: Next) -> Response {
    let listed = request
        .headers()
        .get(header::ORIGIN)
        .filter(|origin| origins.foreign.contains(origin))
        .cloned();
    let mut response = match listed {
        Some(origin) => {
            let cors = CorsLayer::new()
                .allow_origin(AllowOrigin::exact(origin))
                .allow_credentials(true)
                .allow_methods([Method::GET, Method::POST])
                .allow_headers(AllowHeaders::mirror_request())
                .expose_headers([HeaderName::from_static("x-retry-after")])
                .layer(next);
            match cors.oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        }
        None => next.run(request).await,
    };
    if !origins.foreign.is_empty() {
        response
            .headers_mut()
            .append(header::VARY, HeaderValue::from_static("origin"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins() -> Origins {
        let url = |text| Url::parse(text).unwrap();
        let listed = [url("https://front.example"), url("http://localhost:5173")];
        Origins::new(
            url("https://herald.example/"),
            &listed,
            "127.0.0.1:3210".parse().unwrap(),
        )
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn an_origin_is_trusted_exactly_or_not_at_all() {
        for trusted in [
            "https://herald.example",
            "https://herald.example:443",
            "https://front.example",
            "http://localhost:5173",
            "http://localhost:3210",
            "http://127.0.0.1:3210",
        ] {
            assert!(
                origins().check_program_or_trusted(&headers(&[("origin", trusted)])),
                "{trusted}"
            );
        }
        for foreign in [
            "null",
            "",
            "http://herald.example",
            "https://herald.example:8443",
            "https://herald.example.evil.example",
            "https://evilherald.example",
            "https://herald.example@evil.example",
            "http://localhost:3211",
            "http://localhost",
            "http://[::1]:3210",
            "https://127.0.0.1:3210",
            "javascript:alert(1)",
            "file:///etc",
        ] {
            assert!(
                !origins().check_program_or_trusted(&headers(&[("origin", foreign)])),
                "{foreign}"
            );
            assert!(
                !origins().check_program_or_trusted(&headers(&[("referer", foreign)])),
                "{foreign}"
            );
        }
        assert!(origins().check_program_or_trusted(&headers(&[])));
        assert!(
            origins().check_program_or_trusted(&headers(&[(
                "referer",
                "https://herald.example/page?x=1"
            )]))
        );
        let origin_wins = headers(&[
            ("origin", "https://evil.example"),
            ("referer", "https://herald.example/"),
        ]);
        assert!(!origins().check_program_or_trusted(&origin_wins));
    }

    #[test]
    fn a_post_with_cookies_needs_a_trusted_page() {
        let (own, evil) = ("https://herald.example", "https://evil.example");
        for (pairs, expected) in [
            (&[][..], Ok(())),
            (&[("origin", evil)], Ok(())),
            (&[("cookie", "a=b")], Err(Refused::Missing)),
            (
                &[("cookie", "a=b"), ("origin", "null")],
                Err(Refused::Missing),
            ),
            (
                &[("cookie", "a=b"), ("origin", evil)],
                Err(Refused::Untrusted),
            ),
            (&[("cookie", "a=b"), ("origin", own)], Ok(())),
            (
                &[
                    ("cookie", "a=b"),
                    ("referer", "https://herald.example/sign-in"),
                ],
                Ok(()),
            ),
            (
                &[
                    ("cookie", "a=b"),
                    ("referer", "https://evil.example/sign-in"),
                ],
                Err(Refused::Untrusted),
            ),
        ] {
            assert_eq!(origins().check_post(&headers(pairs)), expected, "{pairs:?}");
        }
    }

    #[test]
    fn a_browser_signs_in_from_a_trusted_page_alone() {
        let (own, evil) = ("https://herald.example", "https://evil.example");
        let cross_site = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("origin", own),
        ];
        for (pairs, expected) in [
            (&[][..], Ok(())),
            (&[("origin", own)], Ok(())),
            (&[("origin", evil)], Err(Refused::Untrusted)),
            (
                &[("referer", "https://evil.example/")],
                Err(Refused::Untrusted),
            ),
            (&[("sec-fetch-mode", "cors")], Err(Refused::Missing)),
            (
                &[("sec-fetch-site", "same-origin"), ("origin", own)],
                Ok(()),
            ),
            (
                &[("sec-fetch-dest", "document"), ("origin", evil)],
                Err(Refused::Untrusted),
            ),
            (&[("cookie", "a=b")], Err(Refused::Missing)),
            (&cross_site, Err(Refused::CrossSiteLogin)),
        ] {
            assert_eq!(
                origins().check_login(&headers(pairs)),
                expected,
                "{pairs:?}"
            );
        }
    }

    #[test]
    fn a_page_is_sent_on_to_a_path_here_or_a_trusted_origin() {
        for (text, expected) in [
            ("/dash", "/dash"),
            ("/dash?tab=1&x=%2F#top", "/dash?tab=1&x=%2F#top"),
            ("/a/../b", "/b"),
            ("/gr\u{fc}n", "/gr%C3%BCn"),
            ("https://front.example/x?y", "https://front.example/x?y"),
            ("http://localhost:5173/", "http://localhost:5173/"),
        ] {
            assert_eq!(origins().destination(text).as_deref(), Some(expected));
        }
        for evil in [
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/.//evil.example",
            "/x/..//evil.example",
            "/%2e//evil.example",
            "https://evil.example",
            "https://front.example@evil.example/",
            "https://user@front.example/",
            "https://front.example.evil.example/",
            "https://front.example:444/",
            "http://front.example/",
            "javascript:alert(1)",
            "data:text/html,x",
            "dash",
            "/a\r\nSet-Cookie: x=y",
        ] {
            assert_eq!(origins().destination(evil), None, "{evil:?}");
        }
    }
}
