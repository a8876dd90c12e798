// The visual language, "Tabard": a herald's coat. Few flat tinctures (murrey, or, vert, tenné, gules) on linen.

import {
  Anchor,
  Button,
  type CSSVariablesResolver,
  createTheme,
  type MantineColorsTuple,
  Input,
  ModalRoot,
  NativeSelect,
  PasswordInput,
  SegmentedControl,
  Select,
  Switch,
  TextInput,
} from "@mantine/core";

const murrey: MantineColorsTuple = [
  "#fbf0f4", "#f3dde5", "#e6b9c8", "#dc9bb1", "#c96d8b", "#b84f72", "#a03a5d", "#87304d", "#6f2740", "#561d31",
];

const linen: MantineColorsTuple = [
  "#faf7f3", "#f4f0ea", "#eae4db", "#ded6cb", "#8f857f", "#857b76", "#6a6067", "#554c53", "#3f383e", "#2b2430",
];

const night: MantineColorsTuple = [
  "#efe8ea", "#d6ccd1", "#b3a7ae", "#857a81", "#847880", "#362f38", "#282229", "#1d191e", "#171317", "#110e11",
];

const gules: MantineColorsTuple = [
  "#fdf0ef", "#fae3e1", "#f3c1bd", "#ef9f9a", "#d9605c", "#bf3f40", "#a3262a", "#8c1f24", "#74191e", "#5c1317",
];

// Targets for a thumb: nothing that is pressed is lower than this.
const TOUCH = "2.75rem";

export const theme = createTheme({
  colors: { murrey, gray: linen, dark: night, red: gules },
  primaryColor: "murrey",
  primaryShade: { light: 7, dark: 6 },
  black: "#2b2430",
  white: "#ffffff",
  defaultRadius: "md",
  radius: { xs: "0.25rem", sm: "0.375rem", md: "0.625rem", lg: "1rem", xl: "1.5rem" },
  spacing: { xs: "0.5rem", sm: "0.75rem", md: "1rem", lg: "1.5rem", xl: "2.25rem" },
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  headings: {
    fontFamily: "'Iowan Old Style', 'Palatino Linotype', Palatino, 'URW Palladio L', P052, 'Noto Serif', Georgia, serif",
    fontWeight: "600",
  },
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    Anchor: Anchor.extend({ defaultProps: { underline: "always" } }),
    Button: Button.extend({ defaultProps: { size: "md" }, vars: () => ({ root: { "--button-height": TOUCH } }) }),
    Input: Input.extend({ vars: () => ({ wrapper: { "--input-height": TOUCH } }) }),
    TextInput: TextInput.extend({ defaultProps: { size: "md" } }),
    PasswordInput: PasswordInput.extend({ defaultProps: { size: "md" } }),
    NativeSelect: NativeSelect.extend({ defaultProps: { size: "md" } }),
    Select: Select.extend({ defaultProps: { size: "md" } }),
    Switch: Switch.extend({ defaultProps: { size: "md" } }),
    ModalRoot: ModalRoot.extend({ defaultProps: { centered: true, radius: "lg", padding: "lg" } }),
    SegmentedControl: SegmentedControl.extend({
      defaultProps: { size: "md" },
      styles: { label: { paddingBlock: "0.625rem" } },
    }),
  },
});

// Mantine's own words for what theme.css defines.
export const variables: CSSVariablesResolver = () => {
  const both = {
    "--mantine-color-body": "var(--tabard-surface)",
    "--mantine-color-text": "var(--tabard-ink)",
    "--mantine-color-dimmed": "var(--tabard-dim)",
    "--mantine-color-placeholder": "var(--tabard-dim)",
    "--mantine-color-anchor": "var(--tabard-accent)",
    "--mantine-color-error": "var(--tabard-gules)",
    "--mantine-color-default": "var(--tabard-surface)",
    "--mantine-color-default-hover": "var(--tabard-hover)",
    "--mantine-color-default-color": "var(--tabard-ink)",
    "--mantine-color-default-border": "var(--tabard-edge)",
  };
  return { variables: {}, light: both, dark: both };
};
