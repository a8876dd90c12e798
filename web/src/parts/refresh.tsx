// How old the lists are, and a button that has them read anew.

import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { trpc } from "../api/client";
import type { LiveDirectory } from "../api/live";
import { m } from "../messages";
import { announce } from "./announce";
import { Failure } from "./failure";
import { Icon } from "./icon";
import classes from "./refresh.module.css";
import { useNow } from "./now";
import { Since } from "./since";

/** How long "a moment ago" is true. */
const A_MOMENT_MS = 40_000;

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
  const now = useNow();
  const notNow = refresh.data?.started === false && !directory.syncing && now - refresh.submittedAt < A_MOMENT_MS;
  return (
    <>
      <div className={classes.refresh}>
        <span className={classes.age}>
          {notNow ? m.directory.refreshNotNow : <Age directory={directory} />}
        </span>
        <Button
          variant="subtle"
          c="var(--tabard-accent)"
          px="sm"
          leftSection={<Icon name="refresh" />}
          loading={refresh.isPending || directory.syncing}
          onClick={() => refresh.mutate({ sessionName })}
        >
          {m.directory.refresh}
        </Button>
      </div>
      {refresh.isError && <Failure title={m.directory.refreshFailed} error={refresh.error} />}
    </>
  );
}

function Age({ directory: { syncing, syncedAt } }: { directory: LiveDirectory }) {
  if (syncing) return m.directory.refreshing;
  return syncedAt ? <Since then={syncedAt} words={m.directory.read} /> : m.directory.never;
}
