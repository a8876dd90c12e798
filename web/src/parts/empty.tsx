// That there is nothing here, and what one can do about it.

import type { ReactNode } from "react";
import { Icon, type IconName } from "./icon";
import classes from "./empty.module.css";

interface Props {
  icon: IconName;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

export function Empty({ icon, title, children, action }: Props) {
  return (
    <div className={classes.empty}>
      <span className={classes.shield}>
        <Icon name={icon} size={26} />
      </span>
      <strong>{title}</strong>
      {children && <div className={classes.hint}>{children}</div>}
      {action}
    </div>
  );
}
