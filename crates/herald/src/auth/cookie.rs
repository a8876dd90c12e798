//! The cookies, byte for byte as the better-auth server writes them (`docs/wire/auth.md`,
//! section 2): the value and its signature, HMAC-SHA-256 in base64, joined by a dot.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine, engine::general_purpose::STANDARD};
use cookie::Cookie;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::Sha256;

use super::Secret;

/// How long a remembered sign-in lasts, in seconds.
pub(super) const MAX_AGE: i64 = 7 * 24 * 60 * 60;

const TOKEN: &str = "better-auth.session_token";
const DATA: &str = "better-auth.session_data";
const DONT_REMEMBER: &str = "better-auth.dont_remember";

/// What JavaScript's `encodeURIComponent` escapes.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Writes and reads the cookies.
#[derive(Debug, Clone)]
pub(super) struct Cookies {
    signer: Hmac<Sha256>,
    https: bool,
}

/// What a browser brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Brought {
    /// No cookie of ours.
    Nothing,
    /// A cookie of ours that we did not sign.
    Forged,
    /// A token that we signed.
    Token(String),
}

impl Cookies {
    /// With `https`, browsers are told to keep the cookies off plain HTTP.
    pub(super) fn new(secret: &Secret, https: bool) -> Self {
        let signer = Hmac::new_from_slice(secret.bytes()).expect("HMAC takes a key of any length");
        Self { signer, https }
    }

    /// For a new or renewed sign-in. One that is not to be remembered ends with the window.
    pub(super) fn sign_in(&self, token: &str, remember: bool) -> Vec<HeaderValue> {
        if remember {
            vec![self.set(TOKEN, &self.signed(token), Some(MAX_AGE))]
        } else {
            vec![
                self.set(TOKEN, &self.signed(token), None),
                self.set(DONT_REMEMBER, &self.signed("true"), None),
            ]
        }
    }

    /// Make the browser forget everything.
    pub(super) fn deletions(&self) -> Vec<HeaderValue> {
        [TOKEN, DATA, DONT_REMEMBER]
            .map(|name| self.set(name, "", Some(0)))
            .into()
    }

    /// The first token that bears our signature: another site on the same host may have set a
    /// cookie of the same name.
    pub(super) fn read(&self, headers: &HeaderMap) -> Brought {
        let name = self.name(TOKEN);
        let mut brought = Brought::Nothing;
        for header in headers.get_all(header::COOKIE) {
            let header = String::from_utf8_lossy(header.as_bytes());
            for cookie in Cookie::split_parse(&*header)
                .flatten()
                .filter(|cookie| cookie.name() == name)
            {
                match self.verified(&percent_decode_str(cookie.value()).decode_utf8_lossy()) {
                    Some(token) => return Brought::Token(token.to_owned()),
                    None => brought = Brought::Forged,
                }
            }
        }
        brought
    }

    fn set(&self, name: &str, value: &str, max_age: Option<i64>) -> HeaderValue {
        let name = self.name(name);
        let age = max_age
            .map(|seconds| format!("; Max-Age={seconds}"))
            .unwrap_or_default();
        let secure = if self.https { "; Secure" } else { "" };
        let cookie = format!("{name}={value}{age}; Path=/; HttpOnly{secure}; SameSite=Lax");
        HeaderValue::try_from(cookie).expect("names and escaped values are visible ASCII")
    }

    fn name(&self, name: &str) -> String {
        if self.https {
            format!("__Secure-{name}")
        } else {
            name.to_owned()
        }
    }

    fn signed(&self, value: &str) -> String {
        let signature = self
            .signer
            .clone()
            .chain_update(value)
            .finalize()
            .into_bytes();
        let signed = format!("{value}.{}", STANDARD.encode(signature));
        utf8_percent_encode(&signed, ESCAPED).to_string()
    }

    /// The value, if its signature is ours; compared in constant time.
    fn verified<'a>(&self, signed: &'a str) -> Option<&'a str> {
        let (value, signature) = signed.rsplit_once('.')?;
        let signature = STANDARD.decode(signature).ok()?;
        self.signer
            .clone()
            .chain_update(value)
            .verify_slice(&signature)
            .is_ok()
            .then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(https: bool) -> Cookies {
        Cookies::new(
            &Secret::from_text("f3a9c1d27b604e85f3a9c1d27b604e85").unwrap(),
            https,
        )
    }

    fn header(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(value).unwrap())])
    }

    fn text(value: &HeaderValue) -> &str {
        value.to_str().unwrap()
    }

    #[test]
    fn a_cookie_is_written_as_the_reference_does() {
        let set = cookies(false).sign_in("token", true);
        let expected = "better-auth.session_token=token.BN3afwjxkbQKFHX5YuaJvG%2FHNgGJIiQeQjw5GHQd3Pk%3D; \
                        Max-Age=604800; Path=/; HttpOnly; SameSite=Lax";
        assert_eq!(set, [expected]);
    }

    #[test]
    fn on_https_the_name_and_the_attribute_say_so() {
        let set = cookies(true).sign_in("token", false);
        assert!(text(&set[0]).starts_with("__Secure-better-auth.session_token=token."));
        assert!(text(&set[0]).ends_with("; Path=/; HttpOnly; Secure; SameSite=Lax"));
        assert!(text(&set[1]).starts_with("__Secure-better-auth.dont_remember=true."));
        for deletion in cookies(true).deletions() {
            assert!(text(&deletion).starts_with("__Secure-better-auth."));
        }
    }

    #[test]
    fn what_was_written_is_read_and_what_was_altered_is_not() {
        let cookies = cookies(false);
        let set = cookies.sign_in("tOkEn-_1", true);
        let pair = text(&set[0]).split(';').next().unwrap().to_owned();
        assert_eq!(
            cookies.read(&header(&pair)),
            Brought::Token("tOkEn-_1".into())
        );
        let beside = format!("a=b; better-auth.session_token=foreign.AAAA; {pair}; c=d");
        assert_eq!(
            cookies.read(&header(&beside)),
            Brought::Token("tOkEn-_1".into())
        );
        assert_eq!(cookies.read(&header("a=b")), Brought::Nothing);
        assert_eq!(cookies.read(&HeaderMap::new()), Brought::Nothing);
        for position in "better-auth.session_token=".len()..pair.len() {
            let mut altered = pair.clone().into_bytes();
            altered[position] = if altered[position] == b'A' {
                b'B'
            } else {
                b'A'
            };
            let altered = String::from_utf8(altered).unwrap();
            assert_eq!(
                cookies.read(&header(&altered)),
                Brought::Forged,
                "{altered}"
            );
        }
        for forged in [
            "better-auth.session_token=",
            "better-auth.session_token=.",
            "better-auth.session_token=a%ff.b",
        ] {
            assert_eq!(cookies.read(&header(forged)), Brought::Forged, "{forged}");
        }
    }
}
