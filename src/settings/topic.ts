// The settings of a topic: the access to it, and how much it keeps.

import * as v from "valibot";
import { DAY_MS, RETENTION_DAYS_MAX, RETENTION_MESSAGES_MAX } from "../protocol/limits.ts";
import type { Retention } from "./retention.ts";

/** `public` admits everyone, without a token; `token` requires the cap `subscribe`. */
export type Access = "public" | "token";

/** The settings in force for a topic. */
export interface TopicDefaults extends Retention {
  access: Access;
}

/** The settings made for one topic. An absent one has the hub's default for the topic's name. */
export type TopicSettings = Partial<TopicDefaults>;

const MESSAGES_FIX = `is a whole number from 1 to ${RETENTION_MESSAGES_MAX}`;
const DAYS_FIX = `is a number above 0, at most ${RETENTION_DAYS_MAX}`;

/** The settings in the form of a request and of the var TOPIC_DEFAULTS. */
export const topicSettingsBody = v.strictObject({
  access: v.optional(v.picklist(["public", "token"], "is public or token")),
  messages_max: v.optional(
    v.pipe(
      v.number(MESSAGES_FIX),
      v.integer(MESSAGES_FIX),
      v.minValue(1, MESSAGES_FIX),
      v.maxValue(RETENTION_MESSAGES_MAX, MESSAGES_FIX),
    ),
  ),
  age_days: v.optional(
    v.pipe(v.number(DAYS_FIX), v.gtValue(0, DAYS_FIX), v.maxValue(RETENTION_DAYS_MAX, DAYS_FIX)),
  ),
});

/** Takes settings in the form of a request; returns them in the units of storage. */
export function topicSettingsFrom(body: v.InferOutput<typeof topicSettingsBody>): TopicSettings {
  const { access, messages_max: messagesMax, age_days: ageDays } = body;
  return {
    ...(access === undefined ? {} : { access }),
    ...(messagesMax === undefined ? {} : { messagesMax }),
    ...(ageDays === undefined ? {} : { ageMs: ageDays * DAY_MS }),
  };
}
