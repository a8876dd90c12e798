// The shapes of the server's events, taken from the router so that they cannot differ from it.

import type { inferProcedureOutput, inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "../router";

type Yielded<T> = T extends AsyncIterable<infer Y> ? Y : never;

export type LiveEvent = Yielded<inferProcedureOutput<AppRouter["user"]["onEvents"]>>;
type Snapshot = Extract<LiveEvent, { type: "snapshot" }>;

export type LiveAccount = Snapshot["account"];
export type LiveSession = NonNullable<Snapshot["session"]>;
export type LiveDirectory = NonNullable<Snapshot["directory"]>;

type Outputs = inferRouterOutputs<AppRouter>;

export type GroupItem = Outputs["user"]["getWhatsAppGroups"]["items"][number];
export type ContactItem = Outputs["user"]["getWhatsAppContacts"]["items"][number];
export type PendingAccount = Outputs["admin"]["getPendingUsers"][number];
