// What became of each message, a page at a time.

import { Button } from "@mantine/core";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { queryClient, trpc } from "../../api/client";
import type { CampaignItem, CampaignMessage } from "../../api/live";
import { m } from "../../messages";
import { announce } from "../../parts/announce";
import { Badge } from "../../parts/badge";
import { Bubble } from "../../parts/bubble";
import { Failure } from "../../parts/failure";
import { Icon } from "../../parts/icon";
import { Monogram } from "../../parts/monogram";
import { nameOf, shapeOf } from "../compose/recipient";
import type { Outcome } from "./books";
import classes from "./messages.module.css";

const PAGE = 50;

const tones = {
  scheduled: "note",
  sending: "note",
  sent: "good",
  failed: "bad",
  unknown: "warning",
  skipped: "bad",
  cancelled: "past",
} as const;

interface Props {
  campaign: CampaignItem;
  outcome: Outcome | null;
}

export function Messages({ campaign, outcome }: Props) {
  const pages = useInfiniteQuery(
    trpc.messageCampaign.getCampaignMessages.infiniteQueryOptions(
      { campaignId: campaign.id, limit: PAGE, ...(outcome && { status: outcome }) },
      { getNextPageParam: ({ nextCursor }) => nextCursor },
    ),
  );
  const messages = pages.data?.pages.flatMap(({ items }) => items) ?? [];
  const count = campaign.books[outcome ?? "planned"];
  return (
    <>
      {pages.isError && (
        <Failure title={m.campaign.messagesFailed} error={pages.error} retry={() => void pages.refetch()} />
      )}
      {pages.data && messages.length === 0 && <p className={classes.none}>{m.campaign.noMessages}</p>}
      {messages.length > 0 && (
        <>
          <ul className={classes.list} role="list">
            {messages.map((message) => (
              <Message key={message.id} message={message} zone={campaign.timeZone} over={campaign.status === "CANCELLED"} />
            ))}
          </ul>
          {pages.hasNextPage && (
            <div className={classes.more}>
              <Button variant="default" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
                {m.campaign.moreMessages}
              </Button>
              <span>{m.campaign.shown(messages.length, Math.max(count, messages.length))}</span>
            </div>
          )}
        </>
      )}
    </>
  );
}

interface MessageProps {
  message: CampaignMessage;
  zone: string;
  /** Whether nothing can be settled any more. */
  over: boolean;
}

function Message({ message, zone, over }: MessageProps) {
  const { chatId, content, status, reason, attempts, scheduledAt, sentAt, deliveredAt, readAt } = message;
  const [open, setOpen] = useState(false);
  const text = useId();
  const name = nameOf(message);
  return (
    <li className={classes.message}>
      <Monogram shape={shapeOf(chatId)} id={chatId} name={message.name ?? ""} />
      <div className={classes.words}>
        <div className={classes.line}>
          <strong className={classes.name} dir="auto">
            {name}
          </strong>
          <Badge tone={tones[status]}>{m.campaign.outcome[status]}</Badge>
        </div>
        <p className={classes.detail}>
          <time dateTime={(sentAt ?? scheduledAt).toISOString()}>
            {sentAt ? m.campaign.sentAt(sentAt, zone) : m.campaign.dueAt(scheduledAt, zone)}
          </time>
          {attempts > 1 && <span>{m.campaign.attempts(attempts)}</span>}
          {(readAt ?? deliveredAt) && (
            <span className={classes.ticks} data-read={readAt !== null || undefined}>
              <Icon name="ticks" size={16} />
              {readAt ? m.campaign.read(readAt, zone) : deliveredAt && m.campaign.delivered(deliveredAt, zone)}
            </span>
          )}
        </p>
        {reason && status !== "sent" && <p className={classes.reason}>{reason}</p>}
        <div>
          <button
            type="button"
            className={classes.toggle}
            aria-expanded={open}
            aria-controls={open ? text : undefined}
            onClick={() => setOpen(!open)}
          >
            {open ? m.campaign.hideText : m.campaign.showText}
          </button>
        </div>
        {open && (
          <div id={text}>
            <Bubble text={content} />
          </div>
        )}
        {status === "unknown" && !over && <Unclear message={message} />}
      </div>
    </li>
  );
}

const ANSWERS = ["sent", "resend", "failed"] as const;

/** Nobody knows whether it went out: whoever can look at the phone says so. */
function Unclear({ message }: { message: CampaignMessage }) {
  const resolve = useMutation(
    trpc.messageCampaign.resolveUnknown.mutationOptions({
      onSuccess: (_, input) => {
        announce(m.campaign.resolved[input.as]);
        return queryClient.invalidateQueries(trpc.messageCampaign.pathFilter());
      },
    }),
  );
  return (
    <div className={classes.unclear} role="group" aria-label={m.campaign.outcome.unknown}>
      {ANSWERS.map((answer) => {
        const { name, hint } = m.campaign.resolve[answer];
        return (
          <div key={answer} className={classes.answer}>
            <Button
              size="sm"
              variant="default"
              fullWidth
              loading={resolve.isPending && resolve.variables.as === answer}
              aria-label={m.campaign.actOn(name, nameOf(message))}
              onClick={() => resolve.mutate({ messageId: message.id, as: answer })}
            >
              {name}
            </Button>
            <p>{hint}</p>
          </div>
        );
      })}
      {resolve.isError && <Failure title={m.campaign.resolveFailed} error={resolve.error} />}
    </div>
  );
}
