// The groups of the linked account.

import { type GroupItem, useShown } from "../api/live";
import { api } from "../api/client";
import { m } from "../messages";
import { DirectoryList } from "../parts/directory-list";
import { Badge } from "../parts/badge";

export function GroupsPage() {
  const { session, directory } = useShown().known;
  return (
    <DirectoryList<GroupItem>
      list="groups"
      words={m.groups}
      session={session}
      directory={directory}
      fetch={(input, signal) => api.user.getWhatsAppGroups.query(input, { signal })}
      row={(group) => ({
        name: group.groupName,
        detail: group.members === undefined ? null : m.groups.members(group.members),
        badges: (
          <>
            {group.isAdmin && <Badge tone="good">{m.groups.isAdmin}</Badge>}
            {group.adminsOnly && <Badge tone="note">{m.groups.adminsOnly}</Badge>}
          </>
        ),
      })}
    />
  );
}
