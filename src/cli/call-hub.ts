// HTTP calls to the hub with the API key.

import { problemOf } from "../client/problem.ts";
import { createHub, type Hub, HubError } from "../client/server.ts";
import { UsageError } from "./failure.ts";
import type { Target } from "./find-hub.ts";

const ANSWER_MS_MAX = 20_000;

/**
 * Takes a method and a path below `/v1/`; returns the parsed JSON answer, null when it is empty. Throws a
 * HubError when the hub refuses the call.
 */
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
  if (!response.ok) throw await errorFromResponse(response);
  const text = await response.text();
  return text === "" ? null : JSON.parse(text);
}

/**
 * Takes an answer and the names of its required members, with `[]` after those that are lists; returns the
 * answer. Throws a SyntaxError when one is missing: another program may listen at the address.
 */
export function hubAnswer<T>(answer: T, members: readonly string[]): T {
  const given = (answer ?? {}) as Record<string, unknown>;
  const isGiven = (member: string) =>
    member.endsWith("[]") ? Array.isArray(given[member.slice(0, -2)]) : member in given;
  if (typeof given === "object" && members.every(isGiven)) return answer;
  throw new SyntaxError("its answer is another than a hub's");
}

/** Returns the error of an answer that is not a success. */
export async function errorFromResponse(response: Response): Promise<HubError> {
  return new HubError(response.status, await problemOf(response));
}

/**
 * Returns the SDK's client for backends. A hub on this machine is tried once, since a retry would only delay
 * the error.
 */
export function backendOf({ url, key }: Target): Hub {
  const isHere = new URL(url).protocol === "http:";
  return createHub({ url, key, ...(isHere ? { tries: 1 } : {}) });
}

/**
 * Returns a name encoded for a path. Throws a UsageError for `.` and `..`: a URL treats them as dot
 * segments even when they are percent-encoded.
 */
export function inPath(name: string): string {
  if (name === "." || name === "..")
    throw new UsageError(`"${name}" cannot be written in a path: use another name`);
  return encodeURIComponent(name);
}
