// The calls of a backend to its hub. A call with a temporary failure is sent again: a publish has a key that makes
// this safe, and every other call has the same effect when it is made twice.

import { problemOf } from "../problem.ts";
import { HubError } from "./error.ts";

export interface HubOptions {
  /** The hub's address, such as `https://hub.example.com`. */
  url: string;
  /** An API key, `bk_<name>_<random>`: a secret that must not leave the server. */
  key: string;
  /** How many times a call is tried in all; 4 when absent. */
  tries?: number | undefined;
  fetch?: typeof fetch | undefined;
  /** Returns a number from 0 up to 1, for the jitter between two tries. */
  random?: (() => number) | undefined;
  /** Resolves after `ms` milliseconds, or as soon as the signal is aborted. */
  wait?: ((ms: number, signal?: AbortSignal | null) => Promise<unknown>) | undefined;
}

export interface CallOptions {
  signal?: AbortSignal | null | undefined;
}

export interface PublishOptions extends CallOptions {
  /** Makes the call safe to repeat beyond its own tries, such as when a job runs again. */
  idempotencyKey?: string | null | undefined;
}

interface Request extends PublishOptions {
  query?: Readonly<Record<string, string | number | null | undefined>>;
  body?: unknown;
}

const TRIES = 4;
const TRY_MS_MAX = 10_000;
const WAIT_MS_MAX = 8_000;
/** A call fails, for the caller to repeat, if the hub asks for a longer wait. */
const RETRY_AFTER_MS_MAX = 60_000;

/** Makes the calls to one hub. */
export class Caller {
  readonly #options: HubOptions;

  constructor(options: HubOptions) {
    requireSane(options);
    this.#options = options;
  }

  /**
   * Resolves with the answer, null if it has no body. Rejects with a HubError, a TypeError, a SyntaxError if
   * the answer is not JSON, or the reason of the signal.
   */
  async json(method: string, path: string, request: Request = {}): Promise<unknown> {
    const read = async (response: Response) => (response.status === 204 ? null : response.json());
    return this.#try(method, path, request, read);
  }

  /** Does the same as `json`, but resolves with null if the hub answers `not_found`. */
  async found(method: string, path: string, request: Request = {}): Promise<unknown> {
    try {
      return await this.json(method, path, request);
    } catch (cause) {
      if (cause instanceof HubError && cause.code === "not_found") return null;
      throw cause;
    }
  }

  /** Yields the lines of an answer. A failure after it has begun is thrown, and not tried again. */
  async *lines(path: string, { signal }: CallOptions = {}): AsyncGenerator<string, void> {
    const { body } = await this.#try("GET", path, { signal }, async (response) => response);
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of chunksOf(body)) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      yield* lines.filter((line) => line !== "");
    }
    if (rest !== "") throw new SyntaxError("the answer of the hub broke off within a line");
  }

  async #try<T>(
    method: string,
    path: string,
    { query = {}, body, idempotencyKey, signal }: Request,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const { url, key, tries = TRIES, fetch = globalThis.fetch } = this.#options;
    const { random = Math.random, wait = waitFor } = this.#options;
    const address = `${url.replace(/\/+$/, "")}/v1/${path}${queryOf(query)}`;
    // A header or a body that cannot be sent throws here, before the first try.
    const init = {
      method,
      headers: new Headers({
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        ...(idempotencyKey == null ? {} : { "idempotency-key": idempotencyKey }),
      }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    for (let tried = 1; ; tried++) {
      signal?.throwIfAborted();
      const late = new AbortController();
      const timer = setTimeout(
        () => late.abort(new DOMException("it took too long", "TimeoutError")),
        TRY_MS_MAX,
      );
      let atLeastMs = 0;
      try {
        const signals = signal ? [signal, late.signal] : [late.signal];
        const response = await fetch(address, { ...init, signal: AbortSignal.any(signals) });
        if (response.ok) return await read(response);
        // A proxy may send a date in place of seconds, which is ignored.
        atLeastMs = (Number(response.headers.get("retry-after")) || 0) * 1_000;
        throw new HubError(response.status, await problemOf(response));
      } catch (cause) {
        // An error that the hub calls temporary may pass, and so may every failure of the network.
        const mayPass = cause instanceof HubError ? cause.temporary : !signal?.aborted;
        if (!mayPass || tried >= tries || atLeastMs > RETRY_AFTER_MS_MAX)
          throw signal?.aborted ? cause : named(cause, url);
      } finally {
        clearTimeout(timer);
      }
      await wait(atLeastMs + random() * Math.min(WAIT_MS_MAX, 250 * 2 ** tried), signal);
    }
  }
}

/**
 * Returns a name as a segment of a path. Throws a TypeError for an empty name, and for `.` and `..`, which
 * a URL resolves even when they are escaped.
 */
export function inPath(name: string): string {
  if (typeof name !== "string" || name === "" || name === "." || name === "..")
    throw new TypeError(`a user or a topic has a name, and ${JSON.stringify(name)} is none`);
  return encodeURIComponent(name);
}

/** Returns an offset as a segment of a path; throws a TypeError if it is none. */
export function offsetInPath(offset: number): string {
  if (Number.isSafeInteger(offset) && offset > 0) return `${offset}`;
  throw new TypeError(`an offset is a whole number above 0, and ${offset} is not`);
}

function queryOf(query: NonNullable<Request["query"]>): string {
  const given = Object.entries(query).filter(([, value]) => value != null);
  return given.length === 0 ? "" : `?${new URLSearchParams(given as [string, string][])}`;
}

/** Yields the chunks of a body, since not every runtime's streams support `for await`. */
async function* chunksOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done || value === undefined) return;
      yield value;
    }
  } finally {
    // Leaving the loop cancels the answer.
    await reader?.cancel().catch(() => undefined);
  }
}

function requireSane({ url = "", key = "" }: Partial<HubOptions>): void {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new TypeError(`\`url\` is such as https://hub.example.com, and "${url}" is not`);
  if (/^bk_[\x21-\x7e]+$/.test(key)) return;
  // The key itself stays out of the message.
  const fault = key === "" ? "missing" : "not an API key: it begins with bk_ and has no spaces";
  throw new TypeError(`\`key\` is ${fault}`);
}

/**
 * Returns the error to throw. A failure of the network hides its reason in `cause` and does not name the
 * address, so it is wrapped; an error from an answer is clear as it is.
 */
function named(cause: unknown, url: string): unknown {
  if (cause instanceof HubError || cause instanceof SyntaxError) return cause;
  const inner = (cause as { cause?: unknown }).cause ?? cause;
  const { code, message } = inner as { code?: unknown; message?: string };
  // The `code` of a timeout is a number without meaning.
  const reason = typeof code === "string" ? code : message;
  return new TypeError(`no hub answers at ${url} (${reason})`, { cause: inner });
}

const waitFor = (ms: number, signal?: AbortSignal | null) =>
  new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
