// While it is not yet known who is here, or nothing has come from the server.

import { Loader, VisuallyHidden } from "@mantine/core";
import { m } from "../messages";
import { Brand } from "./brand";
import { ConnectionBanner } from "./connection";
import classes from "./splash.module.css";

export function Splash() {
  return (
    <main className={classes.splash} aria-busy="true">
      <VisuallyHidden component="h1">{m.herald}</VisuallyHidden>
      <div className={classes.late}>
        <Brand large />
        <Loader size="sm" aria-hidden="true" />
        <VisuallyHidden>{m.connection.first}</VisuallyHidden>
      </div>
      <ConnectionBanner />
    </main>
  );
}
