// docs/limits.md has every limit of the code, and no other figure.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { WATERMARKS_KEPT } from "../../src/inbox/state.ts";
import * as limits from "../../src/protocol/limits.ts";
import { type Settings, settingsOf } from "../../src/settings/settings.ts";
import { TEST_VARS } from "../support/vars.ts";

const page = readFileSync(resolve(import.meta.dirname, "../../docs/limits.md"), "utf8");
const cells = (row: string) => row.split("|").map((cell) => cell.trim());

/** The limits by name, without the length of a day, which is no limit. */
const { DAY_MS, RETENTION_DAYS_MAX, RETENTION_MESSAGES_MAX, ...inProtocol } = limits;
const CONSTANTS: Record<string, number> = { ...inProtocol, WATERMARKS_KEPT };
const ROWS = [...page.matchAll(/^\|.*\| `([A-Z_]+)` +\|$/gm)].map(([row, name = ""]) => ({
  name,
  figure: cells(row)[1] ?? "",
}));

const KI = 1024;
const SIZES: Record<string, number> = { bytes: 1, Ki: KI, KiB: KI, Mi: KI ** 2, MiB: KI ** 2 };
const TIMES: Record<string, number> = {
  ...{ s: 1_000, min: 60_000, h: 3_600_000, years: 365 * DAY_MS },
};

/** Returns a figure of the page in the unit of a constant's name: `64 KiB` in bytes, `5 s` in ms. */
function constantOf(figure: string, name: string): number {
  const [, digits = "", unit = "", rate = ""] =
    /^([\d.,]+)(?: (?!a )(\w+))?( a second| a minute)?$/.exec(figure) ?? [];
  expect(rate, name).toBe(
    /_PER_(SECOND|MINUTE)$/.exec(name)?.[0].replace(/_PER_/, " a ").toLowerCase() ?? "",
  );
  const number = Number(digits.replaceAll(",", ""));
  if (unit in TIMES) {
    expect(name).toMatch(/_MS$|_MS_|_SECONDS/);
    const ms = number * (TIMES[unit] as number);
    return /_SECONDS/.test(name) ? ms / 1_000 : ms;
  }
  if (unit === "") return number;
  expect(name).toMatch(/B$|bytes/.test(unit) ? /_BYTES/ : /_UNITS/);
  return number * (SIZES[unit] as number);
}

describe("docs/limits.md", () => {
  it("has a row for each limit, and for nothing else", () => {
    expect(ROWS.map(({ name }) => name).toSorted()).toEqual(Object.keys(CONSTANTS).toSorted());
  });

  it.each(ROWS)("has the figure of $name", ({ name, figure }) => {
    expect(constantOf(figure, name)).toBe(CONSTANTS[name]);
  });

  const settings = [...page.matchAll(/^\| `([A-Z_]+)` .*\|$/gm)].map(([row, name = ""]) => {
    const [, , byDefault = "", most = ""] = cells(row);
    const [first, last] = [byDefault, most].map((cell) => Number(cell.replaceAll(",", "")));
    return { name, byDefault: first as number, most: last as number };
  });
  const readWith = (vars: Record<string, string>) => settingsOf({ ...TEST_VARS, ...vars });
  const figuresOf = (vars: Record<string, string>) => {
    const { inbox, topic, topicSocketsMax } = readWith(vars) as Settings;
    return {
      INBOX_MESSAGES_MAX: inbox.messagesMax,
      INBOX_AGE_DAYS: inbox.ageMs / DAY_MS,
      TOPIC_MESSAGES_MAX: topic.messagesMax,
      TOPIC_AGE_DAYS: topic.ageMs / DAY_MS,
      TOPIC_SOCKETS_MAX: topicSocketsMax,
    };
  };

  it("has a row for each setting that is a number, with its default", () => {
    const defaults = settings.map(({ name, byDefault }) => [name, byDefault]);
    expect(Object.fromEntries(defaults)).toEqual(figuresOf({}));
  });

  it.each(settings)("has the upper limit of $name", ({ name, most }) => {
    expect(figuresOf({ [name]: `${most}` })).toMatchObject({ [name]: most });
    expect(readWith({ [name]: `${most + 1}` })).toHaveProperty("fix");
  });
});
