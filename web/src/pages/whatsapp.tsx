// Linking WhatsApp: from nothing to a session that works, and what to do when it does not.

import { Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { trpc } from "../api/client";
import { useShown } from "../api/live";
import { m } from "../messages";
import { Card } from "../parts/card";
import { Page } from "../parts/page";
import { DirectoryCard } from "./whatsapp/directory";
import { LinkCard } from "./whatsapp/link";
import { ScanCard } from "./whatsapp/scan";
import { SessionCard } from "./whatsapp/session";
import { SimulatedPhone } from "./whatsapp/simulated";

export function WhatsAppPage() {
  const { session, directory } = useShown().known;
  const { data: server } = useQuery(trpc.system.getServer.queryOptions());
  return (
    <Page title={m.whatsApp.title}>
      {session === null && <LinkCard />}
      {session && session.status === "SCAN_QR_CODE" && <ScanCard session={session} />}
      {session && <SessionCard session={session} />}
      {session?.linkedAt && directory && <DirectoryCard session={session} directory={directory} />}
      {session && server?.engine === "simulated" && <SimulatedPhone />}
      {session && (
        <Card>
          <Title order={2} size="h4">
            {m.whatsApp.riskTitleLinked}
          </Title>
          <p>{m.about.unofficial}</p>
        </Card>
      )}
    </Page>
  );
}
