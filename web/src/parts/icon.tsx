// The few pictures that stand beside words. They say nothing of their own to a screen reader.

const paths = {
  campaigns: "M4 10v4h3l8 4.5v-13L7 10zm3 4.3L8.5 20H11l-1-4M18.5 9a4 4 0 0 1 0 6",
  add: "M12 5v14m-7-7h14",
  pause: "M8.5 5v14m7-14v14",
  play: "M7 4.5v15l12-7.5z",
  close: "M6 6l12 12M18 6 6 18",
  send: "M4 11.5 20 4l-5 16-3.5-6.5zm7.5 2L20 4",
  edit: "M4 20h4L19 9l-4-4L4 16zm9-13 4 4",
  remove: "M4 7h16M9 7V4h6v3m-9 0 1 13h10l1-13M10 11v5m4-5v5",
  sending: "M4 7h7m6 0h3M4 17h3m6 0h7M14 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5m-4 10a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5",
  calendar: "M5 5h14a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1m-1 5h16M8 3v4m8-4v4",
  stop: "M8.5 3h7L21 8.5v7L15.5 21h-7L3 15.5v-7zM8 12h8",
  ticks: "M2 12.5 6.5 17 15 7.5M11.5 15.5 13 17l9-9.5",
  question: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M9.5 9.5a2.5 2.5 0 1 1 3.6 2.2c-.7.4-1.1.9-1.1 1.8m0 3v.1",
  link: "M9 17H7a5 5 0 0 1 0-10h2m6 0h2a5 5 0 0 1 0 10h-2M8 12h8",
  groups: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7m-6.5 9v-1.5A5 5 0 0 1 7.5 13.5h3a5 5 0 0 1 5 5V20M16 4.3a3.5 3.5 0 0 1 0 6.4m5.5 9.3v-1.5a5 5 0 0 0-3.5-4.8",
  contacts: "M6 3h12a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2m6 9a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5m-4.5 5a4.5 3.5 0 0 1 9 0",
  people: "M10 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7m-7 9v-1.5a5 5 0 0 1 5-5h4m3 3.5 2.5 2.5 4-4.5",
  account: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8m-8 8.5a8 6 0 0 1 16 0",
  signOut: "M14 4h4a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-4M9 8l-4 4 4 4m-4-4h10",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8m0-14v2m0 16v2M4.9 4.9l1.4 1.4m11.4 11.4 1.4 1.4M2 12h2m16 0h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13m4.8-1.7L20 20",
  refresh: "M20 5v5h-5M4 19v-5h5m-4-4a7.5 7.5 0 0 1 13-2.5L20 10M4 14l2 2.5A7.5 7.5 0 0 0 19 14",
  download: "M12 4v11m-4-4 4 4 4-4M5 20h14",
  check: "M5 12.5 10 17.5 19.5 7",
  alert: "M12 4 2.8 20h18.4zm0 6v4.5m0 2.5v.1",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18m0-14v5l3 2",
  phone: "M8 3h8a1.5 1.5 0 0 1 1.5 1.5v15A1.5 1.5 0 0 1 16 21H8a1.5 1.5 0 0 1-1.5-1.5v-15A1.5 1.5 0 0 1 8 3m3 15h2",
};

export type IconName = keyof typeof paths;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      style={{ flex: "none" }}
    >
      <path d={paths[name]} />
    </svg>
  );
}
