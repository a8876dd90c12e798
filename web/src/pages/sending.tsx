// For administrators: how much each account may send, and the switch that stops everything.

import { Button, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { queryClient, trpc } from "../api/client";
import { fieldErrorsOf } from "../api/errors";
import type { LimitItem } from "../api/live";
import { format, m } from "../messages";
import { announce } from "../parts/announce";
import { Card } from "../parts/card";
import { Failure } from "../parts/failure";
import { Icon } from "../parts/icon";
import { Notice } from "../parts/notice";
import { Page } from "../parts/page";
import { Since } from "../parts/since";
import classes from "./sending.module.css";

export function SendingPage() {
  const limits = useQuery(trpc.admin.getLimits.queryOptions());
  return (
    <Page title={m.sending.title}>
      <Switches />
      {limits.isError && (
        <Failure title={m.sending.failed} error={limits.error} retry={() => void limits.refetch()} />
      )}
      {limits.data && <Limits limits={limits.data} />}
    </Page>
  );
}

function Switches() {
  const switches = useQuery(trpc.admin.getKillSwitches.queryOptions());
  const [reason, setReason] = useState("");
  const turn = useMutation(
    trpc.admin.setKillSwitch.mutationOptions({
      onSuccess: (_, { on }) => {
        announce(on ? m.sendingOff.stopped : m.sendingOff.resumed);
        setReason("");
        return queryClient.invalidateQueries(trpc.admin.getKillSwitches.queryFilter());
      },
    }),
  );
  const server = switches.data?.find(({ scope }) => scope === "server");
  const others = switches.data?.filter(({ scope }) => scope !== "server") ?? [];
  const wrong = fieldErrorsOf(turn.error);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    turn.mutate({ scope: "server", on: true, ...(reason.trim() && { reason: reason.trim() }) });
  };
  return (
    <Card>
      <Title order={2} size="h4">
        {m.sending.switchTitle}
      </Title>
      {switches.isError && (
        <Failure title={m.sending.switchesFailed} error={switches.error} retry={() => void switches.refetch()} />
      )}
      {turn.isError && Object.keys(wrong).length === 0 && (
        <Failure title={m.sending.switchFailed} error={turn.error} />
      )}
      {server && (
        <Notice
          tone="bad"
          title={m.sendingOff.title}
          sudden
          action={
            <Button loading={turn.isPending} onClick={() => turn.mutate({ scope: "server", on: false })}>
              {m.sending.resume}
            </Button>
          }
        >
          <Since then={server.since} words={m.sending.stopped} />
          {server.reason && `: ${server.reason}`}
        </Notice>
      )}
      {switches.data && !server && (
        <form onSubmit={onSubmit} className={classes.stop}>
          <p>{m.sending.switchHint}</p>
          <TextInput
            label={
              <>
                {m.sending.reason} <span className={classes.dim}>({m.compose.optional})</span>
              </>
            }
            description={m.sending.reasonHint}
            maxLength={200}
            value={reason}
            error={wrong["reason"]}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <div>
            <Button type="submit" color="red" loading={turn.isPending} leftSection={<Icon name="stop" size={18} />}>
              {m.sending.stop}
            </Button>
          </div>
        </form>
      )}
      {others.length > 0 && (
        <div>
          <strong>{m.sending.others}</strong>
          <ul className={classes.others}>
            {others.map(({ scope, id, reason: why, since }) => (
              <li key={`${scope} ${id}`}>
                {m.sending.scope[scope]}, <Since then={since} words={m.sending.stopped} />
                {why && `: ${why}`}
              </li>
            ))}
          </ul>
        </div>
      )}
    </Card>
  );
}

/** A value with what it counts. */
function withUnit(value: number, unit: string): string {
  if (unit === "hour of the day") return format.clock(`${String(value).padStart(2, "0")}:00`);
  const words = m.sending.unit[unit] ?? unit;
  return unit === "%" ? format.percent(value) : `${format.number(value)} ${words}`;
}

function Limits({ limits }: { limits: LimitItem[] }) {
  /** What was typed; what is not in it is as it is in force. */
  const [typed, setTyped] = useState<Record<string, string>>({});
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const form = useRef<HTMLFormElement>(null);

  const show = (found: Record<string, string>) => {
    setWrong(found);
    const first = limits.find(({ name }) => found[name]);
    if (first) form.current?.querySelector<HTMLElement>(`[name="${first.name}"]`)?.focus();
  };
  const save = useMutation(
    trpc.admin.setLimits.mutationOptions({
      onSuccess: (saved) => {
        queryClient.setQueryData(trpc.admin.getLimits.queryKey(), saved);
        setTyped({});
        announce(m.sending.saved);
      },
      onError: (error) => show(fieldErrorsOf(error)),
    }),
  );
  const write = (name: string, value: string) => {
    setTyped((before) => ({ ...before, [name]: value }));
    setWrong(({ [name]: _, ...others }) => others);
    save.reset();
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const changes: Record<string, number> = {};
    const found: Record<string, string> = {};
    for (const [name, value] of Object.entries(typed)) {
      if (/^\d+$/.test(value.trim())) changes[name] = Number(value);
      else found[name] = m.sending.notNumber;
    }
    show(found);
    if (Object.keys(found).length === 0) save.mutate(changes);
  };
  const isChanged = limits.some(({ name, value }) => typed[name] !== undefined && typed[name] !== String(value));

  return (
    <Card>
      <Title order={2} size="h4">
        {m.sending.limits}
      </Title>
      <p>{m.sending.intro}</p>
      <form ref={form} onSubmit={onSubmit} noValidate className={classes.limits}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{m.sending.name}</th>
              <th scope="col">{m.sending.value}</th>
              <th scope="col">{m.sending.allowed}</th>
            </tr>
          </thead>
          <tbody>
            {limits.map((limit) => {
              const { name, value, unit } = limit;
              const label = m.limits[name] ?? name;
              const shown = typed[name] ?? String(value);
              return (
                <tr key={name}>
                  <th scope="row" id={`limit-${name}`}>
                    {label}
                  </th>
                  <td>
                    <TextInput
                      name={name}
                      aria-labelledby={`limit-${name}`}
                      inputMode="numeric"
                      autoComplete="off"
                      className={classes.value}
                      value={shown}
                      error={wrong[name]}
                      onChange={(event) => write(name, event.currentTarget.value)}
                      rightSectionWidth="auto"
                      rightSectionProps={{ className: classes.unit }}
                      rightSection={m.sending.unit[unit] ?? unit}
                    />
                  </td>
                  <td className={classes.dim}>
                    <span>{boundOf(limit)}</span>
                    {shown === String(limit.default) ? (
                      <span>{m.sending.usual(withUnit(limit.default, unit))}</span>
                    ) : (
                      <button
                        type="button"
                        className={classes.reset}
                        aria-label={m.sending.resetOf(label)}
                        onClick={() => write(name, String(limit.default))}
                      >
                        {m.sending.reset} ({withUnit(limit.default, unit)})
                      </button>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
        {save.isError && Object.keys(fieldErrorsOf(save.error)).length === 0 && (
          <Failure title={m.sending.saveFailed} error={save.error} />
        )}
        {save.isSuccess && !isChanged && <Notice tone="good">{m.sending.saved}</Notice>}
        <div>
          <Button type="submit" loading={save.isPending} disabled={!isChanged}>
            {m.sending.save}
          </Button>
        </div>
      </form>
    </Card>
  );
}

/** How far it may go. */
function boundOf({ name, ceiling, unit }: LimitItem): string {
  const bound = withUnit(ceiling, unit);
  if (name === "quietFromHour") return m.sending.noLater(bound);
  if (name === "quietToHour") return m.sending.noEarlier(bound);
  // Of a pause, less is laxer.
  return unit === "seconds" ? m.sending.from(bound) : m.sending.upTo(bound);
}
