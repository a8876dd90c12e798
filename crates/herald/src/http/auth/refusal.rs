//! What is refused, and how: a status, a code and a message, as the better-auth server says them.

use std::borrow::Cow;

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{
    auth::{AddUserError, Refused, SetUpError, SignInError, TryLater},
    store::StoreError,
};

/// An answer with a code and a message.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    retry_after: Option<u64>,
}

impl Refusal {
    pub(super) const INVALID_EMAIL: Self =
        Self::fixed(StatusCode::BAD_REQUEST, "INVALID_EMAIL", "Invalid email");
    pub(super) const INVALID_CALLBACK_URL: Self = Self::fixed(
        StatusCode::FORBIDDEN,
        "INVALID_CALLBACK_URL",
        "Invalid callbackURL",
    );
    pub(super) const INVALID_JSON: Self = Self::fixed(
        StatusCode::BAD_REQUEST,
        "BAD_REQUEST",
        "Invalid JSON in request body",
    );
    pub(super) const TOO_LARGE: Self = Self::fixed(
        StatusCode::PAYLOAD_TOO_LARGE,
        "PAYLOAD_TOO_LARGE",
        "The request body is too large",
    );
    pub(super) const TOO_SLOW: Self = Self::fixed(
        StatusCode::REQUEST_TIMEOUT,
        "REQUEST_TIMEOUT",
        "The request body took too long",
    );
    pub(super) const POST_SESSION: Self = Self::fixed(
        StatusCode::METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED",
        "POST method requires deferSessionRefresh to be enabled in session config",
    );
    pub(super) const INVALID_SIGN_IN_LINK: Self = Self::fixed(
        StatusCode::BAD_REQUEST,
        "INVALID_TOKEN",
        "This sign-in link is of an earlier start. The terminal shows the new one.",
    );
    const INVALID_SET_UP_LINK: Self = Self::fixed(
        StatusCode::BAD_REQUEST,
        "INVALID_TOKEN",
        "This set-up link was used already, or is of an earlier start. While there is no administrator, each start of the \
         server prints a new one.",
    );
    const INTERNAL: Self = Self::fixed(
        StatusCode::INTERNAL_SERVER_ERROR,
        "INTERNAL_SERVER_ERROR",
        "Internal server error",
    );

    const fn fixed(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self {
            status,
            code,
            message: Cow::Borrowed(message),
            retry_after: None,
        }
    }

    /// A field is wrong or missing.
    pub(super) fn validation(message: String) -> Self {
        Self {
            message: message.into(),
            ..Self::fixed(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", "")
        }
    }

    /// The body is not JSON by its own account; `None` if it does not say what it is.
    pub(super) fn media_type(media_type: Option<&str>) -> Self {
        let message = match media_type {
            Some(media_type) => {
                format!(
                    "Content-Type \"{media_type}\" is not allowed. Allowed types: application/json"
                )
            }
            None => "Content-Type is required. Allowed types: application/json".to_owned(),
        };
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Self {
            message: message.into(),
            ..Self::fixed(status, "UNSUPPORTED_MEDIA_TYPE", "")
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let retry_after = self
            .retry_after
            .map(|seconds| [("x-retry-after", seconds.to_string())]);
        (
            self.status,
            retry_after,
            Json(json!({ "code": self.code, "message": self.message })),
        )
            .into_response()
    }
}

impl From<TryLater> for Refusal {
    fn from(TryLater(seconds): TryLater) -> Self {
        let (code, message) = (
            "TOO_MANY_REQUESTS",
            "Too many requests. Please try again later.",
        );
        Self {
            retry_after: Some(seconds),
            ..Self::fixed(StatusCode::TOO_MANY_REQUESTS, code, message)
        }
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let (code, message) = match refused {
            Refused::Untrusted => ("INVALID_ORIGIN", "Invalid origin"),
            Refused::Missing => ("MISSING_OR_NULL_ORIGIN", "Missing or null Origin"),
            Refused::CrossSiteLogin => (
                "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED",
                "Cross-site navigation login blocked. This request appears to be a CSRF attack.",
            ),
        };
        Self::fixed(StatusCode::FORBIDDEN, code, message)
    }
}

impl From<AddUserError> for Refusal {
    fn from(error: AddUserError) -> Self {
        match error {
            AddUserError::Email => {
                Self::validation("[body.email] Invalid email address".to_owned())
            }
            AddUserError::PasswordTooShort => Self::fixed(
                StatusCode::BAD_REQUEST,
                "PASSWORD_TOO_SHORT",
                "Password too short",
            ),
            AddUserError::PasswordTooLong => Self::fixed(
                StatusCode::BAD_REQUEST,
                "PASSWORD_TOO_LONG",
                "Password too long",
            ),
            AddUserError::EmailTaken => Self::fixed(
                StatusCode::UNPROCESSABLE_ENTITY,
                "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL",
                "User already exists. Use another email.",
            ),
            AddUserError::Password(_) | AddUserError::Store(_) => Self::internal(&error),
        }
    }
}

impl From<SetUpError> for Refusal {
    fn from(error: SetUpError) -> Self {
        match error {
            SetUpError::Link => Self::INVALID_SET_UP_LINK,
            SetUpError::Account(error) => error.into(),
        }
    }
}

impl From<SignInError> for Refusal {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Wrong => Self::fixed(
                StatusCode::UNAUTHORIZED,
                "INVALID_EMAIL_OR_PASSWORD",
                "Invalid email or password",
            ),
            SignInError::TryLater(later) => later.into(),
            SignInError::Password(_) | SignInError::Store(_) => Self::internal(&error),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::internal(&error)
    }
}

impl Refusal {
    /// Logged here, once; what went wrong inside is not the client's to know.
    fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "a sign-in or sign-up failed");
        Self::INTERNAL
    }
}
