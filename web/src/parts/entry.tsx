// The frame of the pages before the dashboard: one card under Herald's name.

import { Title } from "@mantine/core";
import type { ReactNode } from "react";
import { m } from "../messages";
import { About } from "./about";
import { Brand } from "./brand";
import classes from "./entry.module.css";
import { usePageHeading } from "./page";
import { SchemeButton } from "./scheme";

interface Props {
  title: string;
  children: ReactNode;
}

export function Entry({ title, children }: Props) {
  const heading = usePageHeading(title);
  return (
    <div className={classes.entry}>
      <header className={classes.head}>
        <Brand large />
        <p>{m.tagline}</p>
      </header>
      <main className={classes.card}>
        <Title order={1} size="h3" ref={heading} tabIndex={-1}>
          {title}
        </Title>
        {children}
      </main>
      <footer className={classes.foot}>
        <About />
        <SchemeButton />
      </footer>
    </div>
  );
}
