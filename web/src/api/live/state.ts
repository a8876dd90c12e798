// What the dashboard knows at this moment: who is signed in, and the state that the server tells.

import type { LiveAccount, LiveCampaign, LiveDirectory, LiveEvent, LiveSession, LiveSwitch } from "./events";

/** The part that belongs to one account. */
export interface Known {
  account: LiveAccount;
  session: LiveSession | null;
  directory: LiveDirectory | null;
  /** Those that are under way, the newest first. */
  campaigns: LiveCampaign[];
  /** When a campaign, over or not, or a message of one changed last. */
  campaignsChangedAt: Date | null;
  /** What switches sending off; null where it is on. */
  sendingOff: LiveSwitch | null;
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
    const { account, session, directory, campaigns, campaignsChangedAt, sendingOff, pending } = event;
    return { account, session, directory, campaigns, campaignsChangedAt, sendingOff, pending };
  }
  if (!known) return null;
  switch (event.type) {
    case "account":
      return { ...known, account: event.account };
    case "session":
      return { ...known, session: event.session };
    case "directory":
      return { ...known, directory: event.directory };
    case "campaigns":
      return { ...known, campaigns: event.campaigns, campaignsChangedAt: event.changedAt };
    case "sendingOff":
      return { ...known, sendingOff: event.sendingOff };
    case "pending":
      return { ...known, pending: event.pending };
    default:
      // A newer server may tell more than this page understands.
      return known;
  }
}

export interface CampaignsChange {
  /** Those under way that are not as they were. */
  changed: LiveCampaign[];
  /** Whether the lists of campaigns have others than before, or say something else of them. */
  listed: boolean;
}

/** What became of the campaigns from one state to the next; null for nothing. */
export function campaignsChange(before: Known, now: Known): CampaignsChange | null {
  if (before.campaigns === now.campaigns) return null;
  const was = new Map(before.campaigns.map((campaign) => [campaign.id, campaign]));
  const changed = now.campaigns.filter((campaign) => JSON.stringify(was.get(campaign.id)) !== JSON.stringify(campaign));
  const same = before.campaignsChangedAt?.getTime() === now.campaignsChangedAt?.getTime();
  if (same && changed.length === 0 && was.size === now.campaigns.length) return null;
  const moved = changed.some(({ id, status }) => was.get(id)?.status !== status);
  return { changed, listed: moved || changed.length === 0 || was.size !== now.campaigns.length };
}
