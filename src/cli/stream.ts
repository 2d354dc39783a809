// A live stream of one inbox or topic that goes on by itself: whatever ends it, it comes back with the
// cursor of what was shown last.
//
//   connecting ──200──▶ open ──end, loss, silence──▶ waiting ──delay──▶ connecting
//       │                 └──────token expired───────────────────────────▲
//       └── refused for good, or no hub at the very first: an error

import { HubError } from "../client/server.ts";
import type { Cursor } from "../protocol/cursor.ts";
import type { ConnectedFrame, DisconnectFrame, MessagesFrame } from "../protocol/down.ts";
import type { LogMessage } from "../protocol/message.ts";
import { refusalOf } from "./call-hub.ts";
import { eventsOf } from "./events.ts";
import { isNetworkFault } from "./failure.ts";
import { Progress } from "./progress.ts";

/** A hub says something every 25 s, if only a comment. */
const SILENCE_MS_MAX = 60_000;
const DELAY_MS_MAX = 30_000;
const SPREAD_SECONDS = 5;

export interface Source {
  /** Below `/v1/`, without a query. */
  path: string;
  /** What stands in `Authorization`, asked for each time. */
  credential(): Promise<string>;
  /** Where it begins: a cursor, or what the hub takes as `since`. */
  begin: Cursor | string;
  /** Whether the hub has answered before: then it is waited for from the beginning. */
  hasAnswered: boolean;
}

export interface StreamOptions {
  url: string;
  /** Resolves when there is room for more. */
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

  /** First within the spread that the hub asks for, then full jitter, doubling. */
  delayMs(): number {
    const mostMs =
      this.#attempts === 0 ? this.#spreadMs : Math.min(DELAY_MS_MAX, 1_000 * 2 ** this.#attempts);
    this.#attempts += 1;
    return this.#options.random() * mostMs;
  }

  /** Connects and shows what comes, until it ends. Throws what coming back would not mend. */
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

  /** Where no hub ever was, waiting for one would look as if it were there. */
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
    if (!response.ok || !isStream || response.body === null) throw await refusalOf(response);
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
        // Events of a later version are passed over.
        return null;
    }
  }

  #connected(frame: ConnectedFrame): void {
    this.#wasThere = true;
    this.#attempts = 0;
    this.#spreadMs = frame.reconnect_spread * 1_000;
    if (!frame.recovered)
      this.#options.remark("some of what was missed is kept no more: what is there follows");
    if (this.#source.begin === "latest") this.#progress.beginAt(frame);
  }

  /** False when a frame is missing before this one: then it is asked for again from the cursor. */
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

/** Aborts when nothing was heard for too long: a connection may die without a word. */
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
