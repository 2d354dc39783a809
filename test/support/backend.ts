// A backend of a hub under test: HTTP calls with an API key, and tokens for users.

import { createHmac } from "node:crypto";
import type { Caps } from "../../src/protocol/caps.ts";
import { API_KEY, JWT_SECRET } from "./vars.ts";

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape.
  json: any;
}

/** Calls the hub with the API key unless the headers say otherwise. */
export async function call(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${API_KEY}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  let json: unknown = null;
  try {
    json = JSON.parse(text);
  } catch {
    // Not every answer is JSON; `text` has it.
  }
  return { status: response.status, headers: response.headers, text, json };
}

/**
 * Returns a token of a user, signed like the hub's own; `claims` replaces or adds. It is signed at once, and
 * not on another thread: a test with a clock that jumps would not wait for it.
 */
export async function tokenOf(
  user: string,
  caps: Caps = {},
  claims: Record<string, unknown> = {},
  secret = JWT_SECRET,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const payload = { sub: user, iat: now, exp: now + 3600, caps, ...claims };
  const signed = [{ alg: "HS256" }, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
