// The people whom the linked account can write to.

import { api } from "../api/client";
import { type ContactItem, useShown } from "../api/live";
import { m } from "../messages";
import { Badge } from "../parts/badge";
import { DirectoryList } from "../parts/directory-list";
import type { RowWords } from "../parts/rows";

export function ContactsPage() {
  const { session, directory } = useShown().known;
  return (
    <DirectoryList<ContactItem>
      list="contacts"
      words={m.contacts}
      session={session}
      directory={directory}
      fetch={(input, signal) => api.user.getWhatsAppContacts.query(input, { signal })}
      row={wordsOf}
    />
  );
}

function wordsOf({ groupId, groupName, number: digits, isSaved }: ContactItem): RowWords {
  const number = `+${digits}`;
  // Somebody without a name is listed by the number.
  const nameless = groupName === digits || groupName === number;
  return {
    id: groupId,
    name: nameless ? number : groupName,
    nameless,
    // Written from left to right in every script.
    detail: !nameless && <bdi dir="ltr">{number}</bdi>,
    badges: isSaved && <Badge tone="good">{m.contacts.saved}</Badge>,
  };
}
