// The groups of the linked account.

import { api } from "../api/client";
import { type GroupItem, useShown } from "../api/live";
import { m } from "../messages";
import { Badge } from "../parts/badge";
import { DirectoryList } from "../parts/directory-list";
import type { RowWords } from "../parts/rows";

export function GroupsPage() {
  const { session, directory } = useShown().known;
  return (
    <DirectoryList<GroupItem>
      list="groups"
      words={m.groups}
      session={session}
      directory={directory}
      fetch={(input, signal) => api.user.getWhatsAppGroups.query(input, { signal })}
      row={wordsOf}
    />
  );
}

function wordsOf({ groupId, groupName, members, adminsOnly, isAdmin, isMember }: GroupItem): RowWords {
  // A group without a name is listed by its id.
  const nameless = groupName === groupId;
  const details = [members === undefined ? null : m.groups.members(members), nameless ? groupId : null];
  return {
    id: groupId,
    name: nameless ? m.groups.nameless : groupName,
    nameless,
    detail: details.filter((detail) => detail !== null).join(" · ") || null,
    badges: (
      <>
        {isMember === false && <Badge tone="note">{m.groups.left}</Badge>}
        {isAdmin && <Badge tone="good">{m.groups.isAdmin}</Badge>}
        {adminsOnly && <Badge tone="note">{m.groups.adminsOnly}</Badge>}
      </>
    ),
  };
}
