import { describe, expect, it } from "vitest";
import { safeLink } from "../../src/element/link.ts";
import { createTimes, localeOf } from "../../src/element/times.ts";

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
    [86_399, "23h ago"],
    [86_400, "yesterday"],
    [6 * 86_400, "6d ago"],
  ])("%d s", (seconds, text) => {
    expect(relative(ago(seconds))).toBe(text);
  });

  it("after a week it is the date", () => {
    expect(relative(ago(8 * 86_400))).toMatch(/^Nov 12, 2026/);
  });

  it("nothing is in the future", () => {
    expect(relative(ago(-500))).toBe("now");
  });

  it("in the page's language", () => {
    expect(createTimes("de", () => NOW).relative(ago(7_200))).toBe("vor 2 Std.");
    expect(createTimes("ar", () => NOW).relative(ago(172_800))).toContain("أ");
  });
});

it("what is no language is none", () => {
  expect(["de-CH", "en_US", "", "x".repeat(99)].map(localeOf)).toEqual([
    "de-CH",
    undefined,
    undefined,
    undefined,
  ]);
});

it("a link leads to http or https, or nowhere", () => {
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
