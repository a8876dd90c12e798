// The shapes of the server's events, taken from the router so that they cannot differ from it.

import type { inferProcedureOutput, inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "../router";

type Yielded<T> = T extends AsyncIterable<infer Y> ? Y : never;

export type LiveEvent = Yielded<inferProcedureOutput<AppRouter["user"]["onEvents"]>>;
type Snapshot = Extract<LiveEvent, { type: "snapshot" }>;

export type LiveAccount = Snapshot["account"];
export type LiveSession = NonNullable<Snapshot["session"]>;
export type LiveDirectory = NonNullable<Snapshot["directory"]>;
export type LiveCampaign = Snapshot["campaigns"][number];
export type LiveSwitch = NonNullable<Snapshot["sendingOff"]>;

type Outputs = inferRouterOutputs<AppRouter>;

export type GroupItem = Outputs["user"]["getWhatsAppGroups"]["items"][number];
export type ContactItem = Outputs["user"]["getWhatsAppContacts"]["items"][number];
export type CampaignItem = Outputs["messageCampaign"]["getCampaign"];
export type CampaignBooks = CampaignItem["books"];
export type CampaignMessage = Outputs["messageCampaign"]["getCampaignMessages"]["items"][number];
export type CampaignPreview = Outputs["messageCampaign"]["previewCampaign"];
export type LimitItem = Outputs["admin"]["getLimits"][number];
export type PendingAccount = Outputs["admin"]["getPendingUsers"][number];
