// The code to scan. It is always the newest: the server tells each one as it comes.

import { Loader } from "@mantine/core";
import { m } from "../../messages";
import classes from "./scan.module.css";

export function ScanCode({ qr }: { qr: string | null }) {
  return (
    <div className={classes.scan}>
      <div className={classes.code}>
        {qr ? (
          <img src={`data:image/png;base64,${qr}`} alt={m.whatsApp.qr} />
        ) : (
          <div className={classes.coming} role="status">
            <Loader aria-hidden="true" />
            <p>{m.whatsApp.qrWaiting}</p>
          </div>
        )}
      </div>
      <div className={classes.words}>
        <ol role="list">
          {m.whatsApp.scan.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
        <p>{m.whatsApp.scanFresh}</p>
        <p className={classes.phone}>{m.whatsApp.scanPhone}</p>
      </div>
    </div>
  );
}
