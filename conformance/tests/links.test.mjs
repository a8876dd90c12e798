// The published page's examples and its error cases, through every link.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Herald, LINKS, linked, reach, trpc, until, walk } from "./harness.mjs";
import { examples, run } from "./page.mjs";

let herald;
before(async () => (herald = await Herald.start()));
after(() => herald.stop());

test("the page has nine procedures", () => {
  assert.deepEqual(Object.keys(examples), [
    "getWhatsAppSession",
    "initiateWhatsAppSession",
    "getSessionStatus",
    "getSessionQR",
    "restartSession",
    "updateSessionPhone",
    "logoutSession",
    "getWhatsAppGroups",
    "getWhatsAppContacts",
  ]);
});

/** Width and height of a PNG in base64. */
function pngSize(base64) {
  const bytes = Buffer.from(base64, "base64");
  assert.equal(bytes.toString("base64"), base64, "plain base64, no data: prefix");
  assert.equal(bytes.subarray(0, 8).toString("latin1"), "\x89PNG\r\n\x1a\n");
  assert.equal(bytes.subarray(12, 16).toString("latin1"), "IHDR");
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

/** The call is refused with this code; gives the error. */
async function refused(call, code, httpStatus) {
  const error = await call.then(
    (answer) => assert.fail(`answered ${JSON.stringify(answer)}`),
    (error) => error,
  );
  assert.ok(error instanceof trpc.TRPCClientError, String(error));
  assert.equal(error.data?.code, code, error.message);
  assert.equal(error.data.httpStatus, httpStatus);
  return error;
}

const examplesThrough = (name, link) =>
  describe(`examples through ${name}`, { concurrency: 1 }, () => {
    let client;
    let session;
    before(async () => (client = herald.client(await herald.activeUser(`${name}@example.org`), link)));

    test("getWhatsAppSession, before there is one", async () => {
      assert.equal(await client.user.getWhatsAppSession.query(), null);
      assert.equal(await run("getWhatsAppSession", client), "No active session");
    });

    test("initiateWhatsAppSession, twice the same session", async () => {
      session = await run("initiateWhatsAppSession", client);
      assert.deepEqual(Object.keys(session).sort(), ["id", "sessionName"]);
      assert.match(session.sessionName, /^[\w-]{1,54}$/);
      assert.deepEqual(await run("initiateWhatsAppSession", client), session);
    });

    test("getSessionStatus", async () => {
      const { status } = await run("getSessionStatus", client, session);
      assert.match(status, /^(STARTING|SCAN_QR_CODE)$/);
    });

    test("getSessionQR", async () => {
      await reach(client, session.sessionName, "SCAN_QR_CODE");
      const [width, height] = pngSize((await run("getSessionQR", client, session)).qr);
      assert.ok(width >= 256 && width === height, `${width} x ${height}`);
    });

    test("getWhatsAppSession, linked", async () => {
      await reach(client, session.sessionName, "WORKING");
      const own = await run("getWhatsAppSession", client);
      assert.equal(own.id, session.id);
      assert.equal(own.sessionName, session.sessionName);
      assert.equal(typeof own.phoneNumber, "string");
      assert.equal(typeof own.userId, "string");
      assert.ok(own.createdAt instanceof Date && own.updatedAt instanceof Date);
      assert.ok(Math.abs(own.createdAt - Date.now()) < 60_000, own.createdAt.toISOString());
      assert.ok(Array.isArray(own.WhatsAppGroups));
    });

    test("getWhatsAppGroups", async () => {
      await until("groups", async () => (await run("getWhatsAppGroups", client, session)).items.length);
      const page = await run("getWhatsAppGroups", client, session);
      assert.equal(page.items.length, 10);
      assert.equal(page.nextCursor, 10);
      assert.equal(page.total, undefined);
      const { items, sizes } = await walk(client.user.getWhatsAppGroups, { ...session, search: "Community" });
      assert.ok(items.length > 10);
      assert.ok(sizes.slice(0, -1).every((size) => size === 10), "every page but the last is full");
      assert.deepEqual(items.slice(0, 10), page.items);
      for (const group of items) {
        assert.match(group.groupId, /^\d+@g\.us$/);
        assert.match(group.groupName, /community/i);
      }
    });

    test("getWhatsAppContacts", async () => {
      await until("contacts", async () => (await run("getWhatsAppContacts", client, session)).items.length);
      const page = await run("getWhatsAppContacts", client, session);
      assert.equal(page.items.length, 50);
      assert.equal(page.nextCursor, 50);
      assert.equal(page.total, undefined);
      const { items } = await walk(client.user.getWhatsAppContacts, { ...session, search: "John" });
      assert.ok(items.length > 50);
      assert.equal(new Set(items.map((contact) => contact.groupId)).size, items.length);
      for (const contact of items) {
        assert.match(contact.groupName, /john/i);
        assert.match(contact.number, /^\d{7,15}$/);
        assert.equal(contact.groupId, `${contact.number}@c.us`);
        assert.equal(contact.isContact, true);
      }
    });

    test("the defaults: 10 groups, 50 contacts, from the first", async () => {
      const { sessionName } = session;
      const groups = await client.user.getWhatsAppGroups.query({ sessionName });
      assert.deepEqual(groups, await client.user.getWhatsAppGroups.query({ sessionName, limit: 10, cursor: 0, search: undefined }));
      assert.equal(groups.items.length, 10);
      assert.equal((await client.user.getWhatsAppContacts.query({ sessionName })).items.length, 50);
    });

    test("updateSessionPhone", async () => {
      assert.deepEqual(await run("updateSessionPhone", client, session), { success: true });
      assert.equal((await client.user.getWhatsAppSession.query()).phoneNumber, "+1234567890");
    });

    test("getSessionQR of a linked session is PRECONDITION_FAILED", async () => {
      await refused(client.user.getSessionQR.query(session), "PRECONDITION_FAILED", 412);
    });

    test("restartSession keeps the link", async () => {
      assert.deepEqual(await run("restartSession", client, session), { success: true });
      await reach(client, session.sessionName, "WORKING");
    });

    test("logoutSession", async () => {
      assert.deepEqual(await run("logoutSession", client, session), { success: true });
      assert.equal(await client.user.getWhatsAppSession.query(), null);
      assert.equal((await client.user.getSessionStatus.query(session)).status, "STOPPED");
      await refused(client.user.getWhatsAppGroups.query(session), "PRECONDITION_FAILED", 412);
    });

    test("after a logout the phone must scan again", async () => {
      const { sessionName } = await run("initiateWhatsAppSession", client);
      await reach(client, sessionName, "SCAN_QR_CODE");
    });
  });

const errorsThrough = (name, link) =>
  describe(`errors through ${name}`, { concurrency: 1 }, () => {
    let cookie;
    let client;
    let foreign;
    before(async () => {
      cookie = await herald.activeUser(`${name}-ben@example.org`);
      client = herald.client(cookie, link);
      foreign = await linked(herald.client(await herald.activeUser(`${name}-eve@example.org`), link));
    });

    test("without a cookie: UNAUTHORIZED", async () => {
      const error = await refused(herald.client(undefined, link).user.getWhatsAppSession.query(), "UNAUTHORIZED", 401);
      assert.equal(error.data.path, "user.getWhatsAppSession");
      assert.equal(error.data.zodError, null);
    });

    test("a guest: FORBIDDEN, in the documented words", async () => {
      const guest = herald.client(await herald.guest(`${name}-guest@example.org`), link);
      const expected = "Your account is not yet approved";
      assert.equal((await refused(guest.user.getWhatsAppSession.query(), "FORBIDDEN", 403)).message, expected);
      assert.equal((await refused(guest.user.initiateWhatsAppSession.mutate(), "FORBIDDEN", 403)).message, expected);
    });

    test("somebody else's session: NOT_FOUND, in every procedure", async () => {
      const { sessionName, id } = foreign;
      const { user } = client;
      await Promise.all([
        refused(user.getSessionStatus.query({ sessionName }), "NOT_FOUND", 404),
        refused(user.getSessionQR.query({ sessionName }), "NOT_FOUND", 404),
        refused(user.getWhatsAppGroups.query({ sessionName }), "NOT_FOUND", 404),
        refused(user.getWhatsAppContacts.query({ sessionName }), "NOT_FOUND", 404),
        refused(user.restartSession.mutate({ sessionName }), "NOT_FOUND", 404),
        refused(user.logoutSession.mutate({ sessionName }), "NOT_FOUND", 404),
        refused(user.updateSessionPhone.mutate({ id, phoneNumber: "+1234567890" }), "NOT_FOUND", 404),
      ]);
    });

    test("bad input: BAD_REQUEST, every bad field at once", async () => {
      const input = { sessionName: 5, limit: 0, cursor: "x", search: 7 };
      for (const list of [client.user.getWhatsAppGroups, client.user.getWhatsAppContacts]) {
        const { zodError } = (await refused(list.query(input), "BAD_REQUEST", 400)).data;
        assert.deepEqual(Object.keys(zodError.fieldErrors).sort(), ["cursor", "limit", "search", "sessionName"]);
        assert.ok(Object.values(zodError.fieldErrors).every((texts) => texts.length > 0));
        assert.deepEqual(zodError.formErrors, []);
      }
      const update = await refused(client.user.updateSessionPhone.mutate({ phoneNumber: 1 }), "BAD_REQUEST", 400);
      assert.deepEqual(Object.keys(update.data.zodError.fieldErrors).sort(), ["id", "phoneNumber"]);
      const nothing = await refused(client.user.getSessionStatus.query(), "BAD_REQUEST", 400);
      assert.ok(nothing.data.zodError.formErrors.length > 0);
    });

    test("a page of another origin may not change anything", async () => {
      const headers = { cookie, origin: "https://elsewhere.example" };
      await refused(herald.client(cookie, link, { headers }).user.initiateWhatsAppSession.mutate(), "FORBIDDEN", 403);
      assert.equal(await client.user.getWhatsAppSession.query(), null);
    });

    test("a procedure that does not exist: NOT_FOUND", async () => {
      await refused(client.user.nothing.query(), "NOT_FOUND", 404);
    });

    test("good and bad calls of one tick are answered each by itself", async () => {
      const [none, notFound, bad] = await Promise.allSettled([
        client.user.getWhatsAppSession.query(),
        client.user.getSessionStatus.query({ sessionName: "nobody" }),
        client.user.getSessionStatus.query({}),
      ]);
      assert.deepEqual(none, { status: "fulfilled", value: null });
      assert.equal(notFound.reason.data.code, "NOT_FOUND");
      assert.equal(bad.reason.data.code, "BAD_REQUEST");
    });
  });

// Each waits for a phone of its own, so they wait together.
describe("every link", { concurrency: true }, () => {
  for (const [name, link] of Object.entries(LINKS)) {
    examplesThrough(name, link);
    errorsThrough(name, link);
  }
});
