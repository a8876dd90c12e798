// What Herald knows of the account's groups and contacts, and how far a reading has come.

import { Title } from "@mantine/core";
import { Link } from "wouter";
import type { LiveDirectory, LiveSession } from "../../api/live";
import { m } from "../../messages";
import { Card } from "../../parts/card";
import { Filling } from "../../parts/filling";
import { Icon } from "../../parts/icon";
import { Refresh } from "../../parts/refresh";
import { places } from "../../places";
import classes from "./directory.module.css";

interface Props {
  session: LiveSession;
  directory: LiveDirectory;
}

export function DirectoryCard({ session, directory }: Props) {
  return (
    <Card>
      <Title order={2} size="h4">
        {m.directory.title}
      </Title>
      {directory.syncedAt && (
        <div className={classes.counts}>
          <Link className={classes.count} href={places.groups}>
            <Icon name="groups" />
            {m.directory.groups(directory.groups)}
          </Link>
          <Link className={classes.count} href={places.contacts}>
            <Icon name="contacts" />
            {m.directory.contacts(directory.contacts)}
          </Link>
        </div>
      )}
      {directory.withoutNumber > 0 && (
        <p className={classes.note}>{m.directory.withoutNumber(directory.withoutNumber)}</p>
      )}
      <Filling directory={directory} />
      <Refresh sessionName={session.sessionName} directory={directory} />
    </Card>
  );
}
