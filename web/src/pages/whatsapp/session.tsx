// How the session is: its state in words, since when and why, and what one can do about it.

import { Button, Group } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { trpc } from "../../api/client";
import type { LiveSession } from "../../api/live";
import { format, m } from "../../messages";
import { Card } from "../../parts/card";
import { Facts } from "../../parts/facts";
import { Failure } from "../../parts/failure";
import { Icon } from "../../parts/icon";
import { Notice } from "../../parts/notice";
import { Since } from "../../parts/since";
import { stateOf } from "./state";
import { UnlinkDialog } from "./unlink";

export function SessionCard({ session }: { session: LiveSession }) {
  const { sessionName, status } = session;
  const state = stateOf(session);
  const stopped = status === "STOPPED";
  const [unlinking, setUnlinking] = useState(false);
  const restart = useMutation(trpc.user.restartSession.mutationOptions());
  const begin = useMutation(trpc.user.initiateWhatsAppSession.mutationOptions());
  const running = stopped ? begin : restart;
  return (
    <Card label={m.whatsApp.state}>
      <Notice tone={state.tone} title={state.name} sudden>
        {state.hint}
      </Notice>
      <Facts
        facts={[
          ...(session.cause ? [[m.whatsApp.because, session.cause] as [string, string]] : []),
          [m.whatsApp.since, <Since key="since" then={session.since} words={m.common.when} />],
          [m.whatsApp.number, session.phoneNumber || m.whatsApp.numberUnknown],
          ...(session.linkedAt
            ? [[m.whatsApp.linkedSince, format.moment(session.linkedAt)] as [string, string]]
            : []),
        ]}
      />
      {running.isError && <Failure title={m.whatsApp.restartFailed} error={running.error} />}
      <Group gap="sm">
        <Button
          variant={status === "WORKING" ? "default" : "filled"}
          leftSection={<Icon name="refresh" />}
          loading={running.isPending}
          onClick={() => (stopped ? begin.mutate() : restart.mutate({ sessionName }))}
        >
          {stopped ? m.whatsApp.reconnect : m.whatsApp.restart}
        </Button>
        <Button variant="default" leftSection={<Icon name="signOut" />} onClick={() => setUnlinking(true)}>
          {m.whatsApp.unlink}
        </Button>
      </Group>
      <UnlinkDialog sessionName={sessionName} opened={unlinking} close={() => setUnlinking(false)} />
    </Card>
  );
}
