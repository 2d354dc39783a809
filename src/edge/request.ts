// The start of every route: the Hono types, and the checked parameters of paths and queries.

import type { Context } from "hono";
import type { Env } from "../objects/env.ts";
import { topicFault, userFault } from "../protocol/address.ts";
import { type ErrorCode, RefusalError, refusal } from "../protocol/error.ts";
import type { Settings } from "../settings/settings.ts";

/** The Hono environment: our bindings, and the results of the first middleware. */
export interface Hub {
  Bindings: Env;
  /**
   * `requestId` is in every log line of the request, and in the problem that its caller receives.
   */
  Variables: { settings: Settings; requestId: string };
}

/** Ends the request with a refusal. */
export function throwRefusal(code: ErrorCode, fix: string, field?: string): never {
  throw new RefusalError(refusal(code, fix, field));
}

/** Returns the `{user}` of the path. `me` is the user of the token, and refused with an API key. */
export function userParam(c: Context<Hub>, me: string | null): string {
  const user = pathParam(c, "user");
  if (user === "me" && me !== null) return me;
  const fault = userFault(user);
  return fault === null ? user : throwRefusal("invalid_params", fault, "user");
}

/** Returns the `{topic}` of the path. */
export function topicParam(c: Context<Hub>): string {
  const topic = pathParam(c, "topic");
  const fault = topicFault(topic);
  return fault === null ? topic : throwRefusal("invalid_params", fault, "topic");
}

export function offsetParam(c: Context<Hub>): number {
  return parseWholeNumber(pathParam(c, "offset"), "offset", 1, Number.MAX_SAFE_INTEGER);
}

/** Returns a whole number of the query from `min` to `max`; null when it is absent. */
export function wholeQuery(c: Context<Hub>, name: string, min: number, max: number): number | null {
  const text = c.req.query(name);
  return text === undefined ? null : parseWholeNumber(text, name, min, max);
}

function parseWholeNumber(text: string, name: string, min: number, max: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max
    ? value
    : throwRefusal("invalid_params", `\`${name}\` is a whole number from ${min} to ${max}`, name);
}

// Hono decodes `%41`. It leaves an invalid sequence as it is, and no name may contain its `%`.
function pathParam(c: Context<Hub>, name: string): string {
  return c.req.param(name) ?? "";
}
