// The texts for times: in the page's language, and in the calendar days of the reader's time zone.

export interface Times {
  /** Returns text such as “5m ago”, “3h ago” or “yesterday”; after a week, the full time. */
  relative(time: string): string;
  /** Returns the heading of a day, such as “today” or “Monday, November 16, 2026”. */
  day(time: string): string;
  /** Returns the full time, such as “Jan 2, 2026, 3:04 AM”. */
  full(time: string): string;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export function createTimes(locale: string | undefined, now: () => number): Times {
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "narrow" });
  const format = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const days = new Intl.DateTimeFormat(locale, { dateStyle: "full" });
  const full = (time: string) => format.format(Date.parse(time));
  /** Returns the number of midnights between then and now. */
  const daysAgo = (time: string) =>
    // Rounded, since a day may have 23 or 25 hours.
    Math.max(0, Math.round((midnight(now()) - midnight(Date.parse(time))) / DAY_MS));
  return {
    relative(time) {
      // The clocks of the hub and this device differ: a time in the future counts as now.
      const age = Math.max(0, now() - Date.parse(time));
      const ago = (count: number, unit: Intl.RelativeTimeFormatUnit) =>
        relative.format(-Math.floor(count), unit);
      // Seconds would be out of date before they are read: below a minute the text is “now”.
      if (age < MINUTE_MS) return ago(0, "second");
      // Minutes stay minutes across midnight, where “yesterday” would sound long ago.
      if (age < HOUR_MS) return ago(age / MINUTE_MS, "minute");
      const past = daysAgo(time);
      if (!past) return ago(age / HOUR_MS, "hour");
      return past < 7 ? ago(past, "day") : full(time);
    },
    day(time) {
      const past = daysAgo(time);
      return past < 2 ? relative.format(-past, "day") : days.format(Date.parse(time));
    },
    full,
  };
}

/** Returns the first moment of that day in the local time zone, in milliseconds. */
const midnight = (ms: number) => new Date(ms).setHours(0, 0, 0, 0);
