// How the session is: its state in words, since when and why, and what one can do about it.

import { Button, Group, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { trpc } from "../../api/client";
import { type LiveSession, useShown } from "../../api/live";
import { format, m } from "../../messages";
import { Card } from "../../parts/card";
import { type Fact, Facts } from "../../parts/facts";
import { Failure } from "../../parts/failure";
import { Icon, type IconName } from "../../parts/icon";
import { Since } from "../../parts/since";
import { ScanCode } from "./scan";
import { stateOf } from "./state";
import { UnlinkDialog } from "./unlink";
import classes from "./session.module.css";

const icons: Record<ReturnType<typeof stateOf>["tone"], IconName> = {
  good: "check",
  note: "phone",
  warning: "clock",
  bad: "alert",
};

export function SessionCard({ session }: { session: LiveSession }) {
  const { sessionName, status } = session;
  const state = stateOf(session);
  const facts = factsOf(session);
  const lost = useShown().connection === "lost";
  const heading = useId();
  const [unlinking, setUnlinking] = useState(false);
  const restart = useMutation(trpc.user.restartSession.mutationOptions());
  const begin = useMutation(trpc.user.initiateWhatsAppSession.mutationOptions());
  const stop = useMutation(trpc.user.logoutSession.mutationOptions());
  const stopped = status === "STOPPED";
  const running = stopped ? begin : restart;
  return (
    <Card labelledBy={heading}>
      <div className={classes.state} data-tone={state.tone}>
        <span className={classes.shield}>
          <Icon name={icons[state.tone]} size={24} />
        </span>
        <div role="status" className={classes.words}>
          <Title order={2} size="h3" id={heading}>
            {state.name}
          </Title>
          <p>{lost ? m.whatsApp.stale : state.hint}</p>
        </div>
      </div>
      {status === "SCAN_QR_CODE" && <ScanCode qr={session.qr} />}
      {facts.length > 0 && <Facts facts={facts} />}
      {running.isError && <Failure title={m.whatsApp.restartFailed} error={running.error} />}
      {stop.isError && <Failure title={m.whatsApp.stopLinkingFailed} error={stop.error} />}
      <Group gap="sm">
        <Button
          variant={state.stuck ? "filled" : "default"}
          leftSection={<Icon name="refresh" />}
          loading={running.isPending}
          onClick={() => (stopped ? begin.mutate() : restart.mutate({ sessionName }))}
        >
          {stopped ? m.whatsApp.reconnect : m.whatsApp.restart}
        </Button>
        {state.linking ? (
          // Nothing is lost by it, so nothing is asked.
          <Button variant="default" loading={stop.isPending} onClick={() => stop.mutate({ sessionName })}>
            {m.whatsApp.stopLinking}
          </Button>
        ) : (
          <Button variant="default" leftSection={<Icon name="signOut" />} onClick={() => setUnlinking(true)}>
            {m.whatsApp.unlink}
          </Button>
        )}
      </Group>
      <UnlinkDialog sessionName={sessionName} opened={unlinking} close={() => setUnlinking(false)} />
    </Card>
  );
}

function factsOf({ cause, phoneNumber, status, since, linkedAt }: LiveSession): Fact[] {
  const facts: Fact[] = [];
  if (cause) facts.push({ name: m.whatsApp.because, value: cause, wide: true });
  if (phoneNumber) facts.push({ name: m.whatsApp.number, value: <bdi dir="ltr">{phoneNumber}</bdi> });
  if (linkedAt) facts.push({ name: m.whatsApp.linkedSince, value: format.moment(linkedAt) });
  if (status === "WORKING") {
    facts.push({ name: m.whatsApp.connected, value: <Since then={since} words={m.common.when} /> });
  } else if (status !== "SCAN_QR_CODE") {
    facts.push({ name: m.whatsApp.changed, value: <Since then={since} words={m.common.whenExactly} /> });
  }
  return facts;
}
