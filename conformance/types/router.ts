// What an application may and may not do with the generated types.
import { createTRPCClient, httpBatchLink, httpBatchStreamLink, httpLink, TRPCClientError } from "@trpc/client";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { QueryClient } from "@tanstack/react-query";
import superjson from "superjson";
import { type Equal, holds } from "./check.js";
import { client } from "./client.js";
import type {
  AppRouter,
  SessionQRResponse,
  SessionStatusResponse,
  WhatsAppContact,
  WhatsAppGroup,
} from "./herald.js";

type Inputs = inferRouterInputs<AppRouter>["user"];
type Outputs = inferRouterOutputs<AppRouter>["user"];

// Nothing is any.
holds<Equal<0 extends 1 & AppRouter ? true : false, false>>();
holds<Equal<0 extends 1 & Outputs["getWhatsAppSession"] ? true : false, false>>();

// Every link fits, and each wants the transformer.
const url = "/api/trpc";
createTRPCClient<AppRouter>({ links: [httpLink({ url, transformer: superjson })] });
createTRPCClient<AppRouter>({ links: [httpBatchStreamLink({ url, transformer: superjson })] });
// @ts-expect-error the transformer is missing
createTRPCClient<AppRouter>({ links: [httpBatchLink({ url })] });

export async function outputs() {
  const session = await client.user.getWhatsAppSession.query();
  // @ts-expect-error there may be no session
  session.id;
  if (session) {
    holds<Equal<typeof session.createdAt, Date>>();
    holds<Equal<typeof session.updatedAt, Date>>();
    holds<Equal<typeof session.id, string>>();
    holds<Equal<typeof session.sessionName, string>>();
    holds<Equal<typeof session.phoneNumber, string>>();
    holds<Equal<typeof session.userId, string>>();
    const group = session.WhatsAppGroups[0];
    if (group) {
      holds<Equal<typeof group.id, string>>();
      holds<Equal<typeof group.groupId, string>>();
      holds<Equal<typeof group.groupName, string>>();
      group.campaigns.length;
    }
    // @ts-expect-error no such field
    session.phone;
  }
  const groups = await client.user.getWhatsAppGroups.query({ sessionName: "s" });
  holds<Equal<typeof groups.nextCursor, number | undefined>>();
  holds<Equal<typeof groups.total, undefined>>();
  const contacts = await client.user.getWhatsAppContacts.query({ sessionName: "s", limit: 1, cursor: 0, search: "x" });
  holds<Equal<typeof contacts.nextCursor, number | undefined>>();
  const { sessionName, id } = await client.user.initiateWhatsAppSession.mutate();
  holds<Equal<typeof sessionName, string>>();
  holds<Equal<typeof id, string>>();
  const { success } = await client.user.updateSessionPhone.mutate({ id, phoneNumber: "+1" });
  holds<Equal<typeof success, boolean>>();
}

// The outputs are the published types.
export const status = (answer: Outputs["getSessionStatus"]): SessionStatusResponse => answer;
export const qr = (answer: Outputs["getSessionQR"]): SessionQRResponse => answer;
export const group = (answer: Outputs["getWhatsAppGroups"]["items"][number]): WhatsAppGroup => answer;
export const contact = (answer: Outputs["getWhatsAppContacts"]["items"][number]): WhatsAppContact => answer;

// Inputs: what has a default may be left out, nothing else may.
holds<Equal<Inputs["getSessionStatus"]["sessionName"], string>>();
export const least: Inputs["getWhatsAppGroups"] = { sessionName: "s" };
export const most: Inputs["getWhatsAppContacts"] = { sessionName: "s", limit: 50, cursor: 0, search: undefined };

export async function wrongUses() {
  // @ts-expect-error the input is missing
  await client.user.getSessionStatus.query();
  // @ts-expect-error a number is no name
  await client.user.getSessionStatus.query({ sessionName: 5 });
  // @ts-expect-error an unknown field
  await client.user.getWhatsAppGroups.query({ sessionName: "s", page: 1 });
  // @ts-expect-error the cursor is a number
  await client.user.getWhatsAppGroups.query({ sessionName: "s", cursor: "10" });
  // @ts-expect-error there is no such procedure
  await client.user.getWhatsAppSessions.query();
  // @ts-expect-error there is no such router
  await client.users.getWhatsAppSession.query();
  // @ts-expect-error a query is not mutated
  await client.user.getWhatsAppSession.mutate();
  // @ts-expect-error a mutation is not queried
  await client.user.initiateWhatsAppSession.query();
  // @ts-expect-error a query is no subscription
  client.user.getSessionStatus.subscribe({ sessionName: "s" }, {});
}

export function errors(error: unknown) {
  if (!(error instanceof TRPCClientError)) return;
  const { data } = error as TRPCClientError<AppRouter>;
  if (!data?.zodError) return;
  holds<Equal<typeof data.zodError.formErrors, string[]>>();
  holds<Equal<(typeof data.zodError.fieldErrors)[string], string[] | undefined>>();
  holds<Equal<typeof data.httpStatus, number>>();
  // @ts-expect-error no such field
  data.zodErrors;
}

export async function reactQuery(queryClient: QueryClient) {
  const api = createTRPCOptionsProxy<AppRouter>({ client, queryClient });
  const session = await queryClient.fetchQuery(api.user.getWhatsAppSession.queryOptions());
  holds<Equal<typeof session, Outputs["getWhatsAppSession"]>>();
  const pages = await queryClient.fetchInfiniteQuery(
    api.user.getWhatsAppGroups.infiniteQueryOptions(
      { sessionName: "s", limit: 25 },
      { getNextPageParam: (page) => page.nextCursor },
    ),
  );
  holds<Equal<(typeof pages.pages)[number], Outputs["getWhatsAppGroups"]>>();
  api.user.logoutSession.mutationOptions({ onSuccess: ({ success }) => holds<Equal<typeof success, boolean>>() });
  // @ts-expect-error only what has a cursor has pages
  api.user.getSessionStatus.infiniteQueryOptions({ sessionName: "s" }, { getNextPageParam: () => 1 });
}
