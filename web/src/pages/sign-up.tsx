// Making an account, which then waits for an administrator's approval.

import { Anchor } from "@mantine/core";
import { Link, useSearch } from "wouter";
import { signUp } from "../api/auth";
import { m } from "../messages";
import { AccountForm } from "../parts/account-form";
import { Entry } from "../parts/entry";
import { places, withQuery } from "../places";

export function SignUpPage() {
  const query = useSearch();
  return (
    <Entry title={m.signUp.title}>
      <p>{m.signUp.intro}</p>
      <AccountForm fresh submit={m.signUp.submit} failed={m.signUp.failed} send={signUp} />
      <p>
        {m.signUp.haveAccount}{" "}
        <Anchor component={Link} href={withQuery(places.signIn, query)}>
          {m.signUp.signIn}
        </Anchor>
      </p>
    </Entry>
  );
}
