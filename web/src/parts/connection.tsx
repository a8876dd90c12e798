// That the server is not there, for as long as it is not, and a button to try at once.

import { Button } from "@mantine/core";
import { useEffect, useRef } from "react";
import { retryConnection, useLive } from "../api/live";
import { m } from "../messages";
import { announce } from "./announce";
import { Notice } from "./notice";
import classes from "./connection.module.css";

export function ConnectionBanner() {
  const live = useLive();
  const lost = live.phase === "unreachable" || (live.phase === "signed-in" && live.connection === "lost");
  const wasLost = useRef(false);
  useEffect(() => {
    if (wasLost.current && !lost) announce(m.connection.back);
    wasLost.current = lost;
  }, [lost]);
  if (!lost) return null;
  return (
    <div className={classes.banner}>
      <Notice
        tone="warning"
        sudden
        title={m.connection.lost}
        action={
          <Button variant="default" onClick={retryConnection}>
            {m.common.retry}
          </Button>
        }
      />
    </div>
  );
}
