// belfry/sse: the hub as an event stream, where WebSockets are blocked. What the client sends are
// calls of the HTTP API.

import type { DownFrame } from "../protocol/down.ts";
import { answerTo } from "./http-calls.ts";
import { connectUrl, type Line, type LineEvents, type Offer, type Transport } from "./transport.ts";

/** The hub sends a comment every 25 s: a stream that is silent for longer than this is dead. */
const SILENCE_MS = 60_000;
/** How long a stream goes on when a topic is to be added. */
const REOPEN_MS = 1_000;
/**
 * An event stream carries at most 10 topics: with more of them the hub refuses the connect.
 *
 * `createClient({ url, token, transports: [websocket(), sse()] })`
 */
export function sse(): Transport {
  return { name: "sse", topicsMax: 100, open };
}

function open(offer: Offer, events: LineEvents): Line {
  const { now, after } = offer.environment;
  const abort = new AbortController();
  let heardAt = now();
  /** One call after the other, as the frames of a socket are handled. */
  let last: Promise<void> | undefined;
  const take = (frame: object) => events.frame(frame as DownFrame);

  /** Reads to the end; gives the close code of a socket that ends like that. */
  async function read(): Promise<number> {
    // Not an EventSource: that can only put the token into the URL, and says nothing of a refusal.
    const response = await fetch(connectUrl(offer), {
      headers: { authorization: `Bearer ${offer.token}`, accept: "text/event-stream" },
      signal: abort.signal,
    });
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

  read()
    .catch(() => 1006)
    .then((close) => events.lost(close, ""));

  return {
    send(frame) {
      if (frame === "ping") {
        if (now() - heardAt < SILENCE_MS) take({ type: "pong" });
        // The topics of a stream are named when it is opened. One that is given up goes with the next.
        // Opened anew at once, it would not bring what a topic's other subscribers are waiting for.
      } else if (frame.type === "subscribe") after(REOPEN_MS, events.reopen);
      // A stream ends with its token: the new one needs another.
      else if (frame.type === "refresh") events.reopen(frame.token as string);
      else if (frame.type !== "unsubscribe") last = answerTo(offer, frame, last).then(take);
    },
    close: () => abort.abort(),
  };
}
