// What a page shows while things happen: drops, recoveries, a cut network, many tabs.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { heading, link, openChromium, setUp, startHerald, visitor } from "./harness.mjs";

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

const phone = (page, action) => page.getByRole("button", { name: action, exact: true }).click();

test("a drop and its recovery are seen as they happen", async () => {
  const { page } = ada;
  await page.goto("/whatsapp");
  await phone(page, "Lose the connection");
  await page.getByText("Reconnecting", { exact: true }).waitFor();
  await phone(page, "Restore the connection");
  await page.getByText("Linked", { exact: true }).waitFor();
});

test("a network that is cut is told, and nothing is missed once it is back", async () => {
  const { page, context } = ada;
  const other = await visitor(browser, server.url, { storageState: await context.storageState() });
  await other.page.goto("/whatsapp");
  await other.page.getByText("Linked", { exact: true }).waitFor();
  await page.getByText("Linked", { exact: true }).waitFor();
  await context.setOffline(true);
  // An open stream outlives the emulated cut; a page that is loaded anew cannot open one.
  await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pagehide")));
  await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
  await page.getByText("Not connected to Herald. Trying again…").waitFor();
  await page.getByRole("button", { name: "Retry" }).waitFor();
  await phone(other.page, "Lose the connection");
  await other.page.getByText("Reconnecting", { exact: true }).waitFor();
  await context.setOffline(false);
  await page.getByText("Reconnecting", { exact: true }).waitFor();
  await page.getByText("Not connected to Herald. Trying again…").waitFor({ state: "detached" });
  await phone(page, "Restore the connection");
  await page.getByText("Linked", { exact: true }).waitFor();
  await other.page.getByText("Linked", { exact: true }).waitFor();
  await other.done();
});

test("six tabs share one stream, and another takes over when its tab closes", async () => {
  const six = await visitor(browser, server.url, { storageState: await ada.context.storageState() });
  const streams = [];
  six.context.on("request", (request) => {
    if (request.url().includes("user.onEvents")) streams.push(request.frame().page());
  });
  const tabs = [six.page];
  while (tabs.length < 6) tabs.push(await six.context.newPage());
  for (const tab of tabs) await tab.goto("/whatsapp");
  for (const tab of tabs) await tab.getByText("Linked", { exact: true }).waitFor();
  assert.equal(streams.length, 1, "one stream a browser");
  // With six streams, no connection would be left for these.
  for (const tab of tabs) {
    await tab.getByRole("link", { name: "Contacts", exact: true }).click();
    await tab.getByRole("listitem").first().waitFor();
    await tab.getByRole("link", { name: "WhatsApp", exact: true }).click();
  }
  const [leader] = streams;
  await leader.close();
  const rest = tabs.filter((tab) => tab !== leader);
  await phone(rest[0], "Lose the connection");
  for (const tab of rest) await tab.getByText("Reconnecting", { exact: true }).waitFor();
  await phone(rest[1], "Restore the connection");
  for (const tab of rest) await tab.getByText("Linked", { exact: true }).waitFor();
  assert.equal(streams.length, 2, "the next leader's");
  await six.done();
});

test("a phone that unlinks says why, and logging out asks first", async () => {
  const { page } = ada;
  await page.goto("/whatsapp");
  await phone(page, "Unlink on the phone");
  await page.getByText("Not working", { exact: true }).waitFor();
  await page.getByText("The phone has removed this device.").waitFor();
  await page.getByRole("button", { name: "Log out of WhatsApp" }).click();
  const dialog = page.getByRole("dialog", { name: "Log out of WhatsApp?" });
  await dialog.getByRole("button", { name: "Cancel" }).last().click();
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Log out of WhatsApp" }).click();
  await dialog.getByRole("button", { name: "Log out", exact: true }).click();
  await page.getByRole("button", { name: "Link WhatsApp" }).waitFor();
  await page.getByRole("link", { name: "Groups", exact: true }).click();
  await page.getByText("No WhatsApp is linked").waitFor();
  await heading(page, "Groups").waitFor();
});
