// What an application may and may not do with campaigns.
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { type Equal, holds } from "./check.js";
import { client } from "./client.js";
import type { AppRouter, CampaignBooks, LiveCampaign } from "./herald.js";

type Inputs = inferRouterInputs<AppRouter>["messageCampaign"];
type Outputs = inferRouterOutputs<AppRouter>["messageCampaign"];
type Status = "DRAFT" | "SCHEDULED" | "IN_PROGRESS" | "PAUSED" | "COMPLETED" | "CANCELLED" | "FAILED";
type MessageStatus = "scheduled" | "sending" | "sent" | "failed" | "unknown" | "skipped" | "cancelled";

// Nothing is any.
type IsAny<T> = 0 extends 1 & T ? true : false;
holds<Equal<{ [P in keyof Outputs]: IsAny<Outputs[P]> }, { [P in keyof Outputs]: false }>>();
holds<Equal<{ [P in keyof Inputs]: IsAny<Inputs[P]> }, { [P in keyof Inputs]: false }>>();

/** The original's form: what was left empty is undefined. */
export const form: Inputs["createCampaign"] = {
  groupId: "1@g.us",
  groupName: "Choir",
  sessionId: "s",
  title: undefined,
  targetAmount: undefined,
  startDate: "2026-01-02",
  endDate: "2026-01-04",
  messageTime: "9:05",
  timeZone: undefined,
  messageTemplate: "Hello",
  isFreeForm: undefined,
  isRecurring: undefined,
  recurrence: undefined,
  audienceType: "individuals",
};
export const toMany: Inputs["createCampaign"] = {
  recipients: [{ chatId: "1@c.us", name: "Ann" }, { chatId: "2@g.us" }],
  sessionId: "s",
  startDate: "2026-01-02",
  endDate: "2026-01-02",
  messageTime: "9:05",
  messageTemplate: "Hello {first_name}",
  requestId: "0123456789abcdef",
};

export async function uses() {
  const { success, campaignId } = await client.messageCampaign.createCampaign.mutate(form);
  holds<Equal<typeof success, boolean>>();
  holds<Equal<typeof campaignId, string>>();
  for (const list of [
    await client.messageCampaign.getCampaigns.query(),
    await client.messageCampaign.getCompletedCampaigns.query({ messages: false }),
  ]) {
    const campaign = list[0];
    // @ts-expect-error there may be none
    campaign.id;
    if (!campaign) continue;
    holds<Equal<typeof campaign.startDate, Date>>();
    holds<Equal<typeof campaign.endDate, Date>>();
    holds<Equal<typeof campaign.sendTimeUtc, Date>>();
    holds<Equal<typeof campaign.createdAt, Date>>();
    holds<Equal<typeof campaign.title, string | null>>();
    holds<Equal<typeof campaign.targetAmount, string | null>>();
    holds<Equal<typeof campaign.status, Status>>();
    holds<Equal<typeof campaign.group.groupName, string>>();
    holds<Equal<typeof campaign.books, CampaignBooks>>();
    for (const message of campaign.messages) {
      holds<Equal<typeof message.scheduledAt, Date>>();
      holds<Equal<typeof message.sentAt, Date | null>>();
      holds<Equal<typeof message.isSent, boolean>>();
      holds<Equal<typeof message.isFailed, boolean>>();
    }
  }
  const { groupId, groupName, sessionId, ...rest } = form;
  await client.messageCampaign.updateCampaign.mutate({ campaignId, ...rest, onlyUnsent: true });
  const preview = await client.messageCampaign.previewCampaign.query({ ...toMany, campaignId });
  holds<Equal<(typeof preview.occurrences)[number]["shift"], "gap" | "overlap" | null>>();
  holds<Equal<typeof preview.finishesAt, Date | null>>();
  const page = await client.messageCampaign.getCampaignMessages.query({ campaignId, status: "unknown", limit: 10 });
  holds<Equal<(typeof page.items)[number]["status"], MessageStatus>>();
  holds<Equal<typeof page.nextCursor, number | null>>();
  for (const { id: messageId } of page.items) {
    await client.messageCampaign.resolveUnknown.mutate({ messageId, as: "resend" });
  }
  const recipients = await client.messageCampaign.getCampaignRecipients.query({ campaignId });
  holds<Equal<(typeof recipients)[number], { chatId: string; name: string | null }>>();
  const { csv } = await client.messageCampaign.exportCampaign.query({ campaignId });
  holds<Equal<typeof csv, string>>();
  await client.messageCampaign.sendTest.mutate({ sessionId: "s", messageTemplate: "Hello" });
  for (const act of ["pauseCampaign", "resumeCampaign", "cancelCampaign", "sendCampaignNow", "deleteCampaign"] as const) {
    const done = await client.messageCampaign[act].mutate({ campaignId });
    holds<Equal<typeof done.success, boolean>>();
  }
  const limits = await client.admin.setLimits.mutate({ messagesPerDay: 40 });
  holds<Equal<typeof limits, Awaited<ReturnType<typeof client.admin.getLimits.query>>>>();
  holds<Equal<(typeof limits)[number]["ceiling"], number>>();
  await client.admin.setKillSwitch.mutate({ scope: "user", id: "u", on: true, reason: "A test" });
  await client.user.setKillSwitch.mutate({ on: false });
}

export function watches() {
  return client.user.onEvents.subscribe(undefined, {
    onData(event) {
      if (event.type !== "campaigns") return;
      holds<Equal<typeof event.campaigns, LiveCampaign[]>>();
      holds<Equal<typeof event.changedAt, Date | null>>();
      // @ts-expect-error that is another event's
      event.session;
    },
  });
}

export async function wrongUses() {
  const { sessionId, ...noSession } = form;
  // @ts-expect-error whose session
  await client.messageCampaign.createCampaign.mutate(noSession);
  // @ts-expect-error a date goes as its text
  await client.messageCampaign.createCampaign.mutate({ ...form, startDate: new Date() });
  // @ts-expect-error there is no such recurrence
  await client.messageCampaign.createCampaign.mutate({ ...form, recurrence: "HOURLY" });
  // @ts-expect-error a message is sent, failed or to be sent again
  await client.messageCampaign.resolveUnknown.mutate({ messageId: "m", as: "unknown" });
  // @ts-expect-error there is no such limit
  await client.admin.setLimits.mutate({ messagesPerYear: 1 });
  // @ts-expect-error a preview changes nothing
  await client.messageCampaign.previewCampaign.mutate(form);
}
