// When it is sent: how often, on which days, at what time, and for how long a message may be held up.

import { NativeSelect, Select, TextInput, Title } from "@mantine/core";
import { useMemo } from "react";
import { format, m } from "../../messages";
import { Card } from "../../parts/card";
import { useNow } from "../../parts/now";
import { browserZone, type Draft, durationWords, latenesses, RHYTHMS, type Rhythm, type Wrong, zones } from "./form";
import classes from "./when.module.css";

interface Props {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  wrong: Wrong;
}

export function When({ draft, change, wrong }: Props) {
  const now = useNow();
  const { rhythm, zone, lateMinutes } = draft;
  const names = useMemo(() => zones(browserZone, zone), [zone]);
  const once = rhythm === "once";
  const today = format.dayIn(now, zone || browserZone);
  return (
    <Card>
      <Title order={2} size="h4">
        {m.compose.when}
      </Title>
      <div className={classes.fields}>
        <NativeSelect
          className={classes.wide}
          size="md"
          label={m.compose.often}
          value={rhythm}
          onChange={(event) => change({ rhythm: event.currentTarget.value as Rhythm })}
          data={RHYTHMS.map((value) => ({ value, label: m.compose.rhythm[value] }))}
        />
        <TextInput
          type="date"
          name="startDate"
          label={once ? m.compose.day : m.compose.firstDay}
          min={today}
          value={draft.firstDay}
          error={wrong.startDate ?? (once ? wrong.endDate : undefined)}
          onChange={(event) => {
            const firstDay = event.currentTarget.value;
            // A range does not end before it begins.
            change(firstDay > draft.lastDay ? { firstDay, lastDay: firstDay } : { firstDay });
          }}
        />
        {!once && (
          <TextInput
            type="date"
            name="endDate"
            label={m.compose.lastDay}
            min={draft.firstDay}
            value={draft.lastDay}
            error={wrong.endDate}
            onChange={(event) => change({ lastDay: event.currentTarget.value })}
          />
        )}
        <TextInput
          type="time"
          name="messageTime"
          label={m.compose.time}
          value={draft.time}
          error={wrong.messageTime}
          onChange={(event) => change({ time: event.currentTarget.value })}
        />
        <Select
          size="md"
          name="timeZone"
          label={m.compose.zone}
          description={zone && m.compose.zoneHint(format.timeIn(now, zone))}
          inputWrapperOrder={["label", "input", "description", "error"]}
          searchable
          selectFirstOptionOnChange
          limit={60}
          comboboxProps={{ withinPortal: false }}
          maxDropdownHeight={280}
          nothingFoundMessage={m.compose.zoneNone}
          data={names.map((value) => ({ value, label: value.replaceAll("_", " ") }))}
          value={zone || null}
          error={wrong.timeZone}
          onChange={(value) => value && change({ zone: value })}
        />
        <NativeSelect
          size="md"
          name="lateMinutes"
          label={m.compose.late}
          description={m.compose.lateHint(durationWords(lateMinutes))}
          inputWrapperOrder={["label", "input", "description", "error"]}
          value={String(lateMinutes)}
          error={wrong.lateMinutes}
          onChange={(event) => change({ lateMinutes: Number(event.currentTarget.value) })}
          data={latenesses(lateMinutes)}
        />
      </div>
    </Card>
  );
}
