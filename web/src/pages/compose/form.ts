// A campaign as it is being written, and the same as the server takes it.

import type { inferRouterInputs } from "@trpc/server";
import type { CampaignItem } from "../../api/live";
import type { AppRouter } from "../../api/router";
import { format, m } from "../../messages";
import { isGroup, type Recipient } from "./recipient";

type Inputs = inferRouterInputs<AppRouter>["messageCampaign"];
export type CampaignInput = Inputs["createCampaign"];
export type PreviewInput = Inputs["previewCampaign"];

/** How often: once, every day from the first to the last, or by the calendar. */
export type Rhythm = keyof typeof m.compose.rhythm;
export const RHYTHMS = Object.keys(m.compose.rhythm) as Rhythm[];

export interface Draft {
  recipients: Recipient[];
  text: string;
  split: boolean;
  header: boolean;
  title: string;
  amount: string;
  rhythm: Rhythm;
  firstDay: string;
  lastDay: string;
  time: string;
  zone: string;
  lateMinutes: number;
}

/** Fields by the names that the server's refusals have. */
export type Field =
  | "recipients"
  | "messageTemplate"
  | "title"
  | "targetAmount"
  | "startDate"
  | "endDate"
  | "messageTime"
  | "timeZone"
  | "lateMinutes";
export type Wrong = Partial<Record<Field, string>>;

/** The order of the form. */
export const FIELDS: Field[] = [
  "recipients",
  "messageTemplate",
  "title",
  "targetAmount",
  "startDate",
  "endDate",
  "messageTime",
  "timeZone",
  "lateMinutes",
];

const HOUR_MS = 3_600_000;
const LATE_MINUTES = 60;

/** Nothing written yet: for one message, at the next full hour but one. */
export function emptyDraft(now: number, zone: string): Draft {
  const start = new Date(Math.ceil(now / HOUR_MS) * HOUR_MS + HOUR_MS);
  const day = format.dayIn(start, zone);
  return {
    recipients: [],
    text: "",
    split: false,
    header: false,
    title: "",
    amount: "",
    rhythm: "once",
    firstDay: day,
    lastDay: day,
    time: format.timeIn(start, zone),
    zone,
    lateMinutes: LATE_MINUTES,
  };
}

export function rhythmOf({ isRecurring, recurrence, startDay, endDay }: CampaignItem): Rhythm {
  if (isRecurring && recurrence !== "DAILY") return recurrence;
  return startDay === endDay ? "once" : "day";
}

/** The campaign as it is, to be changed. */
export function draftOf(campaign: CampaignItem, recipients: Recipient[]): Draft {
  const { template, sequence, isRecurring } = campaign;
  return {
    recipients,
    text: template,
    // Null is the rule of old clients: what recurs is parted.
    split: sequence ?? (isRecurring && template.includes("*")),
    header: !campaign.isFreeForm,
    title: campaign.title ?? "",
    amount: campaign.targetAmount ?? "",
    rhythm: rhythmOf(campaign),
    firstDay: campaign.startDay,
    lastDay: campaign.endDay,
    time: campaign.messageTime.padStart(5, "0"),
    zone: campaign.timeZone,
    lateMinutes: campaign.lateMinutes,
  };
}

/** What the server takes, but for where it goes. */
export function planOf(draft: Draft) {
  const { rhythm } = draft;
  const recurs = rhythm !== "once" && rhythm !== "day";
  return {
    title: draft.title.trim() || undefined,
    targetAmount: draft.amount.trim() || undefined,
    startDate: draft.firstDay,
    endDate: rhythm === "once" ? draft.firstDay : draft.lastDay,
    messageTime: draft.time,
    timeZone: draft.zone,
    messageTemplate: draft.text,
    isFreeForm: !draft.header,
    isRecurring: recurs,
    recurrence: recurs ? rhythm : ("DAILY" as const),
    sequence: draft.split,
    lateMinutes: draft.lateMinutes,
    audienceType: draft.recipients.some(({ chatId }) => isGroup(chatId)) ? ("groups" as const) : ("individuals" as const),
  };
}

export function recipientsOf({ recipients }: Draft) {
  return recipients.map(({ chatId, name }) => (name ? { chatId, name } : { chatId }));
}

export function inputOf(draft: Draft, sessionId: string): CampaignInput {
  return { sessionId, recipients: recipientsOf(draft), ...planOf(draft) };
}

/** What is missing before the server can be asked. */
export function missingIn(draft: Draft): Wrong {
  const wrong: Wrong = {};
  if (draft.recipients.length === 0) wrong.recipients = m.compose.needRecipients;
  if (!draft.text.trim()) wrong.messageTemplate = m.compose.needText;
  if (!draft.firstDay) wrong.startDate = m.compose.needDay;
  if (draft.rhythm !== "once" && !draft.lastDay) wrong.endDate = m.compose.needDay;
  if (!draft.time) wrong.messageTime = m.compose.needTime;
  if (!draft.zone) wrong.timeZone = m.compose.needZone;
  return wrong;
}

const LATENESSES = [15, 30, 60, 180, 360, 720, 1440, 2880, 10_080];

/** How long a message may be held up, to choose from; what it is now among them. */
export function latenesses(now: number): { value: string; label: string }[] {
  const minutes = LATENESSES.includes(now) ? LATENESSES : [...LATENESSES, now].sort((a, b) => a - b);
  return minutes.map((count) => ({ value: String(count), label: durationWords(count) }));
}

/** "90 minutes", "6 hours", "2 days". */
export function durationWords(minutes: number): string {
  if (minutes > 0 && minutes % 1440 === 0) return m.compose.daysLong(minutes / 1440);
  if (minutes > 0 && minutes % 60 === 0) return m.compose.hours(minutes / 60);
  return m.compose.minutes(minutes);
}

export const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Every zone that the browser knows, and those given. */
export function zones(...more: string[]): string[] {
  return [...new Set(["UTC", ...more, ...Intl.supportedValuesOf("timeZone")])].filter(Boolean).sort();
}
