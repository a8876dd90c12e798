// A switch with a sentence that says what it does; the sentence is no part of its name.

import { Switch } from "@mantine/core";
import { useId } from "react";
import classes from "./toggle.module.css";

interface Props {
  label: string;
  hint: string;
  checked: boolean;
  change: (checked: boolean) => void;
}

export function Toggle({ label, hint, checked, change }: Props) {
  const id = useId();
  return (
    <div>
      <Switch
        label={label}
        aria-describedby={id}
        checked={checked}
        onChange={(event) => change(event.currentTarget.checked)}
      />
      <p id={id} className={classes.hint}>
        {hint}
      </p>
    </div>
  );
}
