// What Herald knows of the account's groups and contacts, and how far a reading has come.

import { Anchor, Group, Progress, Title } from "@mantine/core";
import { Link } from "wouter";
import type { LiveDirectory, LiveSession } from "../../api/live";
import { m } from "../../messages";
import { Card } from "../../parts/card";
import { Notice } from "../../parts/notice";
import { Refresh } from "../../parts/refresh";
import { places } from "../../places";

interface Props {
  session: LiveSession;
  directory: LiveDirectory;
}

export function DirectoryCard({ session, directory }: Props) {
  const { progress } = directory;
  return (
    <Card>
      <Title order={2} size="h4">
        {m.directory.title}
      </Title>
      {directory.syncedAt && (
        <Group gap="lg">
          <Anchor component={Link} href={places.groups}>
            {m.directory.groups(directory.groups)}
          </Anchor>
          <Anchor component={Link} href={places.contacts}>
            {m.directory.contacts(directory.contacts)}
          </Anchor>
        </Group>
      )}
      {directory.withoutNumber > 0 && <p>{m.directory.withoutNumber(directory.withoutNumber)}</p>}
      {progress !== null && (
        <div>
          <p>{m.directory.fillingAt(progress)}</p>
          <Progress.Root size="lg">
            <Progress.Section value={progress} aria-label={m.directory.progress} />
          </Progress.Root>
        </div>
      )}
      {directory.error && (
        <Notice tone="warning" title={m.directory.failed} sudden>
          {directory.error}
        </Notice>
      )}
      <Refresh sessionName={session.sessionName} directory={directory} />
    </Card>
  );
}
