// For administrators: who waits, and letting them in.

import { Button, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { trpc } from "../api/client";
import type { PendingAccount } from "../api/live";
import { m } from "../messages";
import { announce } from "../parts/announce";
import { Card } from "../parts/card";
import { Empty } from "../parts/empty";
import { Failure } from "../parts/failure";
import { Page } from "../parts/page";
import { Since } from "../parts/since";
import classes from "./people.module.css";

export function PeoplePage() {
  const waiting = useQuery(trpc.admin.getPendingUsers.queryOptions());
  const heading = useRef<HTMLHeadingElement>(null);
  return (
    <Page title={m.people.title}>
      <Card>
        <Title order={2} size="h4" ref={heading} tabIndex={-1} className={classes.heading}>
          {m.people.waiting}
        </Title>
        <p>{m.people.intro}</p>
        {waiting.isError && (
          <Failure title={m.list.failed} error={waiting.error} retry={() => void waiting.refetch()} />
        )}
        {waiting.data?.length === 0 && (
          <Empty icon="people" title={m.people.none}>
            {m.people.noneHint(`${window.location.origin}/sign-up`)}
          </Empty>
        )}
        {waiting.data && waiting.data.length > 0 && (
          <ul className={classes.list}>
            {waiting.data.map((account) => (
              <Person key={account.id} account={account} gone={() => heading.current?.focus()} />
            ))}
          </ul>
        )}
      </Card>
    </Page>
  );
}

interface PersonProps {
  account: PendingAccount;
  /** The entry goes, and the button that had the focus with it. */
  gone: () => void;
}

function Person({ account, gone }: PersonProps) {
  const client = useQueryClient();
  const approve = useMutation(
    trpc.admin.approveUser.mutationOptions({
      onSuccess: () => {
        gone();
        announce(m.people.approved(account.name));
        return client.invalidateQueries(trpc.admin.getPendingUsers.queryFilter());
      },
    }),
  );
  return (
    <li>
      <div className={classes.person}>
        <div className={classes.words}>
          <strong>{account.name}</strong>
          <span>{account.email}</span>
          <span className={classes.since}>
            <Since then={account.createdAt} words={m.people.since} />
          </span>
        </div>
        <Button
          aria-label={m.people.approveName(account.name)}
          loading={approve.isPending}
          onClick={() => approve.mutate({ userId: account.id })}
        >
          {m.people.approve}
        </Button>
      </div>
      {approve.isError && <Failure title={m.people.failed(account.name)} error={approve.error} />}
    </li>
  );
}
