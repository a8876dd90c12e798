// Signing in by a link that the server printed: it happens by itself.

import { Anchor, Loader } from "@mantine/core";
import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { signInByLink } from "../api/auth";
import { identityChanged } from "../api/live";
import { dropToken } from "../fragment";
import { m } from "../messages";
import { Entry } from "../parts/entry";
import { Failure } from "../parts/failure";
import { places } from "../places";

// A link may work only once, and React may mount a page twice.
const sent = new Map<string, Promise<unknown>>();

function send(token: string): Promise<unknown> {
  const before = sent.get(token);
  if (before) return before;
  const answer = signInByLink(token);
  sent.set(token, answer);
  return answer;
}

export function SignInLinkPage({ token }: { token: string }) {
  const [failure, setFailure] = useState<unknown>(null);
  const [, go] = useLocation();
  useEffect(() => {
    let here = true;
    send(token)
      .then(async () => {
        await identityChanged();
        dropToken();
        go(places.home, { replace: true });
      })
      .catch((error: unknown) => here && setFailure(error));
    return () => {
      here = false;
    };
  }, [token, go]);
  return (
    <Entry title={failure === null ? m.signIn.byLink : m.signIn.title}>
      {failure === null ? (
        <Loader aria-hidden="true" />
      ) : (
        <>
          <Failure title={m.signIn.byLinkFailed} error={failure} />
          <Anchor component="button" type="button" onClick={dropToken}>
            {m.signIn.byLinkInstead}
          </Anchor>
        </>
      )}
    </Entry>
  );
}
