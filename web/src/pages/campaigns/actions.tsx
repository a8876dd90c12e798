// What one can do with a campaign, as buttons.

import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, queryClient, trpc } from "../../api/client";
import type { CampaignItem } from "../../api/live";
import { m } from "../../messages";
import { announce } from "../../parts/announce";
import { Confirm } from "../../parts/confirm";
import { Failure } from "../../parts/failure";
import { Icon, type IconName } from "../../parts/icon";
import classes from "./actions.module.css";
import { isOver, titleOf } from "./status";

export type Action = keyof typeof calls;

const calls = {
  pause: api.messageCampaign.pauseCampaign,
  resume: api.messageCampaign.resumeCampaign,
  sendNow: api.messageCampaign.sendCampaignNow,
  cancel: api.messageCampaign.cancelCampaign,
  remove: api.messageCampaign.deleteCampaign,
};

const icons: Record<Action, IconName> = {
  pause: "pause",
  resume: "play",
  sendNow: "send",
  cancel: "close",
  remove: "remove",
};

/** What cannot be taken back is asked once. */
const questions = {
  cancel: {
    title: m.campaign.cancelTitle,
    body: m.campaign.cancelBody,
    confirm: m.campaign.cancelConfirm,
    keep: m.campaign.keep,
  },
  remove: {
    title: m.campaign.removeTitle,
    body: m.campaign.removeBody,
    confirm: m.campaign.removeConfirm,
    keep: m.common.cancel,
  },
};

/** Those that move it, and those that end it. */
function actionsOf({ status, books }: CampaignItem, all: boolean): { move: Action[]; end: Action[] } {
  if (isOver(status)) return { move: [], end: all ? ["remove"] : [] };
  const now: Action[] = all && status !== "PAUSED" && books.scheduled > 0 ? ["sendNow"] : [];
  return {
    move: [status === "PAUSED" ? "resume" : "pause", ...now],
    end: all ? ["cancel", "remove"] : ["cancel"],
  };
}

/** Takes a campaign off what is shown, at once. */
function forget(id: string): void {
  const { getCampaigns, getCompletedCampaigns } = trpc.messageCampaign;
  for (const list of [getCampaigns, getCompletedCampaigns]) {
    queryClient.setQueriesData<CampaignItem[]>(list.pathFilter(), (items) => items?.filter((item) => item.id !== id));
    void queryClient.invalidateQueries(list.pathFilter());
  }
}

interface Props {
  campaign: CampaignItem;
  /** Whether everything is offered, or what a list has room for. */
  all?: boolean;
  /** Called when the campaign is gone. */
  removed?: () => void;
  /** Stands between the buttons that move it and those that end it. */
  children?: React.ReactNode;
}

export function Actions({ campaign, all = false, removed, children }: Props) {
  const { id } = campaign;
  const title = titleOf(campaign);
  const [asking, setAsking] = useState<keyof typeof questions | null>(null);
  const act = useMutation({
    mutationFn: (action: Action) => calls[action].mutate({ campaignId: id }),
    onSuccess: (_, action) => {
      setAsking(null);
      announce(m.campaign.done[action]);
      if (action !== "remove") return queryClient.invalidateQueries(trpc.messageCampaign.pathFilter());
      forget(id);
      removed?.();
    },
  });
  const question = asking && questions[asking];
  const begin = (action: Action) => {
    act.reset();
    if (action === "cancel" || action === "remove") setAsking(action);
    else act.mutate(action);
  };
  const { move, end } = actionsOf(campaign, all);
  const button = (action: Action) => (
    <Button
      key={action}
      size={all ? "md" : "sm"}
      variant={action === "resume" ? "filled" : "default"}
      leftSection={<Icon name={icons[action]} size={18} />}
      aria-label={all ? undefined : m.campaign.actOn(m.campaign[action], title)}
      loading={act.isPending && act.variables === action && !asking}
      onClick={() => begin(action)}
    >
      {m.campaign[action]}
    </Button>
  );
  return (
    <>
      <div className={classes.actions}>
        {move.map(button)}
        {children}
        {end.map(button)}
      </div>
      {act.isError && !asking && <Failure title={m.campaign.actFailed} error={act.error} />}
      {question && (
        <Confirm
          opened
          close={() => setAsking(null)}
          title={question.title}
          confirm={question.confirm}
          keep={question.keep}
          busy={act.isPending}
          error={act.error}
          failed={m.campaign.actFailed}
          act={() => act.mutate(asking)}
        >
          <p>{question.body}</p>
        </Confirm>
      )}
    </>
  );
}
