// The server's calendar: every date on which it sends, what the clock does there, and what one should know.

import { Loader, Title } from "@mantine/core";
import { useId, useState } from "react";
import type { CampaignPreview } from "../../api/live";
import { m } from "../../messages";
import { Bubble } from "../../parts/bubble";
import { Card } from "../../parts/card";
import { ChooseList } from "../../parts/choose-list";
import { Icon } from "../../parts/icon";
import classes from "./calendar.module.css";
import type { Previewed } from "./preview";

interface Props extends Previewed {
  zone: string;
  /** The time that was asked for. */
  time: string;
}

export function Calendar({ plan, busy, error, zone, time }: Props) {
  return (
    <Card>
      <div className={classes.head}>
        <Title order={2} size="h4">
          {m.compose.calendar}
        </Title>
        {busy && <Loader size="xs" aria-hidden="true" />}
      </div>
      {error !== null && !busy && <p className={classes.note}>{m.compose.calendarFailed}</p>}
      {error === null && !plan && <p className={classes.note}>{busy ? m.compose.calendarBusy : m.compose.calendarIncomplete}</p>}
      {error === null && plan && <Plan plan={plan} zone={zone} time={time} busy={busy} />}
    </Card>
  );
}

function Plan({ plan, zone, time, busy }: { plan: CampaignPreview; zone: string; time: string; busy: boolean }) {
  const { occurrences, messages, finishesAt, warnings } = plan;
  const [chosen, setChosen] = useState(0);
  const hint = useId();
  const first = occurrences[0];
  const differs = occurrences.some(({ content }) => content !== first?.content);
  const shown = occurrences[chosen];
  return (
    <>
      <div role="status">
        <p className={classes.total}>{m.compose.total(messages)}</p>
        <p className={classes.note}>
          {m.compose.times(occurrences.length)} · {finishesAt ? m.compose.finishes(finishesAt, zone) : m.compose.never}
        </p>
      </div>
      {differs && (
        <p id={hint} className={classes.note}>
          {m.compose.pickDay}
        </p>
      )}
      <div className={classes.list} data-few={occurrences.length < 6 || undefined}>
        <ChooseList
          label={m.compose.calendar}
          describedBy={differs ? hint : undefined}
          count={occurrences.length}
          heightOf={(index) => (occurrences[index]?.shift ? 5 : 2.75)}
          heights={occurrences.map(({ shift }) => shift ?? "").join()}
          busy={busy}
          choose={setChosen}
          option={(index) => {
            const occurrence = occurrences[index];
            return {
              chosen: differs && index === chosen,
              content: occurrence && (
                <span className={classes.words}>
                  <span className={classes.date}>{m.compose.occurrence(occurrence.local)}</span>
                  {occurrence.shift && (
                    <span className={classes.shift}>
                      <Icon name="clock" size={16} />
                      {m.compose[occurrence.shift](time, occurrence.local)}
                    </span>
                  )}
                </span>
              ),
            };
          }}
        />
      </div>
      {differs && shown && (
        <div className={classes.text}>
          <p className={classes.note}>{m.compose.textOf(shown.local)}</p>
          <Bubble text={shown.content} />
        </div>
      )}
      {warnings.length > 0 && (
        <div className={classes.warnings}>
          <strong>{m.compose.warnings}</strong>
          <ul>
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}
