// A campaign's books as numbers. Each number chooses the messages that are listed below.

import type { CampaignBooks } from "../../api/live";
import { format, m } from "../../messages";
import classes from "./books.module.css";

const OUTCOMES = ["scheduled", "sending", "sent", "failed", "unknown", "skipped", "cancelled"] as const;
export type Outcome = (typeof OUTCOMES)[number];

interface Props {
  books: CampaignBooks;
  /** Those listed; null for all. */
  outcome: Outcome | null;
  choose: (outcome: Outcome | null) => void;
}

export function Books({ books, outcome, choose }: Props) {
  const all = [
    { of: null, name: m.campaign.planned, count: books.planned },
    ...OUTCOMES.map((of) => ({ of, name: m.campaign.outcome[of], count: books[of] })),
  ];
  return (
    <>
      <div className={classes.books} role="group" aria-label={m.campaign.books}>
        {all.map(({ of, name, count }) => (
          <button
            key={name}
            type="button"
            className={classes.book}
            data-outcome={of}
            data-none={count === 0 || undefined}
            aria-pressed={of === outcome}
            onClick={() => choose(of)}
          >
            <span className={classes.name}>{name}</span> <span className={classes.count}>{format.number(count)}</span>
          </button>
        ))}
      </div>
      <p className={classes.hint}>{m.campaign.booksHint}</p>
    </>
  );
}
