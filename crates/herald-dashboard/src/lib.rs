//! Herald's pages as a router: the files that `build.rs` made of `web/`, out of the binary.
//!
//! Files under `/assets/` carry a hash of their content in their name and are kept by browsers for
//! good. Everything else that is no file is the page itself, which then shows what the address
//! names. The page comes with a policy that lets it run and style itself by what it brings, and
//! nothing else.

use std::{borrow::Cow, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use rust_embed::RustEmbed;
use tower_http::compression::CompressionLayer;

#[derive(RustEmbed)]
#[folder = "$OUT_DIR/dist"]
struct Files;

/// Stands in the page where each answer's nonce goes.
const NONCE: &str = "__CSP_NONCE__";
const FOREVER: &str = "public, max-age=31536000, immutable";
const AN_HOUR: &str = "public, max-age=3600";

type Nonce = Arc<dyn Fn() -> String + Send + Sync>;

/// The pages, for every path that nobody else answers. `nonce` makes a text that nobody can guess,
/// of base64's characters: the page's own style sheets carry it.
pub fn router(nonce: impl Fn() -> String + Send + Sync + 'static) -> Router {
    Router::new()
        .fallback(get(answer))
        .layer(CompressionLayer::new())
        .with_state(Arc::new(nonce) as Nonce)
}

async fn answer(State(nonce): State<Nonce>, uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "index.html" {
        return page(&nonce());
    }
    match Files::get(path) {
        Some(file) => {
            let kept = if path.starts_with("assets/") {
                FOREVER
            } else {
                AN_HOUR
            };
            let kind = mime_guess::from_path(path).first_or_octet_stream();
            let headers = [
                (header::CONTENT_TYPE, kind.as_ref()),
                (header::CACHE_CONTROL, kept),
            ];
            (headers, body(file.data)).into_response()
        }
        // An old page asks for a file that a new version does not have.
        None if path.starts_with("assets/") => StatusCode::NOT_FOUND.into_response(),
        None => page(&nonce()),
    }
}

fn body(data: Cow<'static, [u8]>) -> axum::body::Body {
    match data {
        Cow::Borrowed(data) => data.into(),
        Cow::Owned(data) => data.into(),
    }
}

fn page(nonce: &str) -> Response {
    let Some(page) = Files::get("index.html") else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; connect-src 'self'; \
         manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    let text = String::from_utf8_lossy(&page.data).replace(NONCE, nonce);
    let Ok(policy) = HeaderValue::try_from(policy) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, text).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{
        body::Body,
        http::{HeaderMap, Request},
    };
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    async fn ask(method: &str, path: &str) -> (StatusCode, HeaderMap, String) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::empty())
            .unwrap();
        let answer = router(|| "bm9uY2U".to_owned())
            .oneshot(request)
            .await
            .unwrap();
        let (head, body) = answer.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        (
            head.status,
            head.headers,
            String::from_utf8_lossy(&bytes).into_owned(),
        )
    }

    #[tokio::test]
    async fn every_path_is_the_page_under_a_policy_with_its_nonce() {
        for path in ["/", "/groups", "/index.html", "/set-up"] {
            let (status, headers, text) = ask("GET", path).await;
            assert_eq!(status, StatusCode::OK);
            assert!(text.contains(r#"content="bm9uY2U""#) && !text.contains(NONCE));
            assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
            let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none'"), "{policy}");
            assert!(policy.contains("'nonce-bm9uY2U'") && !policy.contains("unsafe"));
            // What the policy forbids is not in the page.
            assert!(
                !text.contains("<style") && !text.contains("<script>") && !text.contains(" on")
            );
        }
        assert_eq!(ask("POST", "/").await.0, StatusCode::METHOD_NOT_ALLOWED);
    }

    #[tokio::test]
    async fn hashed_files_are_kept_for_good_and_missing_ones_are_no_page() {
        let (status, ..) = ask("GET", "/assets/gone-12345678.js").await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        for path in Files::iter().filter(|path| path.starts_with("assets/")) {
            let (status, headers, _) = ask("GET", &format!("/{path}")).await;
            assert_eq!(status, StatusCode::OK);
            assert_eq!(headers[header::CACHE_CONTROL], FOREVER);
            assert!(!headers.contains_key(header::CONTENT_SECURITY_POLICY));
        }
    }
}
