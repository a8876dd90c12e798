// The first letter of a name on a coat of one tincture: a shield for a group, a roundel for a person.

import { Icon } from "./icon";
import classes from "./monogram.module.css";

const TINCTURES = ["murrey", "or", "vert", "tenne", "azure"];

interface Props {
  shape: "shield" | "roundel";
  /** Chooses the tincture: the same one always has the same. */
  id: string;
  /** Empty where there is none. */
  name: string;
}

function tinctureOf(id: string): string | undefined {
  let sum = 0;
  for (const unit of id) sum = (sum * 31 + (unit.codePointAt(0) ?? 0)) >>> 0;
  return id ? TINCTURES[sum % TINCTURES.length] : undefined;
}

/** The first letter or digit, or what else a name begins with that has none. */
function letterOf(name: string): string {
  const [first = ""] = /[\p{L}\p{N}]/u.exec(name) ?? /\S/u.exec(name) ?? [];
  return first.toLocaleUpperCase();
}

export function Monogram({ shape, id, name }: Props) {
  return (
    <span className={classes.monogram} data-shape={shape} data-tincture={tinctureOf(id)} aria-hidden="true">
      {name ? letterOf(name) : id && <Icon name={shape === "shield" ? "groups" : "account"} size={18} />}
    </span>
  );
}
