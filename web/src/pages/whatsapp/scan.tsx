// The code to scan. It is always the newest: the server tells each one as it comes.

import { Loader, Title } from "@mantine/core";
import type { LiveSession } from "../../api/live";
import { m } from "../../messages";
import { Card } from "../../parts/card";
import classes from "./scan.module.css";

export function ScanCard({ session }: { session: LiveSession }) {
  return (
    <Card>
      <Title order={2} size="h4">
        {m.whatsApp.scanTitle}
      </Title>
      <div className={classes.scan}>
        <div className={classes.code}>
          {session.qr ? (
            <img src={`data:image/png;base64,${session.qr}`} alt={m.whatsApp.qr} />
          ) : (
            <div role="status">
              <Loader aria-hidden="true" />
              <p>{m.whatsApp.qrWaiting}</p>
            </div>
          )}
        </div>
        <div className={classes.words}>
          <ol>
            {m.whatsApp.scan.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
          <p>{m.whatsApp.scanFresh}</p>
          <p className={classes.phone}>{m.whatsApp.scanPhone}</p>
        </div>
      </div>
    </Card>
  );
}
