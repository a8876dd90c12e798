// When a campaign's next message leaves, what it waits for, and why it pauses.

import type { CampaignItem } from "../../api/live";
import { m } from "../../messages";
import { useNow } from "../../parts/now";
import classes from "./waiting.module.css";

export function Waiting({ campaign }: { campaign: CampaignItem }) {
  const { status, nextAt, timeZone, waitingFor, pauseReason } = campaign;
  const now = useNow();
  if (status === "PAUSED") {
    return (
      <p className={classes.waiting} data-paused>
        {pauseReason ? (
          <>
            <span>{m.campaign.pausedBecause}: </span>
            {pauseReason}
          </>
        ) : (
          m.campaign.pausedByYou
        )}
      </p>
    );
  }
  if (!nextAt && !waitingFor) return null;
  return (
    <div className={classes.waiting}>
      {nextAt && (
        <p>
          {m.campaign.next}:{" "}
          <time dateTime={nextAt.toISOString()}>
            <strong>
              {nextAt.getTime() <= now ? m.campaign.nextNow : m.campaign.nextAt(nextAt, now, timeZone)}
            </strong>{" "}
            <span className={classes.exactly}>({m.campaign.nextExactly(nextAt, timeZone)})</span>
          </time>
        </p>
      )}
      {waitingFor && <p className={classes.for}>{m.campaign.waitingFor(waitingFor)}</p>}
    </div>
  );
}
