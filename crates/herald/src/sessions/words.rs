//! What users are told about an engine that does not do its work.

use whatsapp_gateway::{GatewayError, State};

/// Why a directory could not be read, when it is not the engine's fault.
pub(crate) const DIRECTORY_FAILED: &str = "Herald could not write the groups and contacts down. It tries again; if it lasts, whoever runs this server finds \
                                           why in the log.";

/// Why the engine cannot be asked, and what helps. One or two sentences for the user.
pub(crate) fn cause(error: &GatewayError) -> String {
    match error {
        GatewayError::Unreachable(_) => {
            "The WhatsApp engine cannot be reached. Herald keeps trying; if it lasts, tell whoever runs this server.".into()
        }
        GatewayError::Timeout { after } => {
            format!("The WhatsApp engine did not answer within {} seconds. Try again in a moment.", after.as_secs().max(1))
        }
        GatewayError::Unauthorized { .. } => {
            "The WhatsApp engine does not accept Herald's key. Whoever runs this server has to check WAHA_API_KEY.".into()
        }
        GatewayError::NotReady { state } => not_ready(state),
        GatewayError::Unsupported(_) => {
            "The WhatsApp engine cannot do this as it is configured. Whoever runs this server finds why in the log.".into()
        }
        GatewayError::Engine(_) => {
            "The WhatsApp engine reported an error. Try again; if it lasts, restart the session.".into()
        }
    }
}

/// What a session in the wrong state needs before it can do what was asked.
pub(crate) fn not_ready(state: &State) -> String {
    let advice = match state {
        State::Stopped | State::Failed => {
            "restart it, or call initiateWhatsAppSession to link it again"
        }
        State::Starting => "wait a moment and try again",
        State::ScanQrCode => "scan the QR code with the phone first (getSessionQR)",
        State::Working => "it is linked already, there is no QR code to scan",
        State::PasskeyRequired | State::PasskeyConfirmationRequired => {
            "finish linking on the phone with the passkey"
        }
        State::Other(_) => "try again in a moment",
    };
    format!("The WhatsApp session is {}: {advice}.", state.as_str())
}
