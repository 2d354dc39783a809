// What a topic is told about itself: who may subscribe, and how much it keeps.

import * as v from "valibot";
import { DAY_MS, RETENTION_DAYS_MAX, RETENTION_MESSAGES_MAX } from "../protocol/limits.ts";
import type { Retention } from "./retention.ts";

/** `public` is for everyone, without a token; `token` takes the cap `subscribe`. */
export type Access = "public" | "token";

/** What is in force for a topic. */
export interface TopicDefaults extends Retention {
  access: Access;
}

/** What was set for one topic; what is absent is as the hub has it for topics of its name. */
export type TopicSettings = Partial<TopicDefaults>;

const MESSAGES_FIX = `is a whole number from 1 to ${RETENTION_MESSAGES_MAX}`;
const DAYS_FIX = `is a number above 0, at most ${RETENTION_DAYS_MAX}`;

/** The settings as they are sent, and as the var TOPIC_DEFAULTS has them. */
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

/** What was sent, in the units that are kept. */
export function given(body: v.InferOutput<typeof topicSettingsBody>): TopicSettings {
  const { access, messages_max: messagesMax, age_days: ageDays } = body;
  return {
    ...(access === undefined ? {} : { access }),
    ...(messagesMax === undefined ? {} : { messagesMax }),
    ...(ageDays === undefined ? {} : { ageMs: ageDays * DAY_MS }),
  };
}
