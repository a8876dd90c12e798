// The User API through @trpc/tanstack-react-query, without a page around it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Herald, InfiniteQueryObserver, QueryClient, createTRPCOptionsProxy, linked, trpc, walk } from "./harness.mjs";

let herald;
let cookie;
let client;
let session;
before(async () => {
  herald = await Herald.start();
  cookie = await herald.activeUser("ana@example.org");
  client = herald.client(cookie);
  session = await linked(client);
});
after(() => herald.stop());

/** Options over a client that notes the addresses it asks. */
function options(link = trpc.httpBatchLink) {
  const asked = [];
  const note = (url, init) => {
    asked.push(decodeURIComponent(url));
    return fetch(url, init);
  };
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return { api: createTRPCOptionsProxy({ client: herald.client(cookie, link, { fetch: note }), queryClient }), queryClient, asked };
}

test("a query", async () => {
  const { api, queryClient } = options();
  const own = await queryClient.fetchQuery(api.user.getWhatsAppSession.queryOptions());
  assert.equal(own.id, session.id);
  assert.ok(own.createdAt instanceof Date);
});

test("a mutation", async () => {
  const { api, queryClient } = options();
  const mutation = queryClient.getMutationCache().build(queryClient, api.user.updateSessionPhone.mutationOptions());
  assert.deepEqual(await mutation.execute({ id: session.id, phoneNumber: "+4915123456789" }), { success: true });
});

for (const link of ["httpLink", "httpBatchLink", "httpBatchStreamLink"]) {
  test(`an infinite query over all groups through ${link}: no gap, nothing twice`, async () => {
    const { api, queryClient, asked } = options(trpc[link]);
    const observer = new InfiniteQueryObserver(
      queryClient,
      api.user.getWhatsAppGroups.infiniteQueryOptions(
        { sessionName: session.sessionName, limit: 25 },
        { getNextPageParam: (page) => page.nextCursor },
      ),
    );
    const stop = observer.subscribe(() => {});
    let result = await observer.refetch({ throwOnError: true });
    while (result.hasNextPage) result = await observer.fetchNextPage({ throwOnError: true });
    stop();

    const ids = result.data.pages.flatMap((page) => page.items).map((group) => group.groupId);
    const all = await walk(client.user.getWhatsAppGroups, { sessionName: session.sessionName, limit: 100 });
    assert.deepEqual(ids, all.items.map((group) => group.groupId));
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(ids.length > 300);
    assert.ok(result.data.pages.slice(0, -1).every((page) => page.items.length === 25));
    assert.ok(asked.length >= 13 && asked.every((url) => url.includes('"direction":"forward"')), "the client sends a direction");
  });
}

test("a refused query tells its code", async () => {
  const { api, queryClient } = options();
  const query = queryClient.fetchQuery(api.user.getSessionStatus.queryOptions({ sessionName: "nobody" }));
  await assert.rejects(query, (error) => error.data.code === "NOT_FOUND");
});
