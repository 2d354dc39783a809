// The settings of a topic: read from a request, in the units that are stored.

import { expect, it } from "vitest";
import { DAY_MS } from "../../src/protocol/limits.ts";
import { topicSettingsFrom } from "../../src/settings/topic.ts";

it("an age may be a part of a day", () => {
  expect(topicSettingsFrom({ age_days: 0.5 })).toEqual({ ageMs: DAY_MS / 2 });
  expect(topicSettingsFrom({ age_days: 0.25 })).toEqual({ ageMs: DAY_MS / 4 });
  expect(topicSettingsFrom({ age_days: 1.5 })).toEqual({ ageMs: 1.5 * DAY_MS });
});

it("only the settings that were sent are set", () => {
  expect(topicSettingsFrom({})).toEqual({});
  expect(topicSettingsFrom({ access: "public" })).toEqual({ access: "public" });
  expect(topicSettingsFrom({ messages_max: 7 })).toEqual({ messagesMax: 7 });
});
