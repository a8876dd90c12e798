// How far a campaign has come: a bar made of its books, and the same in words.

import type { CampaignBooks } from "../api/live";
import { m } from "../messages";
import classes from "./books-bar.module.css";

/** What has not gone out, and will not. */
export const notSentOf = ({ failed, skipped }: CampaignBooks) => failed + skipped;
/** What has not gone out yet. */
export const toComeOf = ({ scheduled, sending }: CampaignBooks) => scheduled + sending;

export function booksInWords(books: CampaignBooks): string {
  const notSent = notSentOf(books);
  const toCome = toComeOf(books);
  return [
    m.campaign.allOf(books.sent, books.planned),
    notSent > 0 && m.campaign.notSent(notSent),
    books.unknown > 0 && m.campaign.unclear(books.unknown),
    books.cancelled > 0 && m.campaign.cancelled(books.cancelled),
    toCome > 0 && m.campaign.toCome(toCome),
  ]
    .filter(Boolean)
    .join(" · ");
}

interface Props {
  books: CampaignBooks;
  /** What it is the progress of. */
  label: string;
}

export function BooksBar({ books, label }: Props) {
  const words = booksInWords(books);
  const parts = {
    sent: books.sent,
    notSent: notSentOf(books),
    unclear: books.unknown,
    cancelled: books.cancelled,
    toCome: toComeOf(books),
  };
  return (
    <div className={classes.books}>
      <div
        className={classes.bar}
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={books.planned}
        aria-valuenow={books.planned - toComeOf(books)}
        aria-valuetext={words}
      >
        {Object.entries(parts).map(([part, count]) => (
          <span key={part} data-part={part} style={{ flexGrow: count }} />
        ))}
      </div>
      <p className={classes.words} aria-hidden="true">
        {words}
      </p>
    </div>
  );
}
