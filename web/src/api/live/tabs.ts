// A browser's tabs share one stream: one tab leads, runs it and tells the others.
//
// A browser opens six connections to a host, and a stream holds one for ever. The Web Lock says who
// leads; it passes to the next tab when the leader's page goes. Where there are no locks (a page
// over plain http that is not on this machine), each tab leads for itself.

import type { Connection, Known } from "./state";

const NAME = "herald-events";
/** How long a visible tab waits for a word from the leader before it takes over. */
const PATIENCE_MS = 3_000;

/** What tabs tell one another. State is marked with the account that it belongs to. */
export type Message =
  | { kind: "identity" }
  | { kind: "ask"; userId: string }
  | { kind: "retry"; userId: string }
  | { kind: "state"; userId: string; connection: Connection; known: Known | null };

export interface Channel {
  post(message: Message): void;
}

export function openChannel(hear: (message: Message) => void): Channel {
  if (typeof BroadcastChannel === "undefined") return { post: () => undefined };
  const channel = new BroadcastChannel(NAME);
  channel.addEventListener("message", (event: MessageEvent<Message>) => hear(event.data));
  return { post: (message) => channel.postMessage(message) };
}

export interface Seat {
  /** The leader was heard of. */
  heard(): void;
  /** Asks the leader for its state, and takes over if it says nothing: a browser may have put its tab to sleep. */
  ask(): void;
  leave(): void;
}

/** Takes part in choosing the leader. `lead` begins to lead and answers how to stop. */
export function takeSeat(ask: () => void, lead: () => () => void): Seat {
  if (!navigator.locks || typeof BroadcastChannel === "undefined") {
    const stop = lead();
    return { heard: () => undefined, ask: () => undefined, leave: stop };
  }

  let left = false;
  /** Ends the leading of this tab; null while another leads. */
  let resign: (() => void) | null = null;
  let queued = new AbortController();
  let patience: ReturnType<typeof setTimeout> | undefined;
  const heard = () => clearTimeout(patience);

  const stand = (options: LockOptions) => {
    navigator.locks
      .request(NAME, options, () => {
        if (left) return undefined;
        heard();
        const stop = lead();
        return new Promise<void>((release) => {
          resign = () => {
            resign = null;
            stop();
            release();
          };
        });
      })
      .catch(() => {
        // Either the place in the queue was given up, or another tab took the lead.
        if (!resign) return;
        resign();
        if (!left) queue();
      });
  };
  const queue = () => {
    queued = new AbortController();
    stand({ signal: queued.signal });
  };

  const askLeader = () => {
    if (resign || left) return;
    heard();
    ask();
    patience = setTimeout(() => {
      if (document.visibilityState !== "visible" || resign || left) return;
      queued.abort();
      stand({ steal: true });
    }, PATIENCE_MS);
  };

  queue();
  askLeader();
  return {
    heard,
    ask: askLeader,
    leave() {
      left = true;
      heard();
      queued.abort();
      resign?.();
    },
  };
}
