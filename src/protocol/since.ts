// The start of a history: after a cursor, or at a time.

import { type Cursor, parseCursor, parseSince, type Since } from "./cursor.ts";

export type HistorySince = Cursor | { time: number };

const DURATION = /^(\d{1,6})([smhd])$/;
const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

export const SINCE_FORMS =
  "`since` is a cursor `<epoch>:<offset>`, an RFC 3339 time, or a duration such as 90s, 15m, 1h, 7d";

export const SUBSCRIBE_SINCE_FORMS =
  "`since` is a cursor `<epoch>:<offset>`, `latest`, an RFC 3339 time, or a duration such as 15m or 7d";

/**
 * Takes the `since` of a subscription or of a topic's connect (null when absent); returns null for an
 * unknown form.
 */
export function parseTopicSince(text: string | null, now: number): Since | null {
  return parseSince(text) ?? parseHistorySince(text ?? "", now);
}

/** Takes one of the forms above; returns null for any other. */
export function parseHistorySince(text: string, now: number): HistorySince | null {
  const cursor = parseCursor(text);
  if (cursor !== null) return cursor;
  const duration = DURATION.exec(text);
  if (duration)
    return { time: now - Number(duration[1]) * (UNIT_MS[duration[2] as string] as number) };
  return isTime(text) ? { time: Date.parse(text) } : null;
}

/** Whether a text is a time in the form of RFC 3339, with a full UTC offset. */
export function isTime(text: string): boolean {
  return RFC3339.test(text) && !Number.isNaN(Date.parse(text));
}
