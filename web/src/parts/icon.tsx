// The few pictures that stand beside words. They say nothing of their own to a screen reader.

const paths = {
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
