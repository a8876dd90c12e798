// A campaign's state in words and colour, its name, and what one can do with it.

import type { CampaignItem } from "../../api/live";
import { m } from "../../messages";
import { nameOf } from "../compose/recipient";

type Tone = "good" | "note" | "warning" | "bad" | "past";

const tones: Record<string, Tone> = {
  DRAFT: "past",
  SCHEDULED: "note",
  IN_PROGRESS: "good",
  PAUSED: "warning",
  COMPLETED: "good",
  CANCELLED: "past",
  FAILED: "bad",
};

export function stateOf({ status, books }: CampaignItem): { name: string; tone: Tone } {
  // That nothing more is to come is not yet that all is well.
  if (status === "COMPLETED" && books.unknown > 0) return { name: m.campaign.doneUnclear, tone: "warning" };
  if (status === "COMPLETED" && books.sent < books.planned) return { name: m.campaign.doneInPart, tone: "warning" };
  return { name: m.campaign.status[status] ?? status, tone: tones[status] ?? "note" };
}

/** The first of those that it goes to. */
function firstOf({ group: { groupId, groupName } }: CampaignItem): string {
  return nameOf({ chatId: groupId, name: groupName === groupId ? null : groupName });
}

/** What a campaign is called: its title, or whom it goes to. */
export function titleOf(campaign: CampaignItem): string {
  return campaign.title?.trim() || firstOf(campaign);
}

export function toWhom(campaign: CampaignItem): string {
  return m.campaigns.to(firstOf(campaign), campaign.recipients - 1);
}

export function isOver(status: string): boolean {
  return status === "COMPLETED" || status === "CANCELLED" || status === "FAILED";
}
