// A session's state in words, and what helps. The set of states is open: engines grow new ones.

import type { LiveSession } from "../../api/live";
import { m } from "../../messages";

interface State {
  name: string;
  hint: string;
  tone: "good" | "note" | "warning" | "bad";
  /** Whether the user has to do something before it works again: then the button for it stands out. */
  stuck: boolean;
  /** Whether the phone is about to be linked, and was not before. */
  linking: boolean;
}

const ON_THE_WAY = ["STARTING", "SCAN_QR_CODE", "PASSKEY_REQUIRED", "PASSKEY_CONFIRMATION_REQUIRED"];

export function stateOf(session: LiveSession): State {
  return { ...wordsOf(session), linking: !session.linkedAt && ON_THE_WAY.includes(session.status) };
}

function wordsOf({ status, linkedAt }: LiveSession): Omit<State, "linking"> {
  switch (status) {
    case "WORKING":
      return { ...m.status.WORKING, tone: "good", stuck: false };
    case "STARTING":
      return linkedAt
        ? { ...m.status.RECONNECTING, tone: "warning", stuck: false }
        : { ...m.status.STARTING, tone: "note", stuck: false };
    case "SCAN_QR_CODE":
      return { ...m.status.SCAN_QR_CODE, tone: "note", stuck: false };
    case "PASSKEY_REQUIRED":
    case "PASSKEY_CONFIRMATION_REQUIRED":
      return { ...m.status[status], tone: "warning", stuck: false };
    case "STOPPED":
      return { ...m.status.STOPPED, tone: "warning", stuck: true };
    case "FAILED":
      return { ...(m.status.FAILED), tone: "bad", stuck: true };
    default:
      return { name: m.status.other.name(status), hint: m.status.other.hint, tone: "warning", stuck: true };
  }
}
