// Campaigns as the original's front end has them: its link, its inputs, the fields that it reads.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Herald, linked, trpc, until } from "./harness.mjs";

let herald;
let client;
let session;
let groups;
before(async () => {
  herald = await Herald.start();
  const cookie = await herald.activeUser("ana@example.org");
  client = herald.client(cookie, trpc.httpBatchStreamLink, { headers: { cookie, "x-trpc-source": "nextjs-react" } });
  session = await linked(client);
  ({ items: groups } = await client.user.getWhatsAppGroups.query({ sessionName: session.sessionName, limit: 10, search: "" }));
});
after(() => herald.stop());

/** The day in Chicago, where campaigns are without a zone of their own, so many days from now. */
const day = (days) =>
  new Intl.DateTimeFormat("en-CA", { timeZone: "America/Chicago" }).format(Date.now() + days * 86_400_000);

/** A campaign as the original's form sends it: what was left empty is there, and undefined. */
const form = (group, more = {}) => ({
  groupId: group.groupId,
  groupName: group.groupName,
  sessionId: session.id,
  title: undefined,
  targetAmount: undefined,
  startDate: day(1),
  endDate: day(3),
  messageTime: "9:05",
  timeZone: "America/Chicago",
  messageTemplate: "{days_left} days left",
  isFreeForm: false,
  isRecurring: false,
  recurrence: undefined,
  audienceType: "groups",
  ...more,
});

const refused = (promise, code, message) =>
  assert.rejects(promise, (error) => {
    assert.equal(error.data.code, code);
    if (message instanceof RegExp) assert.match(error.message, message);
    else assert.equal(error.message, message);
    return true;
  });

test("several made in one batch, listed, changed and deleted", async () => {
  const made = await Promise.all(groups.slice(0, 3).map((group) => client.messageCampaign.createCampaign.mutate(form(group))));
  for (const { success, campaignId } of made) {
    assert.equal(success, true);
    assert.equal(typeof campaignId, "string");
  }
  const list = await client.messageCampaign.getCampaigns.query();
  assert.equal(list.length, 3);
  for (const campaign of list) {
    assert.equal(campaign.status, "SCHEDULED");
    assert.equal(campaign.title, null);
    for (const at of ["startDate", "endDate", "sendTimeUtc", "createdAt"]) assert.ok(campaign[at] instanceof Date, at);
    assert.equal(campaign.messages.length, 3);
    for (const message of campaign.messages) {
      assert.ok(message.scheduledAt instanceof Date);
      assert.deepEqual([message.sentAt, message.isSent, message.isFailed], [null, false, false]);
    }
    assert.match(campaign.messages[0].content, /^Campaign Start Date: .*\nCampaign End Date: .*\nDays Remaining: 2\n\n2 days left$/);
  }
  const own = await client.user.getWhatsAppSession.query();
  assert.equal(own.WhatsAppGroups.length, 3);
  for (const group of own.WhatsAppGroups) {
    assert.equal(group.sessionId, session.id);
    assert.equal(group.campaigns[0].status, "SCHEDULED");
    assert.ok(group.campaigns[0].startDate instanceof Date);
  }

  const [{ campaignId }] = made;
  const { groupId, groupName, sessionId, ...rest } = form(groups[0], { title: "Trip", messageTemplate: "Soon" });
  assert.deepEqual(await client.messageCampaign.updateCampaign.mutate({ campaignId, ...rest }), { success: true, campaignId });
  const changed = (await client.messageCampaign.getCampaigns.query()).find(({ id }) => id === campaignId);
  assert.equal(changed.title, "Trip");
  assert.match(changed.messages[2].content, /^Campaign Title: Trip\n[^]*Days Remaining: 0\n\nSoon$/);
  for (const { campaignId } of made) {
    assert.deepEqual(await client.messageCampaign.deleteCampaign.mutate({ campaignId }), { success: true });
  }
  assert.deepEqual(await client.messageCampaign.getCampaigns.query(), []);
});

test("the short texts of what is wrong", async () => {
  const create = (more) => client.messageCampaign.createCampaign.mutate(form(groups[0], more));
  await refused(create({ messageTime: "9" }), "BAD_REQUEST", "Invalid time format");
  await refused(create({ messageTime: "99:00" }), "BAD_REQUEST", "Invalid time values");
  await refused(create({ startDate: "soon" }), "BAD_REQUEST", "Invalid date format");
  await refused(create({ endDate: day(0) }), "BAD_REQUEST", "End date must be after start date");
  await refused(create({ isRecurring: true, recurrence: "DAILY", messageTemplate: "one*two" }), "BAD_REQUEST", /exactly 3 parts/);
  await refused(
    client.messageCampaign.deleteCampaign.mutate({ campaignId: "none" }),
    "NOT_FOUND",
    "Campaign not found or access denied",
  );
  await refused(create({ sessionId: "none" }), "NOT_FOUND", /no such WhatsApp session/);
});

test("sent at its time, completed, and no more to edit", async () => {
  const zone = new Intl.DateTimeFormat("en-GB", { timeZone: "America/Chicago", hour: "2-digit", minute: "2-digit" });
  const now = { startDate: day(0), endDate: day(0), messageTime: zone.format(Date.now()), isFreeForm: true };
  const { campaignId } = await client.messageCampaign.createCampaign.mutate(form(groups[0], { ...now, messageTemplate: "Now" }));
  const over = await until("a completed campaign", async () => {
    const list = await client.messageCampaign.getCompletedCampaigns.query();
    return list.find(({ id }) => id === campaignId);
  });
  assert.equal(over.status, "COMPLETED");
  assert.deepEqual(over.messages.map(({ content, isSent, isFailed }) => [content, isSent, isFailed]), [["Now", true, false]]);
  assert.ok(over.messages[0].sentAt instanceof Date);

  // One that has begun, for an old client.
  const later = { ...now, endDate: day(2), messageTime: zone.format(Date.now()) };
  const begun = await client.messageCampaign.createCampaign.mutate(form(groups[1], later));
  await until("its first message", async () => {
    const { books } = await client.messageCampaign.getCampaign.query({ campaignId: begun.campaignId });
    return books.sent === 1 && books.scheduled === 2;
  });
  const { groupId, groupName, sessionId, ...rest } = form(groups[1], later);
  const update = { campaignId: begun.campaignId, ...rest, messageTemplate: "Later" };
  const said = "Cannot edit campaign with messages that have already been sent";
  await refused(client.messageCampaign.updateCampaign.mutate(update), "PRECONDITION_FAILED", said);
  await client.messageCampaign.updateCampaign.mutate({ ...update, onlyUnsent: true });
  const { items } = await client.messageCampaign.getCampaignMessages.query({ campaignId: begun.campaignId, status: "scheduled" });
  assert.deepEqual(items.map(({ content }) => content), ["Later", "Later"]);
});

test("a preview that does not fit a URL is posted", async () => {
  const cookie = await herald.signIn("ana@example.org");
  const posting = herald.client(cookie, trpc.httpBatchLink, { methodOverride: "POST" });
  const recipients = Array.from({ length: 2000 }, (_, n) => ({ chatId: `4915${String(n).padStart(8, "0")}@c.us`, name: `Somebody ${n}` }));
  const { groupId, groupName, ...rest } = form(groups[0], { messageTemplate: "Hello {first_name|you}", isFreeForm: true });
  const preview = await posting.messageCampaign.previewCampaign.query({ ...rest, recipients, endDate: day(1) });
  assert.equal(preview.messages, 2000);
  assert.ok(preview.occurrences[0].scheduledAt instanceof Date);
  assert.equal(preview.occurrences[0].content, "Hello Somebody");
});

test("limits and switches are an administrator's", async () => {
  await refused(client.admin.getLimits.query(), "FORBIDDEN", "Only an administrator may do this");
  await herald.addUser("root@example.org", "ADMIN");
  const admin = herald.client(await herald.signIn("root@example.org"), trpc.httpBatchStreamLink);
  const limits = await admin.admin.setLimits.mutate({ messagesPerDay: 40 });
  assert.deepEqual(limits.find(({ name }) => name === "messagesPerDay"), {
    name: "messagesPerDay", value: 40, default: 250, ceiling: 500, unit: "messages",
  });
  await refused(admin.admin.setLimits.mutate({ messagesPerDay: 501 }), "BAD_REQUEST", /messagesPerDay is 0 to 500/);
  await admin.admin.setKillSwitch.mutate({ scope: "server", on: true, reason: "A test" });
  const [thrown] = await admin.admin.getKillSwitches.query();
  assert.deepEqual([thrown.scope, thrown.id, thrown.reason], ["server", null, "A test"]);
  assert.ok(thrown.since instanceof Date);
  await admin.admin.setKillSwitch.mutate({ scope: "server", on: false });
  assert.deepEqual(await admin.admin.getKillSwitches.query(), []);
});
