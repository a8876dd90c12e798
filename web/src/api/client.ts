// The typed client of the server's API, and the cache of what it answered.

import { createTRPCClient, httpBatchStreamLink, httpLink, httpSubscriptionLink, splitLink } from "@trpc/client";
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import superjson from "superjson";
import { isSignInEnded, isTransient } from "./errors";
import type { CampaignItem } from "./live/events";
import type { CampaignsChange } from "./live/state";
import type { AppRouter } from "./router";

const url = "/api/trpc";

/** An input that no address takes, of many recipients or a long text, is sent in the body. */
const LONG = 6_000;
const isLong = (input: unknown) => input !== undefined && encodeURIComponent(JSON.stringify(input)).length > LONG;

export const api = createTRPCClient<AppRouter>({
  links: [
    splitLink({
      condition: (operation) => operation.type === "subscription",
      true: httpSubscriptionLink({ url, transformer: superjson }),
      false: splitLink({
        condition: ({ path }) => path === "messageCampaign.previewCampaign",
        // On its own: a plan of ten years takes a moment, and is given up when the next one is asked for.
        true: splitLink({
          condition: ({ input }) => isLong(input),
          true: httpLink({ url, transformer: superjson, methodOverride: "POST" }),
          false: httpLink({ url, transformer: superjson }),
        }),
        false: httpBatchStreamLink({ url, transformer: superjson, maxURLLength: 2000, maxItems: 20 }),
      }),
    }),
  ],
});

type Listener = () => void;
let signInEnded: Listener = () => undefined;

/** Says who is to hear that an answer was refused because the sign-in has ended. */
export function onSignInEnded(listener: Listener): void {
  signInEnded = listener;
}

function heed(error: Error): void {
  if (isSignInEnded(error)) signInEnded();
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: heed }),
  mutationCache: new MutationCache({ onError: heed }),
  defaultOptions: {
    queries: {
      // Herald may run on this very machine: that there is no internet says nothing about it.
      networkMode: "always",
      // What changes is told by the stream of events; nothing is asked for again by the clock or by focus.
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      retry: (failures, error) => failures < 2 && isTransient(error),
    },
    mutations: { networkMode: "always" },
  },
});

/** Asks again for what failed while the server was away, and for what may have changed unheard. */
export function afterAbsence(): void {
  void queryClient.refetchQueries({ type: "active", predicate: ({ state }) => state.status === "error" });
  void queryClient.invalidateQueries(trpc.admin.pathFilter());
  void queryClient.invalidateQueries(trpc.system.pathFilter());
  void queryClient.invalidateQueries(trpc.messageCampaign.pathFilter());
}

/** Writes what the stream tells of campaigns into what is shown of them, and asks anew for what it does not tell. */
export function campaignsMoved({ changed, listed }: CampaignsChange): void {
  const { getCampaign, getCampaignMessages, getCampaigns, getCompletedCampaigns } = trpc.messageCampaign;
  const now = new Map(changed.map((campaign) => [campaign.id, campaign]));
  const told = <T extends CampaignItem>(item: T): T => ({ ...item, ...now.get(item.id) });
  queryClient.setQueriesData<CampaignItem[]>(getCampaigns.pathFilter(), (items) => items?.map(told));
  queryClient.setQueriesData<CampaignItem>(getCampaign.pathFilter(), (item) => item && told(item));
  void queryClient.invalidateQueries(getCampaign.pathFilter());
  void queryClient.invalidateQueries(getCampaignMessages.pathFilter());
  if (!listed) return;
  void queryClient.invalidateQueries(getCampaigns.pathFilter());
  void queryClient.invalidateQueries(getCompletedCampaigns.pathFilter());
}

export const trpc = createTRPCOptionsProxy<AppRouter>({ client: api, queryClient });
