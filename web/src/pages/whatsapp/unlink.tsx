// Logging out of WhatsApp, after saying what that means.

import { useMutation } from "@tanstack/react-query";
import { trpc } from "../../api/client";
import { m } from "../../messages";
import { Confirm } from "../../parts/confirm";
import classes from "./unlink.module.css";

interface Props {
  sessionName: string;
  opened: boolean;
  close: () => void;
}

export function UnlinkDialog({ sessionName, opened, close }: Props) {
  const unlink = useMutation(trpc.user.logoutSession.mutationOptions({ onSuccess: close }));
  return (
    <Confirm
      opened={opened}
      close={close}
      title={m.whatsApp.unlinkTitle}
      confirm={m.whatsApp.unlinkConfirm}
      busy={unlink.isPending}
      error={unlink.error}
      failed={m.whatsApp.unlinkFailed}
      act={() => unlink.mutate({ sessionName })}
    >
      <ul className={classes.list}>
        {m.whatsApp.unlinkBody.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </Confirm>
  );
}
