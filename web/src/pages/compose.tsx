// Writing a campaign: a new one, or what has not gone out of one that there is.

import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { api, queryClient, trpc } from "../api/client";
import { fieldErrorsOf, isUnheard } from "../api/errors";
import { type CampaignItem, type LiveDirectory, type LiveSession, useShown } from "../api/live";
import { m } from "../messages";
import { announce } from "../parts/announce";
import { Bubble } from "../parts/bubble";
import { Card } from "../parts/card";
import { Empty } from "../parts/empty";
import { Failure } from "../parts/failure";
import { Icon } from "../parts/icon";
import { Notice } from "../parts/notice";
import { Page } from "../parts/page";
import { SendingOff } from "../parts/sending-off";
import { campaignAt, places } from "../places";
import { isOver } from "./campaigns/status";
import { Calendar } from "./compose/calendar";
import {
  browserZone,
  type Draft,
  draftOf,
  emptyDraft,
  type Field,
  FIELDS,
  inputOf,
  missingIn,
  planOf,
  recipientsOf,
  type Wrong,
} from "./compose/form";
import { usePreview } from "./compose/preview";
import { nameOf, type Recipient } from "./compose/recipient";
import { Recipients } from "./compose/recipients";
import { Text } from "./compose/text";
import { When } from "./compose/when";
import classes from "./compose.module.css";

interface Linked {
  session: LiveSession;
  directory: LiveDirectory;
}

export function NewCampaignPage() {
  const { session, directory } = useShown().known;
  return (
    <Page title={m.compose.newTitle} wide>
      {session?.linkedAt && directory ? <New session={session} directory={directory} /> : <NotLinked />}
    </Page>
  );
}

function NotLinked() {
  const toLink = (
    <Button component={Link} href={places.whatsApp}>
      {m.list.toLink}
    </Button>
  );
  return (
    <Card>
      <Empty icon="campaigns" title={m.list.notLinked} action={toLink}>
        {m.campaigns.notLinkedHint}
      </Empty>
    </Card>
  );
}

function New({ session, directory }: Linked) {
  const [begin] = useState(() => emptyDraft(Date.now(), browserZone));
  const request = useRef<{ id: string; draft: Draft } | null>(null);
  /** The same for the same draft, so that a second press after a lost answer schedules nothing twice. */
  const requestId = (draft: Draft) => {
    if (request.current?.draft !== draft) request.current = { id: randomId(), draft };
    return request.current.id;
  };
  return (
    <Form
      session={session}
      directory={directory}
      begin={begin}
      submit={(count) => (count === null ? m.compose.submitPlain : m.compose.submit(count))}
      failed={m.compose.failed}
      done={m.compose.scheduled}
      send={async (draft) => {
        const input = { ...inputOf(draft, session.id), requestId: requestId(draft) };
        return (await api.messageCampaign.createCampaign.mutate(input)).campaignId;
      }}
    />
  );
}

/** Also where the page came over plain http and the browser has no crypto.randomUUID. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function EditCampaignPage({ id }: { id: string }) {
  const { session, directory } = useShown().known;
  const campaign = useQuery(trpc.messageCampaign.getCampaign.queryOptions({ campaignId: id }));
  const recipients = useQuery(trpc.messageCampaign.getCampaignRecipients.queryOptions({ campaignId: id }));
  const failed = [campaign, recipients].find(({ isError }) => isError);
  return (
    <Page title={m.compose.editTitle} wide>
      {failed && <Failure title={m.campaign.failed} error={failed.error} retry={() => void failed.refetch()} />}
      {!(session?.linkedAt && directory) && <NotLinked />}
      {session?.linkedAt && directory && campaign.data && recipients.data && (
        <Edit session={session} directory={directory} campaign={campaign.data} recipients={recipients.data} />
      )}
    </Page>
  );
}

interface EditProps extends Linked {
  campaign: CampaignItem;
  recipients: Recipient[];
}

function Edit({ session, directory, campaign, recipients }: EditProps) {
  // As it was when the editing began: what the stream tells since does not overwrite what is being written.
  const [was] = useState(() => ({ campaign, draft: draftOf(campaign, recipients) }));
  if (isOver(campaign.status)) {
    return (
      <Notice
        tone="warning"
        title={m.compose.over}
        action={
          <Button component={Link} href={campaignAt(campaign.id)} variant="default">
            {m.common.close}
          </Button>
        }
      />
    );
  }
  return (
    <Form
      session={session}
      directory={directory}
      begin={was.draft}
      edited={was.campaign}
      submit={() => m.common.save}
      failed={m.compose.saveFailed}
      done={m.compose.saved}
      send={async (draft) => {
        // Who was told by an old client's two fields stays so: its text knows fewer variables.
        const anew = was.campaign.hasRecipients || draft.recipients !== was.draft.recipients;
        const answer = await api.messageCampaign.updateCampaign.mutate({
          campaignId: campaign.id,
          ...planOf(draft),
          ...(anew && { recipients: recipientsOf(draft) }),
          onlyUnsent: true,
        });
        return answer.campaignId;
      }}
    >
      <Notice tone="note">{m.compose.editNote}</Notice>
    </Form>
  );
}

interface FormProps extends Linked {
  begin: Draft;
  /** The campaign that is changed. */
  edited?: CampaignItem;
  /** The words of the button, for so many messages; null where that is not known. */
  submit: (messages: number | null) => string;
  failed: string;
  done: string;
  /** Answers the campaign's id. */
  send: (draft: Draft) => Promise<string>;
  children?: ReactNode;
}

/** Which field a part of the draft belongs to. */
const fieldOf: Record<keyof Draft, Field> = {
  recipients: "recipients",
  text: "messageTemplate",
  split: "messageTemplate",
  header: "targetAmount",
  title: "title",
  amount: "targetAmount",
  rhythm: "endDate",
  firstDay: "startDate",
  lastDay: "endDate",
  time: "messageTime",
  zone: "timeZone",
  lateMinutes: "lateMinutes",
};

function Form({ session, directory, begin, edited, submit, failed, done, send, children }: FormProps) {
  const [, go] = useLocation();
  const form = useRef<HTMLFormElement>(null);
  const [draft, setDraft] = useState(begin);
  const [refused, setRefused] = useState<Wrong>({});

  const change = (part: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...part }));
    const mended = new Set<string>(Object.keys(part).map((key) => fieldOf[key as keyof Draft]));
    setRefused((before) => Object.fromEntries(Object.entries(before).filter(([field]) => !mended.has(field))));
  };

  const complete = Object.keys(missingIn(draft)).length === 0;
  const preview = usePreview(complete ? { ...inputOf(draft, session.id), ...(edited && { campaignId: edited.id }) } : null);
  const wrong: Wrong = { ...(fieldErrorsOf(preview.error) as Wrong), ...refused };

  const show = (found: Wrong) => {
    setRefused(found);
    const first = FIELDS.find((field) => found[field]);
    const field = first && form.current?.querySelector<HTMLElement>(`[name="${first}"]`);
    field?.focus();
  };
  const save = useMutation({
    mutationFn: () => send(draft),
    onSuccess: (id) => {
      announce(done);
      void queryClient.invalidateQueries(trpc.messageCampaign.pathFilter());
      go(campaignAt(id));
    },
    onError: (error) => show(fieldErrorsOf(error) as Wrong),
  });
  const test = useMutation(
    trpc.messageCampaign.sendTest.mutationOptions({ onSuccess: () => announce(m.compose.tested) }),
  );
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (save.isPending) return;
    const missing = missingIn(draft);
    if (Object.keys(missing).length > 0) show(missing);
    else save.mutate();
  };
  const onTest = () => {
    if (draft.text.trim()) test.mutate({ sessionId: session.id, messageTemplate: draft.text });
    else show({ messageTemplate: m.compose.needText });
  };

  const first = preview.plan?.occurrences[0];
  const [firstRecipient] = draft.recipients;
  return (
    <form ref={form} className={classes.form} onSubmit={onSubmit} noValidate>
      <div className={classes.main}>
        {children}
        <SendingOff />
        <Recipients
          sessionName={session.sessionName}
          directory={directory}
          chosen={draft.recipients}
          change={(recipients) => change({ recipients })}
          error={wrong.recipients}
        />
        <Text draft={draft} change={change} wrong={wrong}>
          <div className={classes.looks}>
            <p className={classes.note}>
              {first && firstRecipient ? m.compose.previewOf(nameOf(firstRecipient)) : m.compose.preview}
            </p>
            <div className={classes.chat}>
              {draft.text.trim() ? (
                <Bubble text={first?.content ?? draft.text} />
              ) : (
                <p className={classes.note}>{m.compose.previewEmpty}</p>
              )}
            </div>
            {draft.text.includes("{") && !first && <p className={classes.note}>{m.compose.previewRaw}</p>}
          </div>
        </Text>
        <When draft={draft} change={change} wrong={wrong} />
      </div>
      <div className={classes.aside}>
        <Calendar {...preview} zone={draft.zone} time={draft.time} />
        {save.isError && Object.keys(fieldErrorsOf(save.error)).length === 0 && (
          <>
            <Failure title={failed} error={save.error} />
            {isUnheard(save.error) && !edited && <Notice tone="warning">{m.compose.unheard}</Notice>}
          </>
        )}
        {Object.values(refused).some(Boolean) && (
          <Notice tone="bad" title={m.compose.missing} sudden>
            <ul className={classes.list}>
              {Object.entries(refused).map(([field, words]) => (
                <li key={field}>{words}</li>
              ))}
            </ul>
          </Notice>
        )}
        {test.isError && <Failure title={m.compose.testFailed} error={test.error} />}
        {test.isSuccess && <Notice tone="good">{m.compose.tested}</Notice>}
        <div className={classes.actions}>
          <Button type="submit" size="lg" fullWidth loading={save.isPending} leftSection={<Icon name="calendar" />}>
            {submit(preview.plan?.messages ?? null)}
          </Button>
          <Button
            variant="default"
            fullWidth
            loading={test.isPending}
            leftSection={<Icon name="phone" />}
            onClick={onTest}
          >
            {m.compose.test}
          </Button>
        </div>
      </div>
    </form>
  );
}
