// belfry/server: what a backend does to a hub, with `fetch` alone. Every call may be repeated, and is:
// the key that makes it safe is made once, before the first try.

import type { Caps } from "../protocol/caps.ts";
import type { Message } from "../protocol/message.ts";
import { type Problem, problemOf } from "./problem.ts";

export interface HubOptions {
  /** Such as `https://hub.example.com`. */
  url: string;
  /** An API key, `bk_<name>_<random>`. It is a secret of the server's. */
  key: string;
  /** How often a call is tried in all. */
  tries?: number;
  fetch?: typeof fetch;
  /** From 0 up to 1, for the jitter between two tries. */
  random?: () => number;
  /** Resolves after so many milliseconds. */
  wait?: (ms: number) => Promise<unknown>;
}

/** `user:<id>` or `topic:<name>`, or several of them. */
export type Recipients = string | readonly string[];

export interface Stored {
  id: string;
  /** Null for a message with `ttl: 0`, which is kept nowhere. */
  offset: number | null;
  epoch: string;
  /** Whether it was there already. */
  duplicate: boolean;
}

/** What became of one message at one address. */
export type Result = { to: string; status: number } & (
  | { id: string; offset: number | null; epoch: string }
  | { code: string; fix: string; field?: string }
);

export interface Results {
  stored: number;
  duplicate: number;
  failed: number;
  results: Result[];
}

export interface CallOptions {
  /** Makes the call safe to repeat beyond its own tries, such as when a job runs again. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

/** What the hub said, as RFC 9457 has it. */
export class HubError extends Error {
  override readonly name = "HubError";
  readonly status: number;
  readonly code: string;
  readonly temporary: boolean;
  readonly requestId: string | undefined;

  constructor(status: number, problem: Problem) {
    super(`${problem.title}: ${problem.fix}`);
    this.status = status;
    this.code = problem.code;
    this.temporary = problem.temporary;
    this.requestId = problem.request_id;
  }
}

const TRIES = 4;
const TRY_MS_MAX = 10_000;
const WAIT_MS_MAX = 8_000;

/**
 * A hub, as a backend uses it. Throws a TypeError when the address or the key cannot be one, such as where
 * the environment lacks it.
 *
 *     const hub = createHub({ url: "https://hub.example.com", key });
 *     await hub.publish("user:ada", { notification: { title: "Build passed" } });
 */
export function createHub(options: HubOptions) {
  requireSane(options);
  return {
    /** Publishes one message; resolves once it is durable. */
    async publish(to: string, message: Message, call: CallOptions = {}): Promise<Stored> {
      const answer = await post(options, "publish", { to, ...message }, call);
      return answer as Stored;
    },

    /** Publishes messages, each `to` one address or several. A bad one fails alone: look at `results`. */
    async publishMany(
      messages: readonly ({ to: Recipients } & Message)[],
      call: CallOptions = {},
    ): Promise<Results> {
      return (await post(options, "publish", messages, call)) as Results;
    },

    /** A token for a user; `ttl` in seconds, an hour when absent. */
    async mintToken(
      claims: { user: string; ttl?: number; caps?: Caps },
      { signal }: Pick<CallOptions, "signal"> = {},
    ): Promise<{ token: string; expires_at: string }> {
      const answer = await post(options, "tokens", claims, signal ? { signal } : {});
      return answer as { token: string; expires_at: string };
    },
  };
}

export type Hub = ReturnType<typeof createHub>;

function requireSane({ url = "", key = "" }: Partial<HubOptions>): void {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new TypeError(`\`url\` is such as https://hub.example.com, and "${url}" is not`);
  if (/^bk_[\x21-\x7e]+$/.test(key)) return;
  // What it is stays out of the message.
  const fault = key === "" ? "missing" : "not an API key: it begins with bk_ and has no spaces";
  throw new TypeError(`\`key\` is ${fault}`);
}

async function post(
  options: HubOptions,
  route: string,
  body: unknown,
  { idempotencyKey = crypto.randomUUID(), signal }: CallOptions,
): Promise<unknown> {
  const { url, key, tries = TRIES, fetch = globalThis.fetch } = options;
  const { random = Math.random, wait = waitFor } = options;
  const request = {
    method: "POST",
    headers: {
      authorization: `Bearer ${key}`,
      "content-type": "application/json",
      "idempotency-key": idempotencyKey,
    },
    body: JSON.stringify(body),
  };
  for (let tried = 1; ; tried++) {
    const limit = AbortSignal.timeout(TRY_MS_MAX);
    let atLeastMs = 0;
    try {
      const response = await fetch(`${url.replace(/\/+$/, "")}/v1/${route}`, {
        ...request,
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      if (response.ok) return await response.json();
      // In place of seconds a proxy may name a date, which is passed over.
      atLeastMs = (Number(response.headers.get("retry-after")) || 0) * 1_000;
      throw new HubError(response.status, await problemOf(response));
    } catch (cause) {
      // What the hub calls temporary may pass, and so may whatever the network did.
      const mayPass = cause instanceof HubError ? cause.temporary : !signal?.aborted;
      if (!mayPass || tried >= tries) throw signal?.aborted ? cause : named(cause, url);
    }
    await wait(atLeastMs + random() * Math.min(WAIT_MS_MAX, 250 * 2 ** tried));
    signal?.throwIfAborted();
  }
}

/** A network's fault says little, and not where: the reason is one deeper. What did answer speaks for itself. */
function named(cause: unknown, url: string): unknown {
  if (cause instanceof HubError || cause instanceof SyntaxError) return cause;
  const inner = (cause as { cause?: unknown }).cause ?? cause;
  const { code, message } = inner as { code?: unknown; message?: string };
  // What aborts by time has a number for a code, which says nothing.
  const reason = typeof code === "string" ? code : message;
  return new TypeError(`no hub answers at ${url} (${reason})`, { cause: inner });
}

const waitFor = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
