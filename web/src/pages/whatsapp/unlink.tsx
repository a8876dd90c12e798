// Logging out of WhatsApp, after saying what that means.

import { Button, Group, Modal, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { trpc } from "../../api/client";
import { m } from "../../messages";
import { Failure } from "../../parts/failure";
import classes from "./unlink.module.css";

interface Props {
  sessionName: string;
  opened: boolean;
  close: () => void;
}

export function UnlinkDialog({ sessionName, opened, close }: Props) {
  const unlink = useMutation(trpc.user.logoutSession.mutationOptions({ onSuccess: close }));
  return (
    // Put together by hand: Modal's own header would be a second banner of the page.
    <Modal.Root opened={opened} onClose={close}>
      <Modal.Overlay />
      <Modal.Content>
        <Modal.Body>
          <Stack>
            <Modal.Title className={classes.title}>{m.whatsApp.unlinkTitle}</Modal.Title>
            <ul className={classes.list}>
              {m.whatsApp.unlinkBody.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
            {unlink.isError && <Failure title={m.whatsApp.unlinkFailed} error={unlink.error} />}
            <Group justify="flex-end" gap="sm">
              <Button variant="default" onClick={close}>
                {m.common.cancel}
              </Button>
              <Button color="red" loading={unlink.isPending} onClick={() => unlink.mutate({ sessionName })}>
                {m.whatsApp.unlinkConfirm}
              </Button>
            </Group>
          </Stack>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
