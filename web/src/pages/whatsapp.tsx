// Linking WhatsApp: from nothing to a session that works, and what to do when it does not.

import { useQuery } from "@tanstack/react-query";
import { trpc } from "../api/client";
import { useShown } from "../api/live";
import { m } from "../messages";
import { Page } from "../parts/page";
import { SendingOff, StopSending } from "../parts/sending-off";
import { DirectoryCard } from "./whatsapp/directory";
import { LinkCard } from "./whatsapp/link";
import { SessionCard } from "./whatsapp/session";
import { SimulatedPhone } from "./whatsapp/simulated";
import classes from "./whatsapp.module.css";

export function WhatsAppPage() {
  const { session, directory } = useShown().known;
  const { data: server } = useQuery(trpc.system.getServer.queryOptions());
  return (
    <Page title={m.whatsApp.title}>
      <SendingOff />
      {session ? <SessionCard session={session} /> : <LinkCard />}
      {session?.linkedAt && directory && <DirectoryCard session={session} directory={directory} />}
      {session?.linkedAt && <StopSending />}
      {session && server?.engine === "simulated" && <SimulatedPhone />}
      {session && <p className={classes.risk}>{m.about.unofficial}</p>}
    </Page>
  );
}
