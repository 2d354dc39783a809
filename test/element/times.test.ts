import { afterEach, describe, expect, it } from "vitest";
import { safeLink } from "../../src/element/link.ts";
import { localeOf } from "../../src/element/locale.ts";
import { createTimes } from "../../src/element/times.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const ago = (seconds: number) => new Date(NOW - seconds * 1_000).toISOString();

describe("how long ago", () => {
  const { relative } = createTimes("en", () => NOW);

  it.each([
    [0, "now"],
    [59, "now"],
    [60, "1m ago"],
    [59 * 60, "59m ago"],
    [3_600, "1h ago"],
    [86_400, "yesterday"],
    [6 * 86_400, "6d ago"],
  ])("%d s", (seconds, text) => {
    expect(relative(ago(seconds))).toBe(text);
  });

  it("after a week it is the date", () => {
    expect(relative(ago(8 * 86_400))).toMatch(/^Nov 12, 2026/);
  });

  it("a time in the future is shown as now", () => {
    expect(relative(ago(-500))).toBe("now");
  });

  it("in the page's language", () => {
    expect(createTimes("de", () => NOW).relative(ago(7_200))).toBe("vor 2 Std.");
    expect(createTimes("ar", () => NOW).relative(ago(172_800))).toContain("أ");
  });
});

/** Returns the times of a zone at a moment. */
function timesIn(zone: string, now: string) {
  process.env.TZ = zone;
  return createTimes("en", () => Date.parse(now));
}

describe("days follow the calendar of", () => {
  const { TZ } = process.env;
  afterEach(() => {
    if (TZ === undefined) delete process.env.TZ;
    else process.env.TZ = TZ;
  });

  it.each([
    // Ten past midnight: an hour ago is yesterday, while a few minutes ago stays in minutes.
    ["America/New_York", "2026-11-20T05:10:00Z", "2026-11-20T04:10:00Z", "yesterday", "yesterday"],
    ["America/New_York", "2026-11-20T05:10:00Z", "2026-11-20T04:50:00Z", "20m ago", "yesterday"],
    ["Asia/Kolkata", "2026-11-20T05:10:00Z", "2026-11-19T18:31:00Z", "10h ago", "today"],
    ["Asia/Kolkata", "2026-11-20T05:10:00Z", "2026-11-19T18:29:00Z", "yesterday", "yesterday"],
    // From late in the evening back to the first minute of the day before: 47 hours.
    ["UTC", "2026-11-20T23:59:00Z", "2026-11-19T00:01:00Z", "yesterday", "yesterday"],
    [
      "UTC",
      "2026-11-20T00:01:00Z",
      "2026-11-18T23:59:00Z",
      "2d ago",
      "Wednesday, November 18, 2026",
    ],
    // The ends of the world's time zones have another day.
    [
      "Pacific/Kiritimati",
      "2026-11-20T10:30:00Z",
      "2026-11-20T09:00:00Z",
      "yesterday",
      "yesterday",
    ],
    ["Pacific/Pago_Pago", "2026-11-20T10:30:00Z", "2026-11-19T11:30:00Z", "23h ago", "today"],
    // Days of 25 and of 23 hours.
    ["Europe/Berlin", "2026-10-25T22:59:00Z", "2026-10-24T22:01:00Z", "24h ago", "today"],
    ["Europe/Berlin", "2026-10-26T22:59:00Z", "2026-10-24T22:01:00Z", "yesterday", "yesterday"],
    ["Europe/Berlin", "2026-03-29T22:01:00Z", "2026-03-28T23:01:00Z", "yesterday", "yesterday"],
    [
      "Europe/Berlin",
      "2026-03-29T22:01:00Z",
      "2026-03-28T22:59:00Z",
      "2d ago",
      "Saturday, March 28, 2026",
    ],
    // A shift of half an hour for summer time.
    ["Australia/Lord_Howe", "2026-04-05T13:00:00Z", "2026-04-04T13:00:00Z", "24h ago", "today"],
    // Summer time that begins at midnight: the day has no 0:00.
    ["Africa/Cairo", "2026-04-23T22:30:00Z", "2026-04-23T21:30:00Z", "yesterday", "yesterday"],
    ["UTC", "2027-01-01T00:30:00Z", "2026-12-31T20:00:00Z", "yesterday", "yesterday"],
    [
      "UTC",
      "2026-11-20T12:00:00Z",
      "2026-11-14T00:00:00Z",
      "6d ago",
      "Saturday, November 14, 2026",
    ],
  ])("%s at %s: %s", (zone, now, time, age, day) => {
    const times = timesIn(zone, now);
    expect([times.relative(time), times.day(time)]).toEqual([age, day]);
  });

  it("a clock that is behind the message's", () => {
    const times = timesIn("UTC", "2026-11-20T23:59:00Z");
    expect(times.day("2026-11-21T00:05:00Z")).toBe("today");
  });
});

it("an invalid language is ignored", () => {
  expect(["de-CH", "en_US", "", "x".repeat(99)].map(localeOf)).toEqual([
    "de-CH",
    undefined,
    undefined,
    undefined,
  ]);
});

it("a link is http or https, or dropped", () => {
  const base = "https://app.example.com/a/";
  expect(
    ["b", "/b", "//c.example", "?d", "HTTP://e.example"].map((url) => safeLink(url, base)),
  ).toEqual([
    "https://app.example.com/a/b",
    "https://app.example.com/b",
    "https://c.example/",
    "https://app.example.com/a/?d",
    "http://e.example/",
  ]);
  const others = [
    undefined,
    "",
    "javascript:1",
    "\u0001javascript:1",
    "data:,x",
    "http://[",
    "mailto:a@b",
  ];
  expect(others.map((url) => safeLink(url, base))).toEqual(others.map(() => null));
});
