// One campaign: how far it is, what became of each message, and what one can do about it.

import { Button, Title } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { api, trpc } from "../api/client";
import type { CampaignItem } from "../api/live";
import { m } from "../messages";
import { Badge } from "../parts/badge";
import { BooksBar } from "../parts/books-bar";
import { Bubble } from "../parts/bubble";
import { Card } from "../parts/card";
import { download } from "../parts/export";
import { type Fact, Facts } from "../parts/facts";
import { Failure } from "../parts/failure";
import { Icon } from "../parts/icon";
import { Notice } from "../parts/notice";
import { Page } from "../parts/page";
import { SendingOff } from "../parts/sending-off";
import { campaignEditAt, places } from "../places";
import { Books, type Outcome } from "./campaign/books";
import { Messages } from "./campaign/messages";
import { Actions } from "./campaigns/actions";
import { isOver, stateOf, titleOf, toWhom } from "./campaigns/status";
import { Waiting } from "./campaigns/waiting";
import { durationWords, rhythmOf } from "./compose/form";
import classes from "./campaign.module.css";

export function CampaignPage({ id }: { id: string }) {
  const found = useQuery(trpc.messageCampaign.getCampaign.queryOptions({ campaignId: id }));
  const campaign = found.data;
  return (
    <Page title={campaign ? titleOf(campaign) : m.campaigns.title}>
      {found.isError && (
        <Failure title={m.campaign.failed} error={found.error} retry={() => void found.refetch()} />
      )}
      {campaign && <Campaign campaign={campaign} />}
    </Page>
  );
}

function Campaign({ campaign }: { campaign: CampaignItem }) {
  const [, go] = useLocation();
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const messages = useRef<HTMLHeadingElement>(null);
  const { id, status, books } = campaign;
  const { name, tone } = stateOf(campaign);
  return (
    <>
      <SendingOff />
      <Card>
        <div className={classes.head}>
          <Badge tone={tone}>{name}</Badge>
          <span className={classes.to}>{toWhom(campaign)}</span>
        </div>
        <BooksBar books={books} label={m.campaign.bar} />
        <Waiting campaign={campaign} />
        <Actions campaign={campaign} all removed={() => go(places.campaigns, { replace: true })}>
          {!isOver(status) && (
            <Button
              component={Link}
              href={campaignEditAt(id)}
              variant="default"
              leftSection={<Icon name="edit" size={18} />}
            >
              {m.campaign.edit}
            </Button>
          )}
          <ExportButton campaign={campaign} />
        </Actions>
      </Card>
      {books.unknown > 0 && (
        <Notice
          tone="warning"
          title={m.campaign.unclearTitle(books.unknown)}
          action={
            outcome !== "unknown" && (
              <Button
                variant="default"
                onClick={() => {
                  setOutcome("unknown");
                  messages.current?.focus();
                }}
              >
                {m.campaign.showUnclear(books.unknown)}
              </Button>
            )
          }
        >
          {m.campaign.unclearHint(books.unknown)}
        </Notice>
      )}
      <Card>
        <Title order={2} size="h4" ref={messages} tabIndex={-1} className={classes.heading}>
          {m.campaign.books}
        </Title>
        <Books books={books} outcome={outcome} choose={setOutcome} />
        <Messages key={outcome} campaign={campaign} outcome={outcome} />
      </Card>
      <Card>
        <Title order={2} size="h4">
          {m.campaign.plan}
        </Title>
        <Facts facts={planOf(campaign)} />
        <Bubble text={campaign.template} />
      </Card>
    </>
  );
}

function planOf(campaign: CampaignItem): Fact[] {
  const { startDay, endDay, messageTime, timeZone, lateMinutes } = campaign;
  return [
    { name: m.campaign.howOften, value: m.compose.rhythm[rhythmOf(campaign)] },
    { name: m.campaign.days, value: m.campaign.from(startDay, endDay) },
    { name: m.campaign.time, value: m.campaign.timeIn(messageTime, timeZone) },
    { name: m.campaign.late, value: m.campaign.lateFor(durationWords(lateMinutes)) },
  ];
}

function ExportButton({ campaign }: { campaign: CampaignItem }) {
  const save = useMutation({
    mutationFn: () => api.messageCampaign.exportCampaign.query({ campaignId: campaign.id }),
    onSuccess: ({ csv }) => download(m.campaign.file(titleOf(campaign)), csv),
  });
  return (
    <>
      <Button
        variant="default"
        leftSection={<Icon name="download" size={18} />}
        loading={save.isPending}
        onClick={() => save.mutate()}
      >
        {m.campaign.export}
      </Button>
      {save.isError && <Failure title={m.campaign.exportFailed} error={save.error} />}
    </>
  );
}
