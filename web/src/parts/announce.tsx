// One polite live region for the whole page: what changed, for those who do not see it change.

import { VisuallyHidden } from "@mantine/core";
import { useSyncExternalStore } from "react";

let said = "";
const watchers = new Set<() => void>();

export function announce(words: string): void {
  said = words;
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function Announcer() {
  const words = useSyncExternalStore(watch, () => said);
  return <VisuallyHidden role="status">{words}</VisuallyHidden>;
}
