// How old the lists are, and a button that has them read anew.

import { Button, Group, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { trpc } from "../api/client";
import type { LiveDirectory } from "../api/live";
import { m } from "../messages";
import { announce } from "./announce";
import { Failure } from "./failure";
import { Icon } from "./icon";
import { Since } from "./since";

interface Props {
  sessionName: string;
  directory: LiveDirectory;
}

export function Refresh({ sessionName, directory }: Props) {
  const refresh = useMutation(
    trpc.user.syncDirectory.mutationOptions({
      onSuccess: ({ started }) => announce(started ? m.directory.refreshing : m.directory.refreshNotNow),
    }),
  );
  return (
    <>
      <Group gap="sm" justify="space-between">
        <Text component="span" size="sm" c="dimmed">
          {directory.syncing ? (
            m.directory.filling
          ) : directory.syncedAt ? (
            <Since then={directory.syncedAt} words={m.directory.read} />
          ) : (
            m.directory.never
          )}
        </Text>
        <Button
          variant="default"
          leftSection={<Icon name="refresh" />}
          loading={refresh.isPending || directory.syncing}
          onClick={() => refresh.mutate({ sessionName })}
        >
          {m.directory.refresh}
        </Button>
      </Group>
      {refresh.data?.started === false && !directory.syncing && (
        <Text size="sm" c="dimmed">
          {m.directory.refreshNotNow}
        </Text>
      )}
      {refresh.isError && <Failure title={m.directory.refreshFailed} error={refresh.error} />}
    </>
  );
}
