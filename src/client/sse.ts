// belfry/sse: the hub as an event stream, where WebSockets are blocked. What the client sends are
// calls of the HTTP API.

import type { DownFrame } from "../protocol/down.ts";
import { answerTo, type Frame, failure } from "./http-calls.ts";
import { connectUrl, type Line, type LineEvents, type Offer, type Transport } from "./transport.ts";

/** The hub sends a comment every 25 s: a stream that is silent for longer than this is dead. */
const SILENCE_MS = 60_000;
/** How long a stream goes on when a topic is to be added. */
const REOPEN_MS = 1_000;
/** The hub refuses a stream that names more. */
const TOPICS_MAX = 10;

/**
 * An event stream carries at most 10 topics; the others wait for another transport.
 *
 * `createClient({ url, token, transports: [websocket(), sse()] })`
 */
export function sse(): Transport {
  return { name: "sse", topicsMax: TOPICS_MAX, open };
}

function open(offer: Offer, events: LineEvents): Line {
  const { now, after } = offer.environment;
  const abort = new AbortController();
  let heardAt = now();
  /** One call after the other, as the frames of a socket are handled. */
  let last: Promise<void> | undefined;
  /** The topics of this stream, or of the next where one was added. */
  const named = new Set<unknown>(offer.topics.map(([topic]) => topic));
  const take = (frame: object) => events.frame(frame as DownFrame);

  /** Reads to the end; gives the close code of a socket that ends like that. */
  async function read(): Promise<number> {
    // Not an EventSource: that can only put the token into the URL, and says nothing of a refusal.
    const response = await fetch(connectUrl(offer), {
      headers: { authorization: `Bearer ${offer.token}`, accept: "text/event-stream" },
      signal: abort.signal,
    });
    const type = response.headers.get("content-type");
    if (!/event-stream|json/.test(`${type}`))
      throw new TypeError(`${response.status} ${type} came, and no event stream`);
    if (!response.ok) {
      const problem = await response.json();
      take({ ...problem, type: "error", id: null });
      // What answers in the hub's place does not say that it will stay so.
      if (problem.temporary !== false) return 4001;
      // As a socket would be closed; an expired token is asked for anew too.
      return response.status === 401 ? 4500 : 4501;
    }
    const reader = (response.body as ReadableStream<BufferSource>)
      .pipeThrough(new TextDecoderStream())
      .getReader();
    for (let text = ""; ; ) {
      const { done, value } = await reader.read();
      if (done) return 1006;
      heardAt = now();
      const lines = (text + value).split("\n");
      text = lines.pop() as string;
      for (const line of lines) if (line.startsWith("data:")) take(JSON.parse(line.slice(5)));
    }
  }

  read().then(
    (close) => events.lost(close, ""),
    // A browser says no more of an address where nothing answers than of an origin that is refused.
    (cause) => events.lost(1006, `${cause} (is this origin among the hub's ALLOWED_ORIGINS?)`),
  );

  return {
    send(text) {
      if (text === "ping") {
        if (now() - heardAt < SILENCE_MS) take({ type: "pong" });
        return;
      }
      const frame: Frame = JSON.parse(text);
      const { type, topic } = frame;
      if (type === "unsubscribe") named.delete(topic);
      // A stream ends with its token: the new one needs another.
      else if (type === "refresh") events.reopen(frame.token as string);
      else if (type !== "subscribe") last = answerTo(offer, frame, last).then(take);
      else if (named.add(topic).size > TOPICS_MAX) {
        named.delete(topic);
        take(failure(frame, `an event stream carries ${TOPICS_MAX} topics`));
        // The topics of a stream are named when it is opened: the next one has this one, and lacks those
        // that were given up. Opened at once, it would miss what a topic's other subscribers wait for.
      } else after(REOPEN_MS, events.reopen);
    },
    close: () => abort.abort(),
  };
}
