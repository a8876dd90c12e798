// Numbers, dates and spans of time as the reader's language writes them.

export const language = "en";
export const direction: "ltr" | "rtl" = "ltr";

// Their order of day and month is the reader's own where it is the same language.
const locale = navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;

const numbers = new Intl.NumberFormat(locale);
const percents = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
const moments = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const relatives = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
const plurals = new Intl.PluralRules(locale);

export const number = (value: number) => numbers.format(value);
export const percent = (value: number) => percents.format(value / 100);
export const moment = (value: Date) => moments.format(value);

/** "1 group", "2 groups": the number and the form that goes with it. */
export function plural(count: number, forms: { one: string; other: string }): string {
  return `${number(count)} ${plurals.select(count) === "one" ? forms.one : forms.other}`;
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "3 minutes ago"; what is under a minute old is in the words given for it. */
export function ago(then: Date, now: number, justNow: string): string {
  const seconds = (now - then.getTime()) / 1_000;
  for (const [unit, size] of UNITS) {
    if (seconds >= size) return relatives.format(-Math.floor(seconds / size), unit);
  }
  return justNow;
}

// Instants on the clock of a time zone, and civil days and times, which have none.

const inZones = new Map<string, Intl.DateTimeFormat>();

function formatIn(zone: string, kind: string, options: Intl.DateTimeFormatOptions, tag: string = locale): Intl.DateTimeFormat {
  const key = `${kind} ${zone}`;
  let found = inZones.get(key);
  if (!found) {
    try {
      found = new Intl.DateTimeFormat(tag, { ...options, timeZone: zone });
    } catch {
      // A zone that this browser does not know.
      found = new Intl.DateTimeFormat(tag, { ...options, timeZone: "UTC" });
    }
    inZones.set(key, found);
  }
  return found;
}

const DAY_MS = 86_400_000;

/** The civil date there then: 2026-03-08. */
export function dayIn(then: Date | number, zone: string): string {
  return formatIn(zone, "day", { year: "numeric", month: "2-digit", day: "2-digit" }, "en-CA").format(then);
}

/** The time of the day there then, on 24 hours: 09:05. */
export function timeIn(then: Date | number, zone: string): string {
  return formatIn(zone, "time", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, "en-GB").format(then);
}

export function momentIn(then: Date, zone: string): string {
  return formatIn(zone, "moment", { dateStyle: "medium", timeStyle: "short" }).format(then);
}

export const clockIn = (then: Date, zone: string) => formatIn(zone, "clock", { timeStyle: "short" }).format(then);

/** A civil date with its day of the week. */
export function day(date: string): string {
  return formatIn("UTC", "long day", { weekday: "short", day: "numeric", month: "short", year: "numeric" }).format(
    new Date(`${date}T00:00:00Z`),
  );
}

/** A civil time of the day: 09:05, as the reader writes it. */
export function clock(time: string): string {
  return clockIn(new Date(`2000-01-01T${time.padStart(5, "0")}:00Z`), "UTC");
}

/** How far the day there then is from today there, in days. */
function daysAhead(then: Date, now: number, zone: string): number {
  return Math.round((Date.parse(dayIn(then, zone)) - Date.parse(dayIn(now, zone))) / DAY_MS);
}

interface DayWords {
  relative: (day: string, time: string) => string;
  weekday: (day: string, time: string) => string;
  date: (day: string, time: string) => string;
}

/** "tomorrow at 9:00", "on Friday at 9:00", "on 8 March at 9:00". */
export function ahead(then: Date, now: number, zone: string, words: DayWords): string {
  const days = daysAhead(then, now, zone);
  const time = clockIn(then, zone);
  if (days >= -1 && days <= 1) return words.relative(relatives.format(days, "day"), time);
  if (days > 1 && days < 7) return words.weekday(formatIn(zone, "weekday", { weekday: "long" }).format(then), time);
  const options: Intl.DateTimeFormatOptions = { day: "numeric", month: "long" };
  if (dayIn(then, zone).slice(0, 4) !== dayIn(now, zone).slice(0, 4)) options.year = "numeric";
  return words.date(formatIn(zone, `date ${options.year}`, options).format(then), time);
}
