//! How failures reach a client: every error of the application becomes a tRPC error here.
//!
//! A message says what happened and what to do. What is wrong inside is logged once, here, and
//! never leaves the process.

use trpc_axum::{Code, Error};
use whatsapp_gateway::GatewayError;

use crate::{
    campaigns::CampaignError,
    directory::DirectoryError,
    sessions::{SessionError, words},
    store::StoreError,
};

const INTERNAL: &str = "Something went wrong inside Herald. It was logged; please try again.";

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the database failed");
        Self::new(Code::InternalServerError, INTERNAL)
    }
}

impl From<SessionError> for Error {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::NotFound => Self::new(
                Code::NotFound,
                "You have no such WhatsApp session. getWhatsAppSession tells yours; initiateWhatsAppSession makes one.",
            ),
            SessionError::NotInitiated => Self::new(
                Code::PreconditionFailed,
                "This WhatsApp session is not linked. Call initiateWhatsAppSession and scan the QR code.",
            ),
            SessionError::EngineFull => Self::new(
                Code::Conflict,
                "This server's WAHA can link one WhatsApp account, and another user's is linked. WAHA from 2026.6.1 \
                 on links as many as you like.",
            ),
            SessionError::EngineLinked => Self::new(
                Code::Conflict,
                "This server's WAHA is linked to a WhatsApp account that was not linked by Herald. Whoever runs this \
                 server has to log its session out in WAHA first.",
            ),
            SessionError::Gateway(error) => gateway(&error),
            SessionError::Store(error) => error.into(),
            SessionError::Directory(DirectoryError::NotLinked(state)) => {
                Self::new(Code::PreconditionFailed, words::not_ready(&state))
            }
            SessionError::Directory(DirectoryError::NeverRead(words)) => {
                Self::new(Code::ServiceUnavailable, words)
            }
            SessionError::Name(_) | SessionError::Qr(_) | SessionError::Directory(_) => {
                tracing::error!(%error, "a session failed");
                Self::new(Code::InternalServerError, INTERNAL)
            }
        }
    }
}

fn gateway(error: &GatewayError) -> Error {
    let code = match error {
        GatewayError::NotReady { .. } => Code::PreconditionFailed,
        GatewayError::Timeout { .. } => Code::Timeout,
        GatewayError::Unreachable(_) | GatewayError::Unauthorized { .. } => {
            Code::ServiceUnavailable
        }
        GatewayError::Unsupported(_) => Code::NotImplemented,
        GatewayError::Engine(_) => Code::BadGateway,
    };
    if code != Code::PreconditionFailed {
        tracing::warn!(%error, "the engine failed");
    }
    Error::new(code, words::cause(error))
}

impl From<CampaignError> for Error {
    fn from(error: CampaignError) -> Self {
        match error {
            CampaignError::NoSession => Self::new(
                Code::NotFound,
                "You have no such WhatsApp session. getWhatsAppSession tells yours.",
            ),
            // The contract's text.
            CampaignError::NotFound => {
                Self::new(Code::NotFound, "Campaign not found or access denied")
            }
            CampaignError::NoMessage => Self::new(Code::NotFound, "You have no such message."),
            CampaignError::Fields(errors) => {
                Self::bad_fields(errors.iter().map(|error| (error.field, error.to_string())))
            }
            // The contract's text.
            CampaignError::AlreadySent => Self::new(
                Code::PreconditionFailed,
                "Cannot edit campaign with messages that have already been sent",
            ),
            CampaignError::WrongState { status, what } => {
                let way = match what {
                    "resumed" => "Only a paused campaign can be.",
                    "sent now" => {
                        "Only a campaign that is scheduled or in progress can be, while it has messages left."
                    }
                    _ => "It is over. Make a new one.",
                };
                Self::new(
                    Code::Conflict,
                    format!("A campaign that is {status} cannot be {what}. {way}"),
                )
            }
            CampaignError::NotUnknown => Self::new(
                Code::Conflict,
                "It is known what became of this message, or its campaign is cancelled: there is nothing to settle.",
            ),
            CampaignError::CannotSend(words) => Self::new(
                Code::PreconditionFailed,
                format!("This cannot be sent now: it waits for {words}."),
            ),
            CampaignError::NoOwnNumber => Self::new(
                Code::PreconditionFailed,
                "Your account's own number is not known yet. Set it with updateSessionPhone.",
            ),
            CampaignError::NotSent(reason) => Self::new(Code::BadGateway, reason),
            CampaignError::Store(error) => error.into(),
            CampaignError::Broken(error) => {
                tracing::error!(%error, "the planner broke");
                Code::InternalServerError.into()
            }
        }
    }
}
