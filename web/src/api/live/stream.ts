// The subscription to the server's events, opened anew whenever it breaks.

import { api } from "../client";
import { isSignInEnded } from "../errors";
import { backoff } from "./backoff";
import type { LiveEvent } from "./events";

export interface Listener {
  event(event: LiveEvent): void;
  lost(): void;
  /** The server no longer takes the cookie for a sign-in. */
  signInEnded(): void;
}

export interface Stream {
  close(): void;
  /** Tries at once, without waiting for its turn. */
  retry(): void;
}

export function openStream(listener: Listener): Stream {
  const wait = backoff();
  let close: () => void = () => undefined;

  const connect = () => {
    // What an attempt that was given up still says does not count.
    let current = true;
    const broken = () => {
      current = false;
      listener.lost();
      wait.later(connect);
    };
    const subscription = api.user.onEvents.subscribe(undefined, {
      onData(event) {
        if (!current) return;
        wait.reset();
        listener.event(event);
      },
      onConnectionStateChange(state) {
        // The browser is connecting again by itself.
        if (current && state.state === "connecting" && state.error) listener.lost();
      },
      onError(error) {
        if (!current) return;
        broken();
        if (isSignInEnded(error)) listener.signInEnded();
      },
      onComplete() {
        if (current) broken();
      },
    });
    close = () => {
      current = false;
      wait.cancel();
      subscription.unsubscribe();
    };
  };

  connect();
  return {
    close: () => close(),
    retry() {
      close();
      connect();
    },
  };
}
