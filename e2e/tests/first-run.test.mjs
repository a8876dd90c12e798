// From nothing to somebody who finds people: set up, sign up, be let in, link, search.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { heading, link, openChromium, sendAccount, setUp, startHerald, visitor } from "./harness.mjs";

let server, browser;
before(async () => ([server, browser] = await Promise.all([startHerald(), openChromium()])));
after(async () => {
  await browser.close();
  await server.stop();
});

test("a stranger is told to set up, the link makes one administrator, and works once", async () => {
  const stranger = await visitor(browser, server.url);
  await stranger.page.goto("/groups");
  await heading(stranger.page, "Sign in").waitFor();
  await stranger.page.getByText("Herald is not set up yet").waitFor();
  assert.ok(!server.log().includes("set-up#"), "the link is in the log");

  const admin = await visitor(browser, server.url);
  const setUpLink = await server.setUpLink();
  await admin.page.goto(setUpLink);
  await admin.page.waitForFunction(() => location.hash === "");
  await sendAccount(admin.page, "Create administrator", { name: "Ada", email: "nobody" });
  await admin.page.getByText("This does not look like an e-mail address.").waitFor();
  await sendAccount(admin.page, "Create administrator", { name: "Ada Admin", email: "ada@herald.test" });
  await heading(admin.page, "WhatsApp").waitFor();

  await stranger.page.goto(setUpLink);
  await stranger.page.reload();
  await stranger.page.goto(setUpLink);
  await sendAccount(stranger.page, "Create administrator", { name: "Eve", email: "eve@herald.test" });
  await stranger.page.getByText("This set-up link no longer works.").waitFor();

  await admin.page.goto("/account");
  await admin.page.getByRole("button", { name: "Sign out" }).click();
  await heading(admin.page, "Sign in").waitFor();
  await sendAccount(admin.page, "Sign in", { email: "ada@herald.test", password: "wrong password" });
  await admin.page.getByRole("alert").getByText("Invalid email or password").waitFor();
  await sendAccount(admin.page, "Sign in", { email: "ada@herald.test" });
  await heading(admin.page, "WhatsApp").waitFor();
  await admin.done();
  await stranger.done();
});

test("somebody signs up, waits, is let in while the page is open, links and finds people", async () => {
  const admin = await visitor(browser, server.url);
  await admin.page.goto("/sign-in");
  await sendAccount(admin.page, "Sign in", { email: "ada@herald.test" });
  await heading(admin.page, "WhatsApp").waitFor();

  const bob = await visitor(browser, server.url);
  await bob.page.goto("/sign-up");
  await sendAccount(bob.page, "Create account", { name: "Bob Builder", email: "bob@herald.test" });
  await heading(bob.page, "Waiting for approval").waitFor();

  // The count comes by itself.
  await admin.page.getByRole("img", { name: "1 waiting for approval" }).waitFor();
  await admin.page.getByRole("link", { name: /People/ }).click();
  await admin.page.getByRole("button", { name: "Approve Bob Builder" }).click();
  await admin.page.getByText("Nobody is waiting").waitFor();
  await heading(bob.page, "WhatsApp").waitFor();
  await bob.page.goto("/admin");
  await heading(bob.page, "There is no such page").waitFor();

  await bob.page.goto("/");
  await heading(bob.page, "WhatsApp").waitFor();
  await bob.page.getByText("unofficial client").first().waitFor();
  await bob.page.getByRole("button", { name: "Link WhatsApp" }).click();
  const code = bob.page.getByRole("img", { name: "QR code that links your WhatsApp" });
  await code.waitFor();
  await bob.page.getByText("Linked", { exact: true }).waitFor();
  await bob.page.getByRole("link", { name: "340 groups" }).click();
  await heading(bob.page, "Groups").waitFor();
  await bob.page.getByRole("searchbox", { name: "Search groups" }).fill("zurich comm");
  await bob.page.getByText(/found for “zurich comm”/).first().waitFor();
  const first = bob.page.getByRole("listitem").first();
  assert.match(await first.innerText(), /Zürich/);
  await bob.page.getByRole("searchbox").fill("nothing has this name");
  await bob.page.getByText("Nothing found for “nothing has this name”").waitFor();
  await bob.page.getByRole("button", { name: "Clear search" }).last().click();
  await bob.page.getByText("340 groups", { exact: true }).waitFor();
  await bob.done();
  await admin.done();
});

test("a sign-out ends every tab, and the next to sign in sees nothing of the last", async () => {
  const bob = await visitor(browser, server.url);
  await bob.page.goto("/sign-in");
  await sendAccount(bob.page, "Sign in", { email: "bob@herald.test" });
  // Who is linked begins with the campaigns.
  await heading(bob.page, "Campaigns").waitFor();
  const other = await bob.context.newPage();
  await other.goto("/contacts");
  await heading(other, "Contacts").waitFor();
  await bob.page.goto("/account");
  await bob.page.getByRole("button", { name: "Sign out" }).click();
  await heading(other, "Sign in").waitFor();
  await sendAccount(other, "Sign in", { email: "ada@herald.test" });
  await heading(other, "Contacts").waitFor();
  await other.getByText("No WhatsApp is linked").waitFor();
  // Wherever the tab was on its way to, it is hers now, who has linked nothing.
  const hers = bob.page.getByText("ada@herald.test").or(bob.page.getByText("No WhatsApp is linked"));
  await hers.or(heading(bob.page, "WhatsApp")).first().waitFor();
  await bob.done();
});
