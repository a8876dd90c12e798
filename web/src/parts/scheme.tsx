// Light, dark, or as the system has it.

import { ActionIcon, SegmentedControl, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { m } from "../messages";
import { Icon } from "./icon";

/** Switches between the two at a press. */
export function SchemeButton() {
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme("light", { getInitialValueInEffect: false }) === "dark";
  const label = dark ? m.scheme.toLight : m.scheme.toDark;
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size={44}
      c="var(--tabard-ink)"
      aria-label={label}
      title={label}
      onClick={() => setColorScheme(dark ? "light" : "dark")}
    >
      <Icon name={dark ? "sun" : "moon"} />
    </ActionIcon>
  );
}

/** Lets one choose among all three. */
export function SchemeChoice() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <SegmentedControl
      aria-label={m.scheme.label}
      maw="26rem"
      value={colorScheme}
      onChange={(value) => setColorScheme(value as typeof colorScheme)}
      data={[
        { value: "auto", label: m.scheme.system },
        { value: "light", label: m.scheme.light },
        { value: "dark", label: m.scheme.dark },
      ]}
    />
  );
}
