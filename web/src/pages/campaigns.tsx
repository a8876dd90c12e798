// All campaigns: those under way, and those that are over.

import { Button, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { Link } from "wouter";
import { trpc } from "../api/client";
import { type CampaignItem, useShown } from "../api/live";
import { m } from "../messages";
import { Badge } from "../parts/badge";
import { BooksBar } from "../parts/books-bar";
import { Card } from "../parts/card";
import { Empty } from "../parts/empty";
import { Failure } from "../parts/failure";
import { Icon } from "../parts/icon";
import { Page } from "../parts/page";
import { SendingOff, StopSending } from "../parts/sending-off";
import { campaignAt, places } from "../places";
import { Actions } from "./campaigns/actions";
import { stateOf, titleOf, toWhom } from "./campaigns/status";
import { Waiting } from "./campaigns/waiting";
import classes from "./campaigns.module.css";

/** How many of those that are over are shown at first, and how many more at a press. */
const STEP = 20;

export function CampaignsPage() {
  const { session } = useShown().known;
  const open = useQuery(trpc.messageCampaign.getCampaigns.queryOptions({ messages: false }));
  const over = useQuery(trpc.messageCampaign.getCompletedCampaigns.queryOptions({ messages: false }));
  const failed = [open, over].find(({ isError }) => isError);
  const loaded = open.data && over.data;
  const none = loaded && open.data.length + over.data.length === 0;
  const linked = Boolean(session?.linkedAt);
  return (
    <Page title={m.campaigns.title} aside={linked && !none && <NewButton />}>
      <SendingOff />
      {failed && <Failure title={m.campaigns.failed} error={failed.error} retry={() => void failed.refetch()} />}
      {none && (
        <Card>
          {linked ? (
            <Empty icon="campaigns" title={m.campaigns.none} action={<NewButton />}>
              {m.campaigns.noneHint}
            </Empty>
          ) : (
            <Empty
              icon="campaigns"
              title={m.list.notLinked}
              action={
                <Button component={Link} href={places.whatsApp}>
                  {m.list.toLink}
                </Button>
              }
            >
              {m.campaigns.notLinkedHint}
            </Empty>
          )}
        </Card>
      )}
      {loaded && !none && (
        <>
          <section className={classes.section} aria-labelledby="under-way">
            <Title order={2} size="h4" id="under-way">
              {m.campaigns.underWay}
            </Title>
            {open.data.length === 0 && <p className={classes.nothing}>{m.campaigns.noneUnderWay}</p>}
            <List campaigns={open.data} />
          </section>
          {linked && open.data.length > 0 && <StopSending />}
          {over.data.length > 0 && (
            <section className={classes.section} aria-labelledby="over">
              <Title order={2} size="h4" id="over">
                {m.campaigns.over}
              </Title>
              <List campaigns={over.data} />
            </section>
          )}
        </>
      )}
    </Page>
  );
}

function NewButton() {
  return (
    <Button component={Link} href={places.newCampaign} leftSection={<Icon name="add" />}>
      {m.campaigns.add}
    </Button>
  );
}

function List({ campaigns }: { campaigns: CampaignItem[] }) {
  const [shown, setShown] = useState(STEP);
  const rest = campaigns.length - shown;
  return (
    <>
      <ul className={classes.list} role="list">
        {campaigns.slice(0, shown).map((campaign) => (
          <li key={campaign.id}>
            <Entry campaign={campaign} />
          </li>
        ))}
      </ul>
      {rest > 0 && (
        <div>
          <Button variant="default" onClick={() => setShown(shown + STEP)}>
            {m.campaigns.more(Math.min(rest, STEP))}
          </Button>
        </div>
      )}
    </>
  );
}

function Entry({ campaign }: { campaign: CampaignItem }) {
  const heading = useId();
  const { name, tone } = stateOf(campaign);
  const title = titleOf(campaign);
  return (
    <Card labelledBy={heading}>
      <div className={classes.head}>
        <div className={classes.words}>
          <Title order={3} size="h4" id={heading}>
            <Link href={campaignAt(campaign.id)} className={classes.link} dir="auto">
              {title}
            </Link>
          </Title>
          <p className={classes.to}>{toWhom(campaign)}</p>
        </div>
        <Badge tone={tone}>{name}</Badge>
      </div>
      <BooksBar books={campaign.books} label={m.campaign.actOn(m.campaign.bar, title)} />
      <Waiting campaign={campaign} />
      <Actions campaign={campaign} />
    </Card>
  );
}
