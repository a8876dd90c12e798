// The token behind the # of a link that the server printed. It is taken out of the address bar at once.

import { useSyncExternalStore } from "react";

const PAGES = ["/set-up", "/sign-in"];

let token: string | null = null;
const watchers = new Set<() => void>();

function take(): void {
  const { hash, pathname, search } = window.location;
  if (hash.length < 2 || !PAGES.includes(pathname)) return;
  token = hash.slice(1);
  window.history.replaceState(window.history.state, "", pathname + search);
  for (const watcher of watchers) watcher();
}

take();
// A link that is put into the address bar of an open page changes nothing but the fragment.
window.addEventListener("hashchange", take);

/** It did what it was for, or cannot. */
export function dropToken(): void {
  token = null;
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function useToken(): string | null {
  return useSyncExternalStore(watch, () => token);
}
