// The first start: the link that the server printed makes its first administrator.

import { Anchor } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";
import { type NewAccount, setUp } from "../api/auth";
import { AuthError } from "../api/errors";
import { dropToken, useToken } from "../fragment";
import { m } from "../messages";
import { AccountForm } from "../parts/account-form";
import { Entry } from "../parts/entry";
import { Notice } from "../parts/notice";
import { places } from "../places";

export function SetUpPage() {
  const token = useToken();
  const [refused, setRefused] = useState<{ token: string | null; words: string } | null>(null);

  const send = async (fields: NewAccount) => {
    try {
      await setUp(token ?? "", fields);
      dropToken();
    } catch (error) {
      if (error instanceof AuthError && error.code === "INVALID_TOKEN") {
        setRefused({ token, words: error.message });
      }
      throw error;
    }
  };

  const usable = token !== null && token !== refused?.token;
  return (
    <Entry title={m.setUp.title}>
      {usable ? (
        <>
          <p>{m.setUp.intro}</p>
          <AccountForm fresh submit={m.setUp.submit} failed={m.setUp.failed} send={send} />
        </>
      ) : (
        <>
          <Notice tone="warning" title={refused ? m.setUp.refused : m.setUp.noToken} sudden={refused !== null}>
            {refused?.words ?? m.setUp.noTokenHint}
          </Notice>
          <p>
            <Anchor component={Link} href={places.signIn}>
              {m.setUp.signIn}
            </Anchor>
          </p>
        </>
      )}
    </Entry>
  );
}
