// The button that signs out, in this tab and in all others.

import { Button } from "@mantine/core";
import { useState } from "react";
import { useLocation } from "wouter";
import { signOut } from "../api/auth";
import { identityChanged } from "../api/live";
import { m } from "../messages";
import { places } from "../places";
import { Failure } from "./failure";
import { Icon } from "./icon";

export function SignOut() {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [, go] = useLocation();
  const leave = async () => {
    setBusy(true);
    setFailure(null);
    try {
      await signOut();
      await identityChanged();
      // Whoever signs in next begins at the start, not where this one was.
      go(places.home, { replace: true });
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button
        variant="default"
        loading={busy}
        leftSection={<Icon name="signOut" />}
        onClick={() => void leave()}
      >
        {m.account.signOut}
      </Button>
      {failure !== null && <Failure title={m.account.signOutFailed} error={failure} />}
    </>
  );
}
