// belfry/sse: the hub as an event stream, for networks that block WebSockets. The client's frames become calls of
// the HTTP API.

import type { DownFrame } from "../protocol/down.ts";
import { answerTo, type Frame, failure } from "./http-calls.ts";
import { connectUrl, type Line, type LineEvents, type Offer, type Transport } from "./transport.ts";

/** A stream that is silent for this long is lost: the hub sends a comment every 25 s. */
const SILENCE_MS = 60_000;
/** The time from a subscribe to the new stream that includes its topic. */
const REOPEN_MS = 1_000;
/** Most topics of a stream; the hub refuses one that names more. */
const TOPICS_MAX = 10;

/**
 * Returns a transport over event streams. A stream carries at most 10 topics. A further one is refused with a
 * temporary error and tried again every 10 s, until there is room or another transport is in use.
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
  /** The newest call. Calls run one after the other, as the hub handles the frames of a socket. */
  let last: Promise<void> | undefined;
  /** The topics of this stream, or of the next one if a topic was added. */
  const named = new Set<unknown>(offer.topics.map(([topic]) => topic));
  const take = (frame: object) => events.frame(frame as DownFrame);

  /** Reads the stream to its end; returns the close code of a socket that ends in the same way. */
  async function read(): Promise<number> {
    // Not an EventSource, which can put the token only into the URL and does not report a refusal.
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
      // The refusal may be temporary: a server in the hub's place, such as a proxy, does not say.
      if (problem.temporary !== false) return 4001;
      // The codes with which a socket would close; for an expired token the client asks for a new one, too.
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
    // A browser reports an address without a server and an origin that is refused in the same way.
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
      // A stream ends with its token: a new token needs a new stream.
      else if (type === "refresh") events.reopen(frame.token as string);
      else if (type !== "subscribe") last = answerTo(offer, frame, last).then(take);
      else if (named.add(topic).size > TOPICS_MAX) {
        named.delete(topic);
        take(failure(frame, `an event stream carries ${TOPICS_MAX} topics`));
        // A stream names its topics when it is opened: the next one includes this topic, and lacks those that were
        // given up. Opened at once, it would cut off the replays that a topic's other subscribers wait for.
      } else after(REOPEN_MS, events.reopen);
    },
    close: () => abort.abort(),
  };
}
