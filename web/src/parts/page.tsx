// The frame of a page's content: its heading, which names the tab and is told after a change of page.

import { Title } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
import { m } from "../messages";
import { announce } from "./announce";
import classes from "./page.module.css";

let first = true;

/** Names the browser's tab, and moves the focus to the heading where one came from another page. */
export function usePageHeading(title: string) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = m.title(title);
    if (!first) {
      // Whoever pressed a link that is still there stays on it, and hears where it led.
      if (document.activeElement === document.body) heading.current?.focus();
      else announce(title);
    }
    first = false;
  }, [title]);
  return heading;
}

interface Props {
  title: string;
  /** Stands at the end of the heading's line. */
  aside?: ReactNode;
  /** Whether the content fills the height and scrolls by itself. */
  filled?: boolean;
  /** Whether it has two columns where there is room. */
  wide?: boolean;
  children: ReactNode;
}

export function Page({ title, aside, filled = false, wide = false, children }: Props) {
  const heading = usePageHeading(title);
  return (
    <div className={classes.page} data-filled={filled || undefined} data-wide={wide || undefined}>
      <header className={classes.head}>
        <Title order={1} size="h2" ref={heading} tabIndex={-1}>
          {title}
        </Title>
        {aside}
      </header>
      {children}
    </div>
  );
}
