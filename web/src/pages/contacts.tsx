// The people whom the linked account can write to.

import { api } from "../api/client";
import { type ContactItem, useShown } from "../api/live";
import { m } from "../messages";
import { Badge } from "../parts/badge";
import { DirectoryList } from "../parts/directory-list";

export function ContactsPage() {
  const { session, directory } = useShown().known;
  return (
    <DirectoryList<ContactItem>
      list="contacts"
      words={m.contacts}
      session={session}
      directory={directory}
      fetch={(input, signal) => api.user.getWhatsAppContacts.query(input, { signal })}
      row={(contact) => ({
        name: contact.groupName,
        detail: `+${contact.number}`,
        badges: contact.isSaved && <Badge tone="good">{m.contacts.saved}</Badge>,
      })}
    />
  );
}
