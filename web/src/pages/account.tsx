// Who is signed in, how the pages look, and what this server is.

import { Title } from "@mantine/core";
import { useShown } from "../api/live";
import { m } from "../messages";
import { About } from "../parts/about";
import { Card } from "../parts/card";
import { Facts } from "../parts/facts";
import { Page } from "../parts/page";
import { SchemeChoice } from "../parts/scheme";
import { SignOut } from "../parts/sign-out";

export function AccountPage() {
  const { account } = useShown().known;
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
