// Who is signed in, how the pages look, and what this server is.

import { Title } from "@mantine/core";
import { Link } from "wouter";
import { useShown } from "../api/live";
import { m } from "../messages";
import { About } from "../parts/about";
import { Card } from "../parts/card";
import { Facts } from "../parts/facts";
import { Icon } from "../parts/icon";
import { Page } from "../parts/page";
import { SchemeChoice } from "../parts/scheme";
import { SignOut } from "../parts/sign-out";
import { places } from "../places";
import classes from "./account.module.css";

export function AccountPage() {
  const { account, pending } = useShown().known;
  return (
    <Page title={m.account.title}>
      <Card>
        <Facts
          facts={[
            { name: m.account.name, value: account.name },
            { name: m.form.email, value: account.email },
            { name: m.account.roleLabel, value: m.account.role[account.role] },
          ]}
        />
        <div>
          <SignOut />
        </div>
      </Card>
      {account.role === "ADMIN" && (
        <Card>
          <Title order={2} size="h4">
            {m.account.admin}
          </Title>
          <div className={classes.ways}>
            <Link href={places.people} className={classes.way}>
              <Icon name="people" />
              <span>{m.nav.people}</span>
              {pending !== null && pending > 0 && <small>{m.nav.waiting(pending)}</small>}
            </Link>
            <Link href={places.sending} className={classes.way}>
              <Icon name="sending" />
              <span>{m.nav.sending}</span>
            </Link>
          </div>
        </Card>
      )}
      <Card>
        <Title order={2} size="h4">
          {m.scheme.label}
        </Title>
        <SchemeChoice />
      </Card>
      <Card>
        <Title order={2} size="h4">
          {m.account.about}
        </Title>
        <About />
      </Card>
    </Page>
  );
}
