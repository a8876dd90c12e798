// The frame of the dashboard: the way between its pages, and where their content stands.

import type { ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { useShown } from "../api/live";
import { format, m } from "../messages";
import { places } from "../places";
import { About } from "./about";
import { Brand } from "./brand";
import { ConnectionBanner } from "./connection";
import { Icon, type IconName } from "./icon";
import { SchemeButton } from "./scheme";
import classes from "./shell.module.css";

export function Shell({ children }: { children: ReactNode }) {
  const { account, pending } = useShown().known;
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#content">
        {m.common.skip}
      </a>
      <header className={classes.rail}>
        <div className={classes.head}>
          <Brand />
          <SchemeButton />
        </div>
        <nav aria-label={m.common.main} className={classes.nav}>
          <Way to={places.campaigns} icon="campaigns" name={m.nav.campaigns} within />
          <Way to={places.groups} icon="groups" name={m.nav.groups} />
          <Way to={places.contacts} icon="contacts" name={m.nav.contacts} />
          <Way to={places.whatsApp} icon="link" name={m.nav.whatsApp} />
          {account.role === "ADMIN" && (
            <>
              <Way to={places.people} icon="people" name={m.nav.people} count={pending ?? 0} wide />
              <Way to={places.sending} icon="sending" name={m.nav.sending} wide />
            </>
          )}
          <Way to={places.account} icon="account" name={m.nav.account} narrowCount={pending ?? 0} />
        </nav>
        <div className={classes.about}>
          <About />
        </div>
      </header>
      <main id="content" className={classes.content} tabIndex={-1}>
        <ConnectionBanner />
        {children}
      </main>
    </div>
  );
}

interface WayProps {
  to: string;
  icon: IconName;
  name: string;
  /** How many things wait there. */
  count?: number;
  /** The same where the way that would tell it has no room. */
  narrowCount?: number;
  /** Whether there are pages below it. */
  within?: boolean;
  /** Whether it stands in a wide rail alone; on a phone the account's page leads there. */
  wide?: boolean;
}

function Way({ to, icon, name, count = 0, narrowCount = 0, within = false, wide = false }: WayProps) {
  const [place] = useLocation();
  const here = place === to || (within && place.startsWith(`${to}/`));
  return (
    <Link
      href={to}
      className={classes.way}
      data-wide={wide || undefined}
      aria-current={here ? (place === to ? "page" : "true") : undefined}
    >
      <Icon name={icon} />
      <span>{name}</span>
      {(count > 0 || narrowCount > 0) && (
        <span
          className={classes.count}
          data-narrow={count === 0 || undefined}
          aria-label={m.nav.waiting(count || narrowCount)}
          role="img"
        >
          {format.number(count || narrowCount)}
        </span>
      )}
    </Link>
  );
}
