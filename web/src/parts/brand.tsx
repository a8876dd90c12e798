// Herald's shield and name.

import { m } from "../messages";
import classes from "./brand.module.css";

export function Brand({ large = false }: { large?: boolean }) {
  return (
    <span className={classes.brand} data-large={large || undefined}>
      <svg aria-hidden="true" viewBox="0 0 32 32" className={classes.shield}>
        <path d="M4 3h24v13c0 7.2-5.1 11.3-12 14C9.1 27.3 4 23.2 4 16z" fill="#87304d" />
        <path
          d="M4 20.5 16 10.5l12 10c-.6 1.9-1.5 3.5-2.7 4.9L16 17.6l-9.3 7.8C5.5 24 4.6 22.4 4 20.5z"
          fill="#e3b54a"
        />
      </svg>
      <span>{m.herald}</span>
    </span>
  );
}
