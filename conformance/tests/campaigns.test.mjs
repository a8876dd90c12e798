// Campaigns as the original's front end has them: its link, its inputs, the fields that it reads.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventSource } from "./event-source.mjs";
import { Herald, linked, superjson, trpc, until } from "./harness.mjs";

let herald;
let cookie;
let client;
let session;
let groups;
/** What the client has sent, oldest first. */
const requests = [];
const noted = async (url, init) => {
  requests.push({ url: new URL(url), method: init.method, headers: new Headers(init.headers), body: init.body });
  return fetch(url, init);
};
before(async () => {
  herald = await Herald.start();
  cookie = await herald.activeUser("ana@example.org");
  const headers = { cookie, "x-trpc-source": "nextjs-react" };
  client = herald.client(cookie, trpc.httpBatchStreamLink, { headers, fetch: noted });
  session = await linked(client);
  ({ items: groups } = await client.user.getWhatsAppGroups.query({ sessionName: session.sessionName, limit: 20, search: "" }));
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

/** What `updateCampaign` is sent of the same form. */
const edited = (campaignId, group, more) => {
  const { groupId, groupName, sessionId, ...rest } = form(group, more);
  return { campaignId, ...rest };
};

/** Ends every campaign of the user. */
const clear = async () => {
  const list = await client.messageCampaign.getCampaigns.query();
  await Promise.all(list.map(({ id: campaignId }) => client.messageCampaign.deleteCampaign.mutate({ campaignId })));
};

const refused = (promise, code, message) =>
  assert.rejects(promise, (error) => {
    assert.equal(error.data.code, code);
    if (message instanceof RegExp) assert.match(error.message, message);
    else assert.equal(error.message, message);
    return true;
  });

test("fifteen people in one request: each a campaign of their own", async () => {
  const { items } = await client.user.getWhatsAppContacts.query({ sessionName: session.sessionName, limit: 50, search: "" });
  const people = items.slice(0, 15);
  requests.length = 0;
  const more = { timeZone: undefined, isFreeForm: undefined, isRecurring: undefined, audienceType: "individuals" };
  const made = await Promise.all(people.map((person) => client.messageCampaign.createCampaign.mutate(form(person, more))));
  assert.equal(new Set(made.map(({ campaignId }) => campaignId)).size, 15);

  // What went over the wire is what the original's page sends.
  assert.equal(requests.length, 1);
  const [{ url, method, headers, body }] = requests;
  assert.equal(method, "POST");
  assert.equal(url.pathname, `/api/trpc/${Array(15).fill("messageCampaign.createCampaign").join(",")}`);
  assert.equal(url.search, "?batch=1");
  assert.equal(headers.get("trpc-accept"), "application/jsonl");
  assert.equal(headers.get("x-trpc-source"), "nextjs-react");
  const { json, meta } = JSON.parse(body)[14];
  const absent = ["isFreeForm", "isRecurring", "recurrence", "targetAmount", "timeZone", "title"];
  assert.deepEqual(Object.keys(meta.values).sort(), absent);
  for (const field of absent) assert.deepEqual([json[field], meta.values[field]], [null, ["undefined"]], field);

  const list = await client.messageCampaign.getCampaigns.query();
  assert.deepEqual(new Set(list.map(({ group }) => group.groupId)), new Set(people.map(({ groupId }) => groupId)));
  for (const campaign of list) {
    const { timeZone, isFreeForm, isRecurring, recurrence, audienceType, template, targetAmount, title } = campaign;
    assert.deepEqual(
      { timeZone, isFreeForm, isRecurring, recurrence, audienceType, template, targetAmount, title },
      {
        timeZone: "America/Chicago", isFreeForm: false, isRecurring: false, recurrence: "DAILY", audienceType: "individuals",
        template: "{days_left} days left", targetAmount: null, title: null,
      },
    );
    const person = people.find(({ groupId }) => groupId === campaign.group.groupId);
    assert.equal(campaign.group.groupName, person.groupName);
    assert.equal(typeof campaign.group.id, "string");
    assert.equal(campaign.startDate.getTime(), campaign.messages[0].scheduledAt.getTime());
    assert.equal(campaign.endDate.getTime(), campaign.messages.at(-1).scheduledAt.getTime());
    assert.equal(campaign.sendTimeUtc.getTime(), campaign.startDate.getTime());
    const clock = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" });
    assert.equal(clock.format(campaign.sendTimeUtc), "09:05");
    assert.ok(Math.abs(campaign.createdAt - Date.now()) < 60_000, campaign.createdAt.toISOString());
  }
  await clear();
});

test("one that is wrong keeps no other of its batch from being made", async () => {
  const wrong = { endDate: day(-5) };
  const [first, second, third] = await Promise.allSettled([
    client.messageCampaign.createCampaign.mutate(form(groups[0])),
    client.messageCampaign.createCampaign.mutate(form(groups[1], wrong)),
    client.messageCampaign.createCampaign.mutate(form(groups[2])),
  ]);
  assert.equal(second.reason.message, "End date must be after start date");
  assert.deepEqual(Object.keys(second.reason.data.zodError.fieldErrors), ["endDate"]);
  const list = await client.messageCampaign.getCampaigns.query();
  // The newest is the first.
  assert.deepEqual(new Set(list.map(({ id }) => id)), new Set([first.value.campaignId, third.value.campaignId]));
  const last = await client.messageCampaign.createCampaign.mutate(form(groups[3], { title: "Trip", targetAmount: "$ 1,200" }));
  const [newest] = await client.messageCampaign.getCampaigns.query();
  assert.deepEqual([newest.id, newest.title, newest.targetAmount], [last.campaignId, "Trip", "$ 1,200"]);
  await clear();
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
  const listed = own.WhatsAppGroups.filter(({ campaigns }) => campaigns.length > 0);
  assert.deepEqual(new Set(listed.map(({ groupId }) => groupId)), new Set(groups.slice(0, 3).map(({ groupId }) => groupId)));
  for (const { id, groupId, groupName, sessionId, createdAt, campaigns } of listed) {
    const campaign = list.find(({ group }) => group.id === id);
    assert.deepEqual([groupId, groupName, sessionId], [campaign.group.groupId, campaign.group.groupName, session.id]);
    assert.ok(createdAt instanceof Date);
    assert.deepEqual(campaigns, [{ id: campaign.id, status: "SCHEDULED", startDate: campaign.startDate }]);
  }

  const [{ campaignId }] = made;
  const trip = edited(campaignId, groups[0], { title: "Trip", messageTemplate: "Soon" });
  assert.deepEqual(await client.messageCampaign.updateCampaign.mutate(trip), { success: true, campaignId });
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
  const none = "Campaign not found or access denied";
  await refused(client.messageCampaign.deleteCampaign.mutate({ campaignId: "none" }), "NOT_FOUND", none);
  await refused(client.messageCampaign.updateCampaign.mutate(edited("none", groups[0])), "NOT_FOUND", none);
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
  const update = edited(begun.campaignId, groups[1], { ...later, messageTemplate: "Later" });
  const said = "Cannot edit campaign with messages that have already been sent";
  await refused(client.messageCampaign.updateCampaign.mutate(update), "PRECONDITION_FAILED", said);
  await client.messageCampaign.updateCampaign.mutate({ ...update, onlyUnsent: true });
  const { items } = await client.messageCampaign.getCampaignMessages.query({ campaignId: begun.campaignId, status: "scheduled" });
  assert.deepEqual(items.map(({ content }) => content), ["Later", "Later"]);
});

test("a preview that does not fit a URL is posted", async () => {
  requests.length = 0;
  const posting = herald.client(cookie, trpc.httpBatchLink, { methodOverride: "POST", fetch: noted });
  const recipients = Array.from({ length: 2000 }, (_, n) => ({ chatId: `4915${String(n).padStart(8, "0")}@c.us`, name: `Somebody ${n}` }));
  const { groupId, groupName, ...rest } = form(groups[0], { messageTemplate: "Hello {first_name|you}", isFreeForm: true });
  const preview = await posting.messageCampaign.previewCampaign.query({ ...rest, recipients, endDate: day(1) });
  assert.deepEqual(requests.map(({ method }) => method), ["POST"]);
  assert.ok(requests[0].body.length > 100_000);
  assert.equal(preview.messages, 2000);
  assert.ok(preview.occurrences[0].scheduledAt instanceof Date);
  assert.equal(preview.occurrences[0].content, "Hello Somebody");
});

test("limits and switches are an administrator's", async () => {
  await refused(client.admin.getLimits.query(), "FORBIDDEN", "Only an administrator may do this");
  await herald.addUser("root@example.org", "ADMIN");
  const admin = herald.client(await herald.signIn("root@example.org"), trpc.httpBatchStreamLink);
  for (const limit of await admin.admin.getLimits.query()) {
    assert.deepEqual(Object.keys(limit).sort(), ["ceiling", "default", "name", "unit", "value"]);
    assert.equal(limit.value, limit.default, limit.name);
  }
  const limits = await admin.admin.setLimits.mutate({ messagesPerDay: 40 });
  assert.deepEqual(limits.find(({ name }) => name === "messagesPerDay"), {
    name: "messagesPerDay", value: 40, default: 250, ceiling: 500, unit: "messages",
  });
  assert.deepEqual(await admin.admin.getLimits.query(), limits);
  await refused(admin.admin.setLimits.mutate({ messagesPerDay: 501 }), "BAD_REQUEST", /messagesPerDay is 0 to 500/);
  await admin.admin.setKillSwitch.mutate({ scope: "server", on: true, reason: "A test" });
  const [thrown] = await admin.admin.getKillSwitches.query();
  assert.deepEqual([thrown.scope, thrown.id, thrown.reason], ["server", null, "A test"]);
  assert.ok(thrown.since instanceof Date);
  await admin.admin.setKillSwitch.mutate({ scope: "server", on: false });
  assert.deepEqual(await admin.admin.getKillSwitches.query(), []);
});

test("a page is told of its campaigns", async () => {
  const EventSource = eventSource(cookie);
  const link = trpc.httpSubscriptionLink({ url: `${herald.url}/api/trpc`, transformer: superjson, EventSource });
  const watching = trpc.createTRPCClient({ links: [link] });
  const events = [];
  let failure;
  const subscription = watching.user.onEvents.subscribe(undefined, {
    onData: (event) => events.push(event),
    onError: (error) => (failure = error),
  });
  const told = (what, is) =>
    until(what, () => {
      if (failure) throw failure;
      return events.find(is);
    });
  const snapshot = await told("a snapshot", ({ type }) => type === "snapshot");
  assert.equal(events[0], snapshot);
  assert.equal(snapshot.session.id, session.id);

  const { campaignId } = await client.messageCampaign.createCampaign.mutate(form(groups[4]));
  const isOf = (status) => ({ type, campaigns }) =>
    type === "campaigns" && campaigns.some((campaign) => campaign.id === campaignId && campaign.status === status);
  const { campaigns, changedAt } = await told("the new campaign", isOf("SCHEDULED"));
  const made = campaigns.find(({ id }) => id === campaignId);
  assert.deepEqual([made.books.planned, made.books.scheduled, made.pauseReason], [3, 3, null]);
  assert.ok(made.nextAt instanceof Date && changedAt instanceof Date);

  await client.messageCampaign.pauseCampaign.mutate({ campaignId });
  const paused = await told("a paused campaign", isOf("PAUSED"));
  const { nextAt, waitingFor } = paused.campaigns.find(({ id }) => id === campaignId);
  assert.deepEqual([nextAt, waitingFor], [null, "you to resume it"]);
  assert.ok(paused.changedAt > changedAt);
  await client.messageCampaign.deleteCampaign.mutate({ campaignId });
  await told("its end", ({ type, campaigns }) => type === "campaigns" && campaigns.every(({ id }) => id !== campaignId));
  subscription.unsubscribe();
});
