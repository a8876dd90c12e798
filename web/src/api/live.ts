// The state of the page, alive: who is signed in here, and what the server tells, from one stream a browser.

import { createContext, useContext, useSyncExternalStore } from "react";
import { type User, whoAmI } from "./auth";
import { afterAbsence, campaignsMoved, onSignInEnded, queryClient, trpc } from "./client";
import { backoff } from "./live/backoff";
import type { LiveEvent } from "./live/events";
import { after, campaignsChange, type Connection, type Known, type Live, type SignedIn } from "./live/state";
import { openStream, type Stream } from "./live/stream";
import { type Message, openChannel, type Seat, takeSeat } from "./live/tabs";

export type {
  CampaignBooks,
  CampaignItem,
  CampaignMessage,
  CampaignPreview,
  ContactItem,
  GroupItem,
  LimitItem,
  LiveAccount,
  LiveCampaign,
  LiveDirectory,
  LiveSession,
  LiveSwitch,
  PendingAccount,
} from "./live/events";
export type { Known, Live } from "./live/state";

let live: Live = { phase: "asking" };
const watchers = new Set<() => void>();

let seat: Seat | null = null;
/** Open while this tab leads. */
let stream: Stream | null = null;
const channel = openChannel(hear);

function set(next: Live): void {
  live = next;
  for (const watcher of watchers) watcher();
}

function tell(): void {
  if (live.phase !== "signed-in") return;
  const { userId, connection, known } = live;
  channel.post({ kind: "state", userId, connection, known });
}

/** Takes over what the stream or the leading tab says of the account that is signed in here. */
function update(connection: Connection, known: Known | null): void {
  if (live.phase !== "signed-in") return;
  const before = live.known;
  const absent = live.connection === "lost";
  set({ ...live, connection, known });
  const change = known && before && campaignsChange(before, known);
  if (change) campaignsMoved(change);
  if (absent && connection === "live") {
    afterAbsence();
  } else if (known && (known.pending !== before?.pending || known.account.role !== before?.account.role)) {
    void queryClient.invalidateQueries(trpc.admin.pathFilter());
  } else if (known && before && known.sendingOff?.since.getTime() !== before.sendingOff?.since.getTime()) {
    void queryClient.invalidateQueries(trpc.admin.pathFilter());
  }
}

function lead(userId: string): () => void {
  const own = openStream({
    event(event: LiveEvent) {
      if (live.phase !== "signed-in") return;
      const account = "account" in event ? event.account : live.known?.account;
      if (account && account.id !== userId) {
        // The cookie has become somebody else's.
        void lookAgain();
        return;
      }
      update("live", after(live.known, event));
      tell();
    },
    lost() {
      if (live.phase !== "signed-in" || live.connection === "lost") return;
      update("lost", live.known);
      tell();
    },
    signInEnded: () => void lookAgain(),
  });
  stream = own;
  return () => {
    own.close();
    stream = null;
  };
}

function hear(message: Message): void {
  if (message.kind === "identity") {
    void lookAgain();
    return;
  }
  if (live.phase !== "signed-in") return;
  if (message.kind === "state") {
    seat?.heard();
    if (message.userId !== live.userId) void lookAgain();
    else if (!stream) update(message.connection, message.known);
  } else if (stream && message.userId === live.userId) {
    if (message.kind === "retry") stream.retry();
    else tell();
  }
}

function become(user: User | null): void {
  if (user && live.phase === "signed-in" && live.userId === user.id) return;
  if (!user && live.phase === "signed-out") return;
  leave();
  // Nothing of one account is ever shown to another.
  queryClient.clear();
  if (!user) {
    set({ phase: "signed-out" });
    return;
  }
  set({ phase: "signed-in", userId: user.id, connection: "connecting", known: null });
  join(user.id);
}

function join(userId: string): void {
  seat = takeSeat(
    () => channel.post({ kind: "ask", userId }),
    () => lead(userId),
  );
}

function leave(): void {
  seat?.leave();
  seat = null;
}

let looks = 0;
const nextLook = backoff();

/** Asks the server who is signed in, and becomes that. */
async function lookAgain(): Promise<void> {
  looks += 1;
  const look = looks;
  try {
    const user = await whoAmI();
    if (look !== looks) return;
    nextLook.reset();
    become(user);
  } catch {
    if (look !== looks) return;
    if (live.phase === "asking") set({ phase: "unreachable" });
    nextLook.later(() => void lookAgain());
  }
}

/** After a sign-in or sign-out in this tab: this tab and all others look who it is now. */
export async function identityChanged(): Promise<void> {
  channel.post({ kind: "identity" });
  await lookAgain();
}

/** Tries to reach the server at once. */
export function retryConnection(): void {
  if (live.phase !== "signed-in") {
    nextLook.cancel();
    void lookAgain();
  } else if (stream) {
    stream.retry();
  } else {
    channel.post({ kind: "retry", userId: live.userId });
    seat?.ask();
  }
}

function isCutOff(): boolean {
  return live.phase === "unreachable" || (live.phase === "signed-in" && live.connection === "lost");
}

/** Begins; called once, before anything is shown. */
export function startLive(): void {
  onSignInEnded(() => void lookAgain());
  window.addEventListener("online", () => {
    if (isCutOff()) retryConnection();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    if (isCutOff()) retryConnection();
    else seat?.ask();
  });
  // A page that the browser keeps for "back" must not keep the lead, nor show an old state when it comes again.
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    if (live.phase === "signed-in") {
      set({ ...live, connection: "connecting" });
      join(live.userId);
    }
    void lookAgain();
  });
  void lookAgain();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function useLive(): Live {
  return useSyncExternalStore(watch, () => live);
}

/** The state inside the pages of somebody who is signed in, once the first snapshot is there. */
export type Shown = SignedIn & { known: Known };

export const ShownContext = createContext<Shown | null>(null);

export function useShown(): Shown {
  const shown = useContext(ShownContext);
  if (!shown) throw new Error("used outside the pages of somebody who is signed in");
  return shown;
}
