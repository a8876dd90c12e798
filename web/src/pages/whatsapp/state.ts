// A session's state in words. The set of states is open: engines grow new ones.

import type { LiveSession } from "../../api/live";
import { m } from "../../messages";

interface State {
  name: string;
  hint: string;
  tone: "good" | "note" | "warning" | "bad";
}

export function stateOf({ status, linkedAt }: LiveSession): State {
  switch (status) {
    case "WORKING":
      return { ...m.status.WORKING, tone: "good" };
    case "STARTING":
      return { ...(linkedAt ? m.status.RECONNECTING : m.status.STARTING), tone: linkedAt ? "warning" : "note" };
    case "SCAN_QR_CODE":
      return { ...m.status.SCAN_QR_CODE, tone: "note" };
    case "STOPPED":
      return { ...m.status.STOPPED, tone: "warning" };
    case "FAILED":
      return { ...m.status.FAILED, tone: "bad" };
    case "PASSKEY_REQUIRED":
    case "PASSKEY_CONFIRMATION_REQUIRED":
      return { ...m.status[status], tone: "warning" };
    default:
      return { name: status, hint: m.status.other.hint, tone: "warning" };
  }
}
