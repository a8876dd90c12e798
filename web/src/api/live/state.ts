// What the dashboard knows at this moment: who is signed in, and the state that the server tells.

import type { LiveAccount, LiveDirectory, LiveEvent, LiveSession } from "./events";

/** The part that belongs to one account. */
export interface Known {
  account: LiveAccount;
  session: LiveSession | null;
  directory: LiveDirectory | null;
  /** How many people wait for approval; null for those who may not know. */
  pending: number | null;
}

export type Connection = "connecting" | "live" | "lost";

export interface SignedIn {
  phase: "signed-in";
  userId: string;
  connection: Connection;
  /** Null until the first snapshot. */
  known: Known | null;
}

export type Live = { phase: "asking" } | { phase: "unreachable" } | { phase: "signed-out" } | SignedIn;

/** The state after an event. One that comes before any snapshot tells nothing that the snapshot will not. */
export function after(known: Known | null, event: LiveEvent): Known | null {
  if (event.type === "snapshot") {
    const { account, session, directory, pending } = event;
    return { account, session, directory, pending };
  }
  if (!known) return null;
  switch (event.type) {
    case "account":
      return { ...known, account: event.account };
    case "session":
      return { ...known, session: event.session };
    case "directory":
      return { ...known, directory: event.directory };
    case "pending":
      return { ...known, pending: event.pending };
    default:
      // A newer server may tell more than this page understands.
      return known;
  }
}
