// Asks once before something that cannot be taken back.

import { Button, Group, Modal, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { m } from "../messages";
import classes from "./confirm.module.css";
import { Failure } from "./failure";

interface Props {
  opened: boolean;
  close: () => void;
  title: string;
  /** What it means. */
  children: ReactNode;
  confirm: string;
  keep?: string;
  busy: boolean;
  error: unknown;
  failed: string;
  act: () => void;
}

export function Confirm({ opened, close, title, children, confirm, keep, busy, error, failed, act }: Props) {
  return (
    // Put together by hand: Modal's own header would be a second banner of the page.
    <Modal.Root opened={opened} onClose={close}>
      <Modal.Overlay />
      <Modal.Content>
        <Modal.Body>
          <Stack>
            <Modal.Title className={classes.title}>{title}</Modal.Title>
            {children}
            {error !== null && error !== undefined && <Failure title={failed} error={error} />}
            <Group justify="flex-end" gap="sm">
              <Button variant="default" onClick={close}>
                {keep ?? m.common.cancel}
              </Button>
              <Button color="red" loading={busy} onClick={act}>
                {confirm}
              </Button>
            </Group>
          </Stack>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
