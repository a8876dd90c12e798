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
  return (
    // There before it has something to say: what appears together with its words may not be read out.
    <div className={classes.banner} role="status">
      {lost && (
        <Notice
          tone="warning"
          title={m.connection.lost}
          action={
            <Button variant="default" onClick={retryConnection}>
              {m.common.retry}
            </Button>
          }
        />
      )}
    </div>
  );
}
