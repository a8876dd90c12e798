// Campaigns: written, planned, sent, paused, changed, settled and stopped.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { compose, groupsToPick, heading, link, openChromium, schedule, sendAccount, setUp, soon, startHerald, visitor } from "./harness.mjs";

let server, browser, ada;
before(async () => {
  [server, browser] = await Promise.all([startHerald(), openChromium()]);
  ada = await visitor(browser, server.url);
  await setUp(server, ada.page);
  await link(ada.page);
});
after(async () => {
  await ada.done();
  await browser.close();
  await server.stop();
});

const LATER = { day: "2027-03-01", time: "09:00" };
const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
/** The number of messages of a kind, as the campaign's page has it. */
const count = (page, kind, number) => page.getByRole("button", { name: `${kind} ${number}`, exact: true });
const bar = (page) => page.getByRole("progressbar");

/** Looks for people instead of groups. */
const toPeople = (page) => page.getByRole("radiogroup", { name: "Where to look" }).getByText("People").click();

/** The bar has come to its end, and says so to those who do not see it. */
async function ended(page, planned) {
  await page.locator(`[role="progressbar"][aria-valuenow="${planned}"][aria-valuemax="${planned}"]`).waitFor();
}

test("the first page of somebody who is linked leads to a first campaign", async () => {
  const { page } = ada;
  await page.goto("/");
  await heading(page, "Campaigns").waitFor();
  await page.getByText("No campaigns yet").waitFor();
  await page.getByRole("link", { name: "New campaign" }).click();
  await heading(page, "New campaign").waitFor();
});

test("a message that is due now goes out: its bar comes to the end, and each is accounted for", async () => {
  const { page } = ada;
  await schedule(page, { title: "Summer feast", text: "Dear {name}, *see you* there", groups: 3, ...soon() });
  await ended(page, 3);
  await page.getByText("All 3 messages sent").first().waitFor();
  await page.getByText("Done", { exact: true }).waitFor();
  for (const [kind, number] of [["Planned", 3], ["Sent", 3], ["To come", 0], ["Failed", 0], ["Unclear", 0]]) {
    await count(page, kind, number).waitFor();
  }
  await page.getByText(/^(Delivered|Read) /).first().waitFor();
  await press(page, "Sent 3");
  await page.getByRole("listitem").nth(2).waitFor();
  assert.equal(await page.getByRole("listitem").count(), 3);
  await page.getByRole("button", { name: "Show the text" }).first().click();
  await page.getByText(/^Dear .+, see you there$/).first().waitFor();

  const download = page.waitForEvent("download");
  await press(page, "Export CSV");
  const file = await download;
  assert.equal(file.suggestedFilename(), "Summer feast.csv");
  const lines = (await readFile(await file.path(), "utf8")).trimEnd().split("\r\n");
  assert.equal(lines.length, 4);
  assert.match(lines[1], /,sent,/);

  await page.getByRole("link", { name: "Campaigns", exact: true }).click();
  const over = page.getByRole("region", { name: "Over" });
  await over.getByRole("link", { name: "Summer feast" }).waitFor();
  await over.getByText(/^To .+ and 2 more$/).waitFor();
});

test("what is chosen stays while one searches, and the keyboard alone chooses", async () => {
  const { page } = ada;
  await page.goto("/campaigns/new");
  const chips = page.getByRole("list", { name: "Chosen" });
  const first = (await groupsToPick(page).first().locator("[dir]").first().innerText()).trim();
  await groupsToPick(page).first().click();
  await page.getByRole("searchbox", { name: "Search groups" }).fill("zurich");
  await page.getByText(/found for “zurich”/).first().waitFor();
  await groupsToPick(page).filter({ hasText: "Zürich" }).first().click();
  await page.getByText("2 chosen").waitFor();
  await chips.getByText(first, { exact: true }).waitFor();

  await toPeople(page);
  const search = page.getByRole("searchbox", { name: "Search contacts" });
  await search.fill("john");
  await page.getByText(/found for “john”/).first().waitFor();
  await search.press("ArrowDown");
  const people = page.getByRole("listbox", { name: "Contacts" });
  await people.press("ArrowDown");
  await people.press("Space");
  await page.getByText("3 chosen").waitFor();
  assert.equal(await people.locator('[aria-selected="true"]').getAttribute("aria-posinset"), "2");
  await people.press("End");
  const size = await people.getByRole("option").first().getAttribute("aria-setsize");
  await people.locator(`[aria-posinset="${size}"]`).waitFor();
  assert.equal(await people.getAttribute("aria-activedescendant"), await people.locator(`[aria-posinset="${size}"]`).getAttribute("id"));

  // The focus goes on to the next one.
  await chips.getByRole("button", { name: `Remove ${first}` }).press("Enter");
  await page.getByText("2 chosen").waitFor();
  assert.match(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), /^Remove .*Zürich/);
  await press(page, "Remove all");
  await page.getByText("Nobody chosen yet.").waitFor();
});

test("two hundred are chosen and stay usable", async () => {
  const { page } = ada;
  await page.goto("/campaigns/new");
  await toPeople(page);
  const people = page.getByRole("listbox", { name: "Contacts" });
  await people.getByRole("option").first().waitFor();
  await people.focus();
  for (let chosen = 0; chosen < 200; chosen += 1) {
    await people.locator(`[aria-posinset="${chosen + 1}"] [dir]`).first().waitFor();
    await page.keyboard.press("Space");
    await page.keyboard.press("ArrowDown");
  }
  await page.getByText("200 chosen").waitFor();
  const chips = page.getByRole("list", { name: "Chosen" }).getByRole("listitem");
  assert.equal(await chips.count(), 12);
  await press(page, "Show all 200");
  assert.equal(await chips.count(), 200);
  // More than an address takes: the calendar is asked for all the same.
  await page.getByLabel("Message", { exact: true }).fill("Hello {first_name|friend}");
  await page.getByText("200 messages", { exact: true }).waitFor();
});

test("the text is written with variables and marks, and seen as it arrives", async () => {
  const { page } = ada;
  await compose(page, { text: "Hello ", groups: 1, ...LATER });
  const text = page.getByLabel("Message", { exact: true });
  await text.press("End");
  await page.getByRole("button", { name: /^Put in \{name\}/ }).click();
  await page.keyboard.type(", bring ");
  await press(page, "Bold");
  await page.keyboard.type("cake");
  await page.keyboard.press("End");
  await page.keyboard.type(" from https://example.org/a_b <b>x</b>");
  assert.equal(await text.inputValue(), "Hello {name}, bring *cake* from https://example.org/a_b <b>x</b>");
  await page.getByText(/^As .+ gets it$/).waitFor();
  const bubble = page.locator('[dir="auto"]', { hasText: ", bring cake from" }).last();
  await bubble.waitFor();
  assert.equal(await bubble.locator("strong").innerText(), "cake");
  assert.equal(await bubble.locator("a").getAttribute("href"), "https://example.org/a_b");
  assert.match(await bubble.innerText(), /<b>x<\/b>$/);
  assert.equal(await bubble.locator("em").count(), 0);
  await page.getByRole("switch", { name: "Start with a header" }).press("Space");
  await page.getByText(/^Campaign Start Date: 2027-03-01/).waitFor();
  await press(page, "Send me a test");
  await page.getByText("The test is on its way to your own number.").first().waitFor();
});

test("the calendar tells what the clock does, and holds ten years", async () => {
  const { page } = ada;
  await compose(page, { text: "{days_left} days", groups: 1, often: "day", day: "2027-03-13", last: "2027-03-15", time: "02:30" });
  const zone = page.getByRole("combobox", { name: "Time zone" });
  await zone.fill("new york");
  await page.getByRole("option", { name: "America/New York" }).click();
  const calendar = page.getByRole("listbox", { name: "Calendar" });
  const gap = calendar.getByRole("option", { name: /Sun, Mar 14, 2027, 3:30\sAM/ });
  await gap.waitFor();
  assert.match(await gap.innerText(), /The clock skips 2:30\sAM that day\. It goes out at 3:30\sAM\./);
  await page.getByText("3 messages", { exact: true }).waitFor();
  await calendar.getByRole("option").nth(1).click();
  await page.getByText("1 days", { exact: true }).waitFor();

  await page.getByLabel("Last day", { exact: true }).fill("2036-11-01");
  await page.getByText(/^3,522 dates/).waitFor();
  assert.ok((await calendar.getByRole("option").count()) < 60);
  await calendar.focus();
  await page.keyboard.press("End");
  await calendar.locator('[aria-posinset="3522"]').getByText("Sat, Nov 1, 2036").waitFor();
  await page.getByRole("button", { name: "Schedule 3,522 messages" }).waitFor();
});

test("what is wrong stands at its field", async () => {
  const { page } = ada;
  await page.goto("/campaigns/new");
  await groupsToPick(page).first().waitFor();
  await press(page, "Schedule");
  const text = page.getByLabel("Message", { exact: true });
  const search = page.getByRole("searchbox");
  const wrong = (field) => page.locator(`[name="${field}"][aria-invalid="true"]`);
  await wrong("recipients").waitFor();
  await wrong("messageTemplate").waitFor();
  assert.ok(await search.evaluate((element) => element === document.activeElement), "the first of them has the focus");
  await groupsToPick(page).first().click();
  await wrong("recipients").waitFor({ state: "detached" });

  await text.fill("Hello {nme}");
  await page.getByText(/there is no variable \{nme\}/).first().waitFor();
  await wrong("messageTemplate").waitFor();
  await text.fill("Hello {name}");
  await wrong("messageTemplate").waitFor({ state: "detached" });

  await page.getByLabel("Day", { exact: true }).fill("2020-01-01");
  await page.getByText(/^The first day 2020-01-01 has passed/).first().waitFor();
  await wrong("startDate").waitFor();
  await page.getByLabel("How often").selectOption("WEEKLY");
  await page.getByLabel("First day", { exact: true }).fill("2027-03-10");
  await page.getByLabel("Last day", { exact: true }).fill("2027-03-09");
  await wrong("endDate").waitFor();
  await press(page, "Schedule");
  await page.getByRole("alert").getByText("End date must be after start date").waitFor();
  await page.getByLabel("Last day", { exact: true }).fill("2027-03-31");
  await page.getByRole("button", { name: "Schedule 4 messages" }).waitFor();
});

test("a campaign is paused, edited, resumed, sent ahead of its time and cancelled", async () => {
  const { page } = ada;
  await schedule(page, { title: "Rehearsal", text: "At seven", often: "WEEKLY", last: "2027-03-15", ...LATER });
  await count(page, "Planned", 6).waitFor();
  await page.getByText(/^on March 1, 2027 at 9:00\sAM$/).waitFor();
  // The same in plain words, on the day before.
  const eve = await visitor(browser, server.url, { storageState: await ada.context.storageState() });
  await eve.page.clock.setFixedTime(new Date("2027-02-28T12:00:00Z"));
  await eve.page.goto(page.url());
  await eve.page.getByText(/^tomorrow at 9:00\sAM$/).waitFor();
  await eve.done();
  await press(page, "Pause");
  await page.getByText("Paused", { exact: true }).waitFor();
  await page.getByText("You paused it.").waitFor();

  await page.getByRole("link", { name: "Edit" }).click();
  await heading(page, "Edit campaign").waitFor();
  await page.getByText("Only what has not gone out changes.").waitFor();
  const text = page.getByLabel("Message", { exact: true });
  assert.equal(await text.inputValue(), "At seven");
  await page.getByText("2 chosen").waitFor();
  await text.fill("At eight");
  await page.getByLabel("Last day", { exact: true }).fill("2027-03-08");
  await page.getByText("4 messages", { exact: true }).waitFor();
  await press(page, "Save");
  await heading(page, "Rehearsal").waitFor();
  await count(page, "Planned", 4).waitFor();

  await press(page, "Resume");
  await page.getByText("Scheduled", { exact: true }).waitFor();
  await press(page, "Send the next now");
  await count(page, "Sent", 2).waitFor();
  await page.getByRole("button", { name: "Show the text" }).first().click();
  await page.getByText("At eight", { exact: true }).first().waitFor();

  // Of what has begun, the rest can still be changed.
  await page.getByRole("link", { name: "Edit" }).click();
  await text.fill("At nine");
  await press(page, "Save");
  await count(page, "Sent", 2).waitFor();
  await count(page, "To come", 2).waitFor();

  await page.getByRole("link", { name: "Campaigns", exact: true }).click();
  await press(page, "Cancel campaign: Rehearsal");
  const dialog = page.getByRole("dialog", { name: "Cancel this campaign?" });
  await dialog.getByRole("button", { name: "Keep it" }).click();
  await dialog.waitFor({ state: "detached" });
  await press(page, "Cancel campaign: Rehearsal");
  await dialog.getByRole("button", { name: "Cancel campaign" }).click();
  const over = page.getByRole("region", { name: "Over" });
  await over.getByRole("link", { name: "Rehearsal" }).click();
  await heading(page, "Rehearsal").waitFor();
  await count(page, "Cancelled", 2).waitFor();
  await count(page, "Sent", 2).waitFor();
  assert.equal(await bar(page).getAttribute("aria-valuetext"), "2 of 4 messages sent · 2 cancelled");

  await press(page, "Delete");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await heading(page, "Campaigns").waitFor();
  await over.getByRole("link", { name: "Summer feast" }).waitFor();
  assert.equal(await page.getByRole("link", { name: "Rehearsal" }).count(), 0);
});

test("of a message without an answer, whoever can look says what became of it", async () => {
  const { page } = ada;
  for (const [index, [answer, kind]] of [["It arrived", "Sent"], ["Send again", "Sent"], ["It did not", "Failed"]].entries()) {
    await page.goto("/whatsapp");
    await press(page, "Lose the next answer");
    await page.getByText("its answer is lost").waitFor();
    await schedule(page, { title: `Unclear ${index}`, groups: 1, ...soon() });
    await page.getByText("Nobody knows whether one message arrived").waitFor();
    await count(page, "Unclear", 1).waitFor();
    await page.getByText("Over, unclear", { exact: true }).waitFor();
    await press(page, "Show it");
    await page.getByText("If the first did arrive, they have it twice.").waitFor();
    await page.getByRole("button", { name: new RegExp(`^${answer}: `) }).click();
    await count(page, kind, 1).waitFor();
    await count(page, "Unclear", 0).waitFor();
    await ended(page, 1);
  }
});

test("everything of one's account is stopped, and goes on", async () => {
  const { page } = ada;
  await page.goto("/whatsapp");
  await press(page, "Stop all sending");
  await page.getByText("Sending is stopped", { exact: true }).waitFor();
  await schedule(page, { title: "Held", groups: 1, ...soon() });
  await page.getByText(/^Waiting for sending to be switched on again/).waitFor();
  await page.getByRole("link", { name: "Campaigns", exact: true }).click();
  await page.getByText("Nothing goes out from your account.").waitFor();
  await press(page, "Start sending again");
  await page.getByText("Sending is stopped", { exact: true }).waitFor({ state: "detached" });
  await page.getByRole("region", { name: "Over" }).getByRole("link", { name: "Held" }).waitFor();
  await page.getByRole("link", { name: "Held" }).click();
  await ended(page, 1);
});

test("an administrator sets limits and stops the server; nobody else does", async () => {
  const { page } = ada;
  await page.getByRole("link", { name: "Sending", exact: true }).click();
  await heading(page, "Sending").waitFor();
  const perDay = page.getByRole("textbox", { name: "Messages a day" });
  const save = page.getByRole("button", { name: "Save limits" });
  await perDay.fill("many");
  await save.click();
  await page.getByText("Write a whole number.").waitFor();
  await perDay.fill("100000");
  await save.click();
  await page.getByText("“Messages a day” is 0 to 500 (messages) on every Herald.").waitFor();
  assert.ok(await perDay.evaluate((element) => element === document.activeElement));
  await perDay.fill("100");
  await save.click();
  await page.getByText("The limits are saved.").last().waitFor();
  await page.reload();
  await page.locator('[name="messagesPerDay"][value="100"]').waitFor();
  await press(page, "Back to the usual: Messages a day");
  await save.click();
  await page.locator('[name="messagesPerDay"][value="250"]').waitFor();
  await page.getByText("The limits are saved.").last().waitFor();

  const bob = await visitor(browser, server.url);
  await bob.page.goto("/sign-up");
  await sendAccount(bob.page, "Create account", { name: "Bob Builder", email: "bob@herald.test" });
  await heading(bob.page, "Waiting for approval").waitFor();
  await page.getByRole("link", { name: /People/ }).click();
  await press(page, "Approve Bob Builder");
  await link(bob.page);
  await bob.page.goto("/sending");
  await heading(bob.page, "There is no such page").waitFor();
  await bob.page.goto("/campaigns");
  await heading(bob.page, "Campaigns").waitFor();

  await page.getByRole("link", { name: "Sending", exact: true }).click();
  await page.getByLabel(/^Reason/).fill("Moving to a new server");
  await press(page, "Stop sending");
  await page.getByText(/Moving to a new server/).first().waitFor();
  // It is there at once, with its reason and without a button to undo it.
  await bob.page.getByText("An administrator has stopped sending: Moving to a new server.").waitFor();
  assert.equal(await bob.page.getByRole("button", { name: "Start sending again" }).count(), 0);
  await press(page, "Start sending again");
  await bob.page.getByText("Sending is stopped").waitFor({ state: "detached" });
  await bob.done();
});
