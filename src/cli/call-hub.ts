// One HTTP call to the hub with the API key.

import { problemOf } from "../client/problem.ts";
import { createHub, type Hub, HubError } from "../client/server.ts";
import { UsageError } from "./failure.ts";
import type { Target } from "./find-hub.ts";

const ANSWER_MS_MAX = 20_000;

/** Calls the hub; gives what it answers, null for an empty answer. Throws a HubError. */
export async function callHub(
  { url, key }: Pick<Target, "url" | "key">,
  method: string,
  path: string,
): Promise<unknown> {
  const response = await fetch(`${url}/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  });
  if (!response.ok) throw await refusalOf(response);
  const text = await response.text();
  return text === "" ? null : JSON.parse(text);
}

/**
 * Takes an answer and the members that a hub's has, `[]` after those that are lists; gives it back.
 * What answers at an address need not be a hub.
 */
export function hubAnswer<T>(answer: T, members: readonly string[]): T {
  const given = (answer ?? {}) as Record<string, unknown>;
  const isGiven = (member: string) =>
    member.endsWith("[]") ? Array.isArray(given[member.slice(0, -2)]) : member in given;
  if (typeof given === "object" && members.every(isGiven)) return answer;
  throw new SyntaxError("its answer is another than a hub's");
}

export async function refusalOf(response: Response): Promise<HubError> {
  return new HubError(response.status, await problemOf(response));
}

/** The hub as a backend uses it. On this machine there is nothing to wait for between tries. */
export function backendOf({ url, key }: Target): Hub {
  const isHere = new URL(url).protocol === "http:";
  return createHub({ url, key, ...(isHere ? { tries: 1 } : {}) });
}

/** A name as part of a path. A URL takes `.` and `..` for something else, however they are written. */
export function inPath(name: string): string {
  if (name === "." || name === "..")
    throw new UsageError(`"${name}" cannot be written in a path: use another name`);
  return encodeURIComponent(name);
}
