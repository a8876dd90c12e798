// Each page in light, dark and on a phone: no violation of accessibility rules, nothing clipped; the keyboard alone;
// how much script there is.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { after, before, test } from "node:test";
import {
  compose,
  heading,
  inspect,
  link,
  openChromium,
  PASSWORD,
  PHONE,
  schedule,
  sendAccount,
  setUp,
  soon,
  startHerald,
  visitor,
} from "./harness.mjs";

let server, browser, ada, storageState, guestState;
before(async () => {
  [server, browser] = await Promise.all([startHerald(), openChromium()]);
  ada = await visitor(browser, server.url);
  await setUp(server, ada.page);
  const guest = await visitor(browser, server.url);
  await guest.page.goto("/sign-up");
  await sendAccount(guest.page, "Create account", { name: "Gus Guest", email: "gus@herald.test" });
  await heading(guest.page, "Waiting for approval").waitFor();
  guestState = await guest.context.storageState();
  await guest.done();
  storageState = await ada.context.storageState();
});
after(async () => {
  await ada.done();
  await browser.close();
  await server.stop();
});

// Without motion: what is half faded in has the contrast of neither end.
const STILL = { reducedMotion: "reduce" };
const LOOKS = [
  ["light", { ...STILL, colorScheme: "light" }],
  ["dark", { ...STILL, colorScheme: "dark" }],
  ["phone", { ...STILL, colorScheme: "light", viewport: PHONE, hasTouch: true, isMobile: true }],
];

test("the pages before anything is linked", async () => {
  for (const [look, options] of LOOKS) {
    const stranger = await visitor(browser, server.url, options);
    for (const [path, title] of [
      ["/sign-in", "Sign in"],
      ["/sign-up", "Create an account"],
      ["/set-up", "Set up Herald"],
    ]) {
      await stranger.page.goto(path);
      await heading(stranger.page, title).waitFor();
      await inspect(stranger.page, `${path.slice(1)}-${look}`);
    }
    await stranger.done();
    const guest = await visitor(browser, server.url, { ...options, storageState: guestState });
    await guest.page.goto("/");
    await heading(guest.page, "Waiting for approval").waitFor();
    await inspect(guest.page, `waiting-${look}`);
    await guest.done();
    const fresh = await visitor(browser, server.url, { ...options, storageState });
    await fresh.page.goto("/whatsapp");
    await fresh.page.getByRole("button", { name: "Link WhatsApp" }).waitFor();
    await inspect(fresh.page, `link-${look}`);
    await fresh.page.goto("/groups");
    await fresh.page.getByText("No WhatsApp is linked").waitFor();
    await inspect(fresh.page, `groups-unlinked-${look}`);
    await fresh.page.goto("/campaigns");
    await fresh.page.getByText("No WhatsApp is linked").waitFor();
    await inspect(fresh.page, `campaigns-unlinked-${look}`);
    await fresh.done();
  }
});

test("the code to scan", async () => {
  for (const [look, options] of LOOKS) {
    const scan = await visitor(browser, server.url, { ...options, storageState });
    await scan.page.goto("/whatsapp");
    await scan.page.getByRole("button", { name: "Link WhatsApp" }).click();
    await scan.page.getByRole("img", { name: "QR code that links your WhatsApp" }).waitFor();
    await inspect(scan.page, `scan-${look}`);
    await scan.page.getByText("Linked", { exact: true }).waitFor();
    await scan.page.getByRole("button", { name: "Log out of WhatsApp" }).click();
    await scan.page.getByRole("dialog").waitFor();
    await inspect(scan.page, `log-out-${look}`);
    await scan.page.getByRole("button", { name: "Log out", exact: true }).click();
    await scan.page.getByRole("button", { name: "Link WhatsApp" }).waitFor();
    await scan.done();
  }
});

test("the pages of a linked account", async () => {
  await link(ada.page);
  for (const [look, options] of LOOKS) {
    const seen = await visitor(browser, server.url, { ...options, storageState });
    await seen.page.goto("/whatsapp");
    await seen.page.getByText("Linked", { exact: true }).waitFor();
    await inspect(seen.page, `linked-${look}`);
    for (const name of ["groups", "contacts"]) {
      await seen.page.goto(`/${name}`);
      await seen.page.getByRole("listitem").first().waitFor();
      await inspect(seen.page, `${name}-${look}`);
      await seen.page.getByRole("searchbox").fill("co");
      await seen.page.getByText("found for “co”").first().waitFor();
      await inspect(seen.page, `${name}-search-${look}`);
    }
    await seen.page.goto("/admin");
    await seen.page.getByRole("button", { name: "Approve Gus Guest" }).waitFor();
    await inspect(seen.page, `people-${look}`);
    await seen.page.goto("/account");
    await heading(seen.page, "Account").waitFor();
    await inspect(seen.page, `account-${look}`);
    await seen.page.goto("/nowhere");
    await heading(seen.page, "There is no such page").waitFor();
    await inspect(seen.page, `nowhere-${look}`);
    await seen.done();
  }
});

/** Scrolls so that it is at the top, and waits until what is drawn there is. */
const top = (locator) => locator.evaluate((element) => element.scrollIntoView({ block: "start" }));

test("the pages of campaigns", async () => {
  const { page } = ada;
  for (const [look, options] of LOOKS) {
    const seen = await visitor(browser, server.url, { ...options, storageState });
    if (look === "light") {
      await seen.page.goto("/campaigns");
      await seen.page.getByText("No campaigns yet").waitFor();
      await inspect(seen.page, "campaigns-none-light");
      await schedule(page, { title: "Summer feast", text: "Dear {name}, *see you* there", groups: 4, ...soon() });
      await page.getByText("Done", { exact: true }).waitFor();
      await schedule(page, { title: "Fees", text: "Dear {name}, {days_left} days are left", often: "MONTHLY", groups: 3, day: "2027-01-31", last: "2027-12-31", time: "09:00" });
      await page.getByRole("button", { name: "Send the next now" }).click();
      await page.getByRole("button", { name: "Sent 3" }).waitFor();
      await schedule(page, { title: "Choir rehearsal", text: "At seven", often: "WEEKLY", day: "2027-01-31", last: "2027-05-31", time: "18:00" });
      await page.getByRole("button", { name: "Pause" }).click();
      await page.getByText("You paused it.").waitFor();
      await page.goto("/whatsapp");
      await page.getByRole("button", { name: "Lose the next answer" }).click();
      await page.getByText("its answer is lost").waitFor();
      await schedule(page, { title: "Unclear", text: "Hello", groups: 1, ...soon() });
      await page.getByText("Nobody knows whether one message arrived").waitFor();
    }
    await seen.page.goto("/campaigns");
    await seen.page.getByRole("link", { name: "Summer feast" }).waitFor();
    await inspect(seen.page, `campaigns-${look}`);
    await seen.page.getByRole("link", { name: "Unclear" }).click();
    await seen.page.getByRole("button", { name: /^It arrived: / }).waitFor();
    await inspect(seen.page, `campaign-unclear-${look}`);
    await seen.page.getByRole("link", { name: "Campaigns", exact: true }).click();
    await seen.page.getByRole("link", { name: "Fees" }).click();
    await seen.page.getByRole("button", { name: "Show the text" }).first().click();
    await inspect(seen.page, `campaign-${look}`);
    await top(seen.page.getByRole("heading", { name: "Messages" }));
    await inspect(seen.page, `campaign-messages-${look}`);
    await seen.page.getByRole("link", { name: "Edit" }).click();
    await seen.page.getByText("33 messages", { exact: true }).waitFor();
    await inspect(seen.page, `campaign-edit-${look}`);

    await compose(seen.page, {
      title: "Spring",
      text: "Dear {first_name|friend},\n\n*bring* _cake_ ~soon~, see https://example.org. {days_left} days are left.\n```Room 5```",
      often: "day",
      day: "2027-03-12",
      last: "2027-04-12",
      time: "02:30",
    });
    await seen.page.getByRole("combobox", { name: "Time zone" }).fill("new york");
    await inspect(seen.page, `campaign-zones-${look}`);
    await seen.page.getByRole("option", { name: "America/New York" }).click();
    await seen.page.getByRole("option", { name: /The clock skips/ }).waitFor();
    await top(seen.page.getByRole("heading", { name: "New campaign" }));
    await inspect(seen.page, `campaign-new-${look}`);
    await top(seen.page.getByRole("heading", { name: "What it says" }));
    await inspect(seen.page, `campaign-text-${look}`);
    await top(seen.page.getByRole("heading", { name: "Calendar" }));
    await inspect(seen.page, `campaign-calendar-${look}`);
    await seen.page.getByRole("button", { name: "Remove all" }).click();
    await seen.page.getByLabel("Message", { exact: true }).fill("");
    await seen.page.getByRole("button", { name: "Schedule", exact: true }).click();
    await seen.page.getByRole("alert").waitFor();
    await inspect(seen.page, `campaign-wrong-${look}`);

    await seen.page.goto("/sending");
    await seen.page.getByRole("textbox", { name: "Messages an hour" }).fill("1000");
    await seen.page.getByRole("button", { name: "Save limits" }).click();
    await seen.page.getByText("on every Herald").waitFor();
    await inspect(seen.page, `sending-limits-${look}`);
    await seen.page.getByLabel(/^Reason/).fill("Moving to a new server");
    await seen.page.getByRole("button", { name: "Stop sending" }).click();
    await top(seen.page.getByRole("heading", { name: "Sending", exact: true }));
    await seen.page.getByText("Moving to a new server").first().waitFor();
    await inspect(seen.page, `sending-stopped-${look}`);
    await seen.page.goto("/campaigns");
    await seen.page.getByText("An administrator has stopped sending").waitFor();
    await seen.page.getByText("Waiting for sending to be switched on again").first().waitFor();
    await inspect(seen.page, `campaigns-stopped-${look}`);
    await seen.page.goto("/sending");
    await seen.page.getByRole("button", { name: "Start sending again" }).click();
    await seen.page.getByRole("button", { name: "Stop sending" }).waitFor();
    await seen.done();
  }
});

test("everything is reached with the keyboard alone", async () => {
  const { page, done } = await visitor(browser, server.url);
  const focused = () =>
    page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.innerText ?? "");
  const tabTo = async (name) => {
    for (let step = 0; step < 40; step += 1) {
      if ((await focused()).trim().startsWith(name)) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`Tab never comes to ${name}`);
  };
  await page.goto("/sign-in");
  await heading(page, "Sign in").waitFor();
  await page.locator('input[name="email"]').focus();
  await page.keyboard.type("ada@herald.test");
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await heading(page, "Campaigns").waitFor();
  await page.reload();
  await heading(page, "Campaigns").waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Skip to content");
  await tabTo("Contacts");
  await page.keyboard.press("Enter");
  await heading(page, "Contacts").waitFor();
  await tabTo("Search contacts");
  await page.keyboard.type("john");
  await page.getByText("found for “john”").first().waitFor();
  await page.goto("/whatsapp");
  await tabTo("Log out of WhatsApp");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  for (let step = 0; step < 8; step += 1) {
    await page.keyboard.press("Tab");
    assert.ok(await page.evaluate(() => document.activeElement.closest('[role="dialog"]') !== null), "the focus left");
  }
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal((await focused()).trim(), "Log out of WhatsApp");
  await done();
});

test("the scripts are small, hashed and kept", async () => {
  const { page, done } = await visitor(browser, server.url, { storageState });
  const scripts = new Map();
  page.on("response", async (response) => {
    if (response.request().resourceType() === "script") scripts.set(response.url(), response);
  });
  await page.goto("/admin");
  await heading(page, "People").waitFor();
  let bytes = 0;
  for (const [url, response] of scripts) {
    bytes += gzipSync(await response.body()).length;
    if (!url.includes("/assets/")) continue;
    assert.match(url, /-[\w-]{8}\.js$/);
    assert.match(response.headers()["cache-control"], /immutable/);
    assert.equal(response.headers()["content-encoding"], "gzip");
  }
  assert.ok(scripts.size >= 2);
  assert.ok(bytes < 250_000, `${bytes} bytes of script`);
  console.log(`scripts: ${bytes} bytes gzipped`);
  await done();
});
