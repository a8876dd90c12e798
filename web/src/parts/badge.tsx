// A word or two that mark an entry.

import type { ReactNode } from "react";
import classes from "./badge.module.css";

export function Badge({ tone, children }: { tone: "good" | "note" | "warning" | "bad" | "past"; children: ReactNode }) {
  return (
    <span className={classes.badge} data-tone={tone}>
      {children}
    </span>
  );
}
