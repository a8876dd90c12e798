// Groups and contacts in `herald demo`: search, scrolling to the end, export.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { heading, openChromium, startDemo, visitor } from "./harness.mjs";

let demo, browser, ada;
before(async () => {
  [demo, browser] = await Promise.all([startDemo(), openChromium()]);
  ada = await visitor(browser, new URL(demo.link).origin);
  // One click: signed in, linked and full.
  await ada.page.goto(demo.link);
  await heading(ada.page, "Campaigns").waitFor();
  await ada.page.getByRole("link", { name: "WhatsApp", exact: true }).click();
  await ada.page.getByText("Linked", { exact: true }).waitFor();
  await ada.page.getByRole("link", { name: "340 groups" }).waitFor();
});
after(async () => {
  await ada.done();
  await browser.close();
  await demo.stop();
});

test("the list is scrolled to its end, each entry at its place", async () => {
  const { page } = ada;
  await page.getByRole("link", { name: "Contacts", exact: true }).click();
  const first = page.getByRole("listitem").first();
  await first.waitFor();
  const count = Number(await first.getAttribute("aria-setsize"));
  assert.ok(count > 3_000, `${count} contacts`);
  const region = page.getByRole("region", { name: "Contacts" });
  await region.focus();
  await page.keyboard.press("End");
  const last = page.locator(`li[aria-posinset="${count}"]`);
  await last.getByText(/\+\d+/).waitFor();
  await page.keyboard.press("Home");
  await page.locator('li[aria-posinset="1"]').getByText(/\S/).first().waitFor();
});

test("a number is found however it is written", async () => {
  const { page } = ada;
  await page.getByRole("link", { name: "Contacts", exact: true }).click();
  const search = page.getByRole("searchbox", { name: "Search contacts" });
  await search.fill("john");
  await page.getByText(/found for “john”/).first().waitFor();
  const detail = await page.getByRole("listitem").first().innerText();
  const [, number] = detail.match(/\+(\d+)/);
  for (const written of [`+${number}`, `00${number}`, number.slice(0, -2)]) {
    await search.fill(written);
    await page.getByText(`found for “${written}”`).first().waitFor();
    await page.locator('li[aria-posinset="1"]').getByText(`+${number}`).waitFor();
  }
});

test("a list is saved as a table", async () => {
  const { page } = ada;
  await page.getByRole("link", { name: "Groups", exact: true }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export CSV" }).click();
  const file = await download;
  assert.equal(file.suggestedFilename(), "groups.csv");
  const lines = (await readFile(await file.path(), "utf8")).trimEnd().split("\r\n");
  assert.equal(lines.length, 341);
  assert.equal(lines[0], "\uFEFFname,id,members,admins only,you are admin");
});

test("herald demo --fresh is not linked yet", async () => {
  const fresh = await startDemo("--fresh");
  const eve = await visitor(browser, new URL(fresh.link).origin);
  await eve.page.goto(fresh.link);
  await eve.page.getByRole("button", { name: "Link WhatsApp" }).waitFor();
  await heading(eve.page, "WhatsApp").waitFor();
  await eve.done();
  await fresh.stop();
});
