// Signing in with e-mail and password.

import { Anchor } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "wouter";
import { signIn } from "../api/auth";
import { trpc } from "../api/client";
import { m } from "../messages";
import { AccountForm } from "../parts/account-form";
import { Entry } from "../parts/entry";
import { Notice } from "../parts/notice";
import { places, withQuery } from "../places";

export function SignInPage() {
  const query = useSearch();
  const { data: server } = useQuery(trpc.system.getServer.queryOptions());
  return (
    <Entry title={m.signIn.title}>
      {server?.setUpNeeded && (
        <Notice tone="warning" title={m.signIn.setUpTitle}>
          {m.signIn.setUpNeeded}
        </Notice>
      )}
      <AccountForm fresh={false} submit={m.signIn.submit} failed={m.signIn.failed} send={signIn} />
      <p>
        {m.signIn.noAccount}{" "}
        <Anchor component={Link} href={withQuery(places.signUp, query)}>
          {m.signIn.signUp}
        </Anchor>
      </p>
    </Entry>
  );
}
