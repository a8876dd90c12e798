// The client as an application makes it; `trpc` in the published examples.
import { createTRPCClient, httpBatchLink } from "@trpc/client";
import superjson from "superjson";
import type { AppRouter } from "./herald.js";

export const client = createTRPCClient<AppRouter>({
  links: [httpBatchLink({ url: "http://127.0.0.1:3210/api/trpc", transformer: superjson })],
});
export type Client = typeof client;
