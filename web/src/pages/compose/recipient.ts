// Whom a message goes to: somebody, or a group.

import type { ContactItem, GroupItem } from "../../api/live";
import { m } from "../../messages";

export interface Recipient {
  chatId: string;
  /** The name that stands in texts; null where there is none. */
  name: string | null;
}

export const isGroup = (chatId: string) => chatId.endsWith("@g.us");
export const shapeOf = (chatId: string) => (isGroup(chatId) ? "shield" : "roundel");

/** What to call it on screen. */
export function nameOf({ chatId, name }: Recipient): string {
  if (name) return name;
  if (isGroup(chatId)) return m.groups.nameless;
  const [user = ""] = chatId.split("@");
  return chatId.endsWith("@c.us") ? `+${user}` : user;
}

/** A group without a name is listed by its id. */
export function ofGroup({ groupId, groupName }: GroupItem): Recipient {
  return { chatId: groupId, name: groupName === groupId ? null : groupName };
}

/** Somebody without a name is listed by the number. */
export function ofContact({ groupId, groupName, number }: ContactItem): Recipient {
  return { chatId: groupId, name: groupName === number || groupName === `+${number}` ? null : groupName };
}
