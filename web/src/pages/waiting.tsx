// For somebody who has signed up and is not approved yet. The account event leads on.

import { m } from "../messages";
import { Entry } from "../parts/entry";
import { Notice } from "../parts/notice";
import { SignOut } from "../parts/sign-out";
import type { LiveAccount } from "../api/live";

export function WaitingPage({ account }: { account: LiveAccount }) {
  return (
    <Entry title={m.waiting.title}>
      <Notice tone="note" title={m.waiting.hello(account.name)}>
        {m.waiting.body}
      </Notice>
      <p>{m.waiting.as(account.email)}</p>
      <SignOut />
    </Entry>
  );
}
