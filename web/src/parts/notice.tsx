// A message on the page: good, worth knowing, or bad; with what to do about it.

import type { ReactNode } from "react";
import { Icon, type IconName } from "./icon";
import classes from "./notice.module.css";

type Tone = "good" | "note" | "warning" | "bad";

const icons: Record<Tone, IconName> = { good: "check", note: "clock", warning: "alert", bad: "alert" };

interface Props {
  tone: Tone;
  title?: string;
  children?: ReactNode;
  /** A button or link. */
  action?: ReactNode;
  /** Whether it came up while the page was there, so that it is read out. */
  sudden?: boolean;
}

export function Notice({ tone, title, children, action, sudden = false }: Props) {
  const role = sudden ? (tone === "bad" ? "alert" : "status") : undefined;
  return (
    <div className={classes.notice} data-tone={tone} role={role}>
      <Icon name={icons[tone]} />
      <div className={classes.words}>
        {title && <strong>{title}</strong>}
        {children && <div>{children}</div>}
      </div>
      {action && <div className={classes.action}>{action}</div>}
    </div>
  );
}
