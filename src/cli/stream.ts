// A live stream of one inbox or topic that reconnects by itself, from the cursor of the last message shown.
//
//   connecting ──200──▶ open ──end, loss, silence──▶ waiting ──delay──▶ connecting
//       │                 └──────token expired───────────────────────────▲
//       └── refused for good, or no hub at the very first: an error

import { HubError } from "../client/server.ts";
import type { Cursor } from "../protocol/cursor.ts";
import type { ConnectedFrame, DisconnectFrame, MessagesFrame } from "../protocol/down.ts";
import type { LogMessage } from "../protocol/message.ts";
import { errorFromResponse } from "./call-hub.ts";
import { eventsOf } from "./events.ts";
import { isNetworkFault } from "./failure.ts";
import { Progress } from "./progress.ts";

/** The hub sends a comment every 25 s, so a longer silence means a dead connection. */
const SILENCE_MS_MAX = 60_000;
const DELAY_MS_MAX = 30_000;
const SPREAD_SECONDS = 5;

export interface Source {
  /** Below `/v1/`, without a query. */
  path: string;
  /** Returns the bearer credential; called on each connect. */
  credential(): Promise<string>;
  /** The start: a cursor, or another value of the hub's `since`. */
  begin: Cursor | string;
  /** Whether the hub has answered an earlier call: then even the first connect is retried. */
  hasAnswered: boolean;
}

export interface StreamOptions {
  url: string;
  /** Shows a message; resolves when the output has room for more. */
  show(message: LogMessage): Promise<void>;
  remark(text: string): void;
  /** Ends the stream when it aborts. */
  signal: AbortSignal;
  random: () => number;
  wait: (ms: number) => Promise<unknown>;
}

export async function streamFrom(source: Source, options: StreamOptions): Promise<void> {
  const stream = new Stream(source, options);
  for (;;) {
    const end = await stream.run();
    if (options.signal.aborted) return;
    if (end === "expired") continue;
    await options.wait(stream.delayMs());
  }
}

class Stream {
  readonly #source: Source;
  readonly #options: StreamOptions;
  readonly #progress: Progress;
  #wasThere: boolean;
  #attempts = 0;
  #spreadMs = SPREAD_SECONDS * 1_000;

  constructor(source: Source, options: StreamOptions) {
    this.#source = source;
    this.#options = options;
    this.#wasThere = source.hasAnswered;
    this.#progress = new Progress(typeof source.begin === "string" ? null : source.begin);
  }

  /**
   * Returns the delay before the next connect: at first random within the spread that the hub asks for, then
   * exponential backoff with full jitter.
   */
  delayMs(): number {
    const mostMs =
      this.#attempts === 0 ? this.#spreadMs : Math.min(DELAY_MS_MAX, 1_000 * 2 ** this.#attempts);
    this.#attempts += 1;
    return this.#options.random() * mostMs;
  }

  /** Connects and shows messages until the stream ends. Throws if a reconnect would not help. */
  async run(): Promise<"expired" | "ended"> {
    const { signal, remark } = this.#options;
    this.#progress.reconnect();
    const silence = new Silence(signal);
    try {
      const body = await this.#open(silence.signal);
      for await (const { event, data } of eventsOf(body, () => silence.broken())) {
        const end = await this.#take(event, data);
        if (end !== null || signal.aborted) return end ?? "ended";
      }
      return "ended";
    } catch (cause) {
      if (signal.aborted) return "ended";
      const refusal = cause instanceof HubError && cause.code !== "not_the_hub" ? cause : null;
      if (refusal === null ? !this.#mayComeBack(cause) : !refusal.temporary) throw cause;
      remark(`${refusal?.message ?? "the connection was lost"}; trying again`);
      return "ended";
    } finally {
      silence.end();
    }
  }

  /**
   * Returns whether a lost connection is retried: only once the hub has answered, since a silent retry would
   * hide that there is no hub at the address.
   */
  #mayComeBack(cause: unknown): boolean {
    return this.#wasThere && (cause instanceof HubError || isNetworkFault(cause));
  }

  async #open(signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const { path, credential, begin } = this.#source;
    const since = this.#progress.since ?? (typeof begin === "string" ? begin : "");
    const response = await fetch(
      `${this.#options.url}/v1/${path}?since=${encodeURIComponent(since)}`,
      {
        headers: {
          accept: "text/event-stream",
          authorization: `Bearer ${await credential()}`,
        },
        signal,
      },
    );
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
    if (!response.ok || !isStream || response.body === null)
      throw await errorFromResponse(response);
    return response.body;
  }

  async #take(event: string, data: string): Promise<"expired" | "ended" | null> {
    switch (event) {
      case "connected":
        this.#connected(JSON.parse(data) as ConnectedFrame);
        return null;
      case "messages":
        return (await this.#show(JSON.parse(data) as MessagesFrame)) ? null : "ended";
      case "expired":
        return "expired";
      case "disconnect":
        return this.#disconnected(JSON.parse(data) as DisconnectFrame);
      default:
        // A later version may send other events: ignore them.
        return null;
    }
  }

  #connected(frame: ConnectedFrame): void {
    this.#wasThere = true;
    this.#attempts = 0;
    this.#spreadMs = frame.reconnect_spread * 1_000;
    if (!frame.recovered)
      this.#options.remark("some missed messages are kept no more: the others follow");
    if (this.#source.begin === "latest") this.#progress.beginAt(frame);
  }

  /** Returns false when an earlier frame is missing: a reconnect from the cursor fetches it. */
  async #show(frame: MessagesFrame): Promise<boolean> {
    const fresh = this.#progress.apply(frame);
    for (const message of fresh ?? []) {
      if (this.#options.signal.aborted) break;
      await this.#options.show(message);
    }
    return fresh !== null;
  }

  #disconnected({ code, reason, reconnect }: DisconnectFrame): "ended" {
    if (reconnect) return "ended";
    const fix = `the hub has ended the stream for good (${code})`;
    throw new HubError(403, { title: reason, code: "disconnected", fix, temporary: false });
  }
}

/** A signal that aborts after too long a silence, since a connection may die without an error. */
class Silence {
  readonly signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;

  constructor(outer: AbortSignal) {
    const controller = new AbortController();
    this.signal = AbortSignal.any([outer, controller.signal]);
    const silence = new DOMException("it says nothing", "TimeoutError");
    this.#timer = setTimeout(() => controller.abort(silence), SILENCE_MS_MAX);
  }

  broken(): void {
    this.#timer.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
