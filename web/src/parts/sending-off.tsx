// The switch that stops everything of one's own account, and the way back while it is thrown.

import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { trpc } from "../api/client";
import { useShown } from "../api/live";
import { m } from "../messages";
import { announce } from "./announce";
import { Failure } from "./failure";
import { Icon } from "./icon";
import { Notice } from "./notice";
import classes from "./sending-off.module.css";

function useSwitch() {
  return useMutation(
    trpc.user.setKillSwitch.mutationOptions({
      onSuccess: (_, { on }) => announce(on ? m.sendingOff.stopped : m.sendingOff.resumed),
    }),
  );
}

export function SendingOff() {
  const off = useShown().known.sendingOff;
  const turn = useSwitch();
  return (
    <>
      {off && (
        <Notice
          tone="bad"
          title={m.sendingOff.title}
          sudden
          action={
            !off.byAdmin && (
              <Button loading={turn.isPending} onClick={() => turn.mutate({ on: false })}>
                {m.sendingOff.resume}
              </Button>
            )
          }
        >
          {off.byAdmin ? m.sendingOff.byAdmin(off.reason) : m.sendingOff.body}
        </Notice>
      )}
      {turn.isError && <Failure title={m.sendingOff.failed} error={turn.error} />}
    </>
  );
}

export function StopSending() {
  const off = useShown().known.sendingOff;
  const turn = useSwitch();
  if (off) return null;
  return (
    <>
      <div className={classes.stop}>
        <Button
          variant="default"
          leftSection={<Icon name="stop" size={18} />}
          loading={turn.isPending}
          onClick={() => turn.mutate({ on: true })}
        >
          {m.sendingOff.stop}
        </Button>
        <p>{m.sendingOff.stopHint}</p>
      </div>
      {turn.isError && <Failure title={m.sendingOff.failed} error={turn.error} />}
    </>
  );
}
