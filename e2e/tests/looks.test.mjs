// Each page in light, dark and on a phone: no violation of accessibility rules, nothing clipped; the keyboard alone;
// how much script there is.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { after, before, test } from "node:test";
import { heading, inspect, link, openChromium, PASSWORD, PHONE, sendAccount, setUp, startHerald, visitor } from "./harness.mjs";

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
    await fresh.page.goto("/");
    await fresh.page.getByRole("button", { name: "Link WhatsApp" }).waitFor();
    await inspect(fresh.page, `link-${look}`);
    await fresh.page.goto("/groups");
    await fresh.page.getByText("No WhatsApp is linked").waitFor();
    await inspect(fresh.page, `groups-unlinked-${look}`);
    await fresh.done();
  }
});

test("the code to scan", async () => {
  for (const [look, options] of LOOKS) {
    const scan = await visitor(browser, server.url, { ...options, storageState });
    await scan.page.goto("/");
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
    await seen.page.goto("/");
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
  await heading(page, "WhatsApp").waitFor();
  await page.reload();
  await heading(page, "WhatsApp").waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Skip to content");
  await tabTo("Contacts");
  await page.keyboard.press("Enter");
  await heading(page, "Contacts").waitFor();
  await tabTo("Search contacts");
  await page.keyboard.type("john");
  await page.getByText("found for “john”").first().waitFor();
  await page.goto("/");
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
