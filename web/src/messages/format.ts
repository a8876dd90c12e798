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
