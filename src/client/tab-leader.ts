// The tab that leads: it has the line, and relays for the others.

import type { ConnectedFrame, DownFrame } from "../protocol/down.ts";
import { createPace } from "./pace.ts";
import { ALL, ANSWER_MS, type Station, type Tell } from "./tab-words.ts";
import type { LineEvents, Offer, Transport } from "./transport.ts";

export function lead(inner: Transport, offer: Offer, events: LineEvents, tell: Tell): Station {
  const { now } = offer.environment;
  let connected: ConnectedFrame | undefined;
  /** When `connected` came. */
  let connectedAt = 0;
  /** When the token on the line ends, if it does. */
  let endsAt: number | null = null;
  /** For all. The parts of a step go out at once: a tab that begins in between would take half of it. */
  const news: DownFrame[] = [];
  /** The tabs that want a topic: it is given up with the last of them. */
  const wanted = new Map<unknown, Set<string>>();

  const line = inner.open(offer, {
    frame(frame) {
      const { id: address } = frame as { id?: string | number | null };
      if (typeof address === "string") {
        const [to = "", id] = address.split("/");
        tell(to, { say: "down", frame: { ...frame, id: Number(id) } as DownFrame });
        return;
      }
      // In `connected`, and in the reply to the leader's own `refresh`.
      const { expires_in } = frame as Partial<ConnectedFrame>;
      if (expires_in) endsAt = now() + expires_in * 1_000;
      if (frame.type === "connected") {
        connected = frame;
        connectedAt = now();
        news.push(frame);
      } else if (frame.type === "disconnect")
        tell(ALL, { say: "lost", close: frame.code, reason: frame.reason });
      // Steps are everyone's, and so is the end of a subscription; an answer with an id is the leader's.
      else if (frame.type === "messages" || (frame.type === "error" && address === null))
        news.push(frame);
      if (!("more" in frame))
        for (const each of news.splice(0)) tell(ALL, { say: "down", frame: each });
      events.frame(frame);
    },
    lost(close, reason) {
      tell(ALL, { say: "lost", close, reason });
      events.lost(close, reason);
    },
    reopen: events.reopen,
  });
  // The limit of frames is one for all tabs.
  const pace = createPace(offer.environment, (text) => line.send(text));

  const secondsLeft = () => endsAt && Math.ceil((endsAt - now()) / 1_000);

  function send(from: string, text: string) {
    const { type, topic } = JSON.parse(text);
    const tabs = wanted.get(topic) ?? new Set();
    if (type === "subscribe") wanted.set(topic, tabs.add(from));
    if (type === "unsubscribe" && (!tabs.delete(from) || tabs.size > 0)) return;
    pace.push(text);
  }

  return {
    send(text) {
      if (text === "ping") line.send(text);
      else send("", text);
    },
    close() {
      tell(ALL, { say: "lost", close: 0 });
      pace.clear();
      line.close();
    },
    hear(word) {
      const { from } = word;
      if (word.say === "hello" && connected) {
        // As of now: a tab that begins later has the hub's clock, and what is left of the token.
        const time = new Date(Date.parse(connected.time as string) + now() - connectedAt);
        // Null where the hub is an older one and did not say the time.
        const frame = { ...connected, time: time.toJSON(), expires_in: secondsLeft() };
        tell(from, { say: "down", frame });
      } else if (word.say === "leave")
        // The answer is nobody's: by then the leader may have asked for the topic itself.
        for (const topic of wanted.keys())
          send(from, JSON.stringify({ type: "unsubscribe", id: "/", topic }));
      else if (word.say === "up") {
        const { text, at } = word;
        // This tab has hung. The other may have a line of its own by now, on which it has sent this and
        // more; if it has none, it begins again.
        if (now() - at >= ANSWER_MS) tell(from, { say: "lost", close: 0 });
        else if (text === "ping") tell(from, { say: "down", frame: { type: "pong" } });
        // Only the leader's token is on the line: another tab's says that its user is still signed in.
        else if (text.startsWith('{"type":"refresh"'))
          tell(from, { say: "down", frame: { type: "reply", id: 0, expires_in: secondsLeft() } });
        // The first `"id":` is the frame's own: in the type before it a quote would be escaped.
        else send(from, text.replace(/"id":(\d+)/, `"id":"${from}/$1"`));
      }
    },
  };
}
