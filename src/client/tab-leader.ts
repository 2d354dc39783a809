// The leading tab: it holds the line and relays frames for the other tabs.

import type { ConnectedFrame, DownFrame } from "../protocol/down.ts";
import { ALL, ANSWER_MS, type Post, type TabPort } from "./tab-messages.ts";
import { createThrottle } from "./throttle.ts";
import type { LineEvents, Offer, Transport } from "./transport.ts";

export function lead(inner: Transport, offer: Offer, events: LineEvents, tell: Post): TabPort {
  const { now } = offer.environment;
  let connected: ConnectedFrame | undefined;
  /** The time (ms) at which `connected` came. */
  let connectedAt = 0;
  /** The time (ms) at which the token on the line ends; null if it does not. */
  let endsAt: number | null = null;
  /** Frames for all tabs. A step's parts go out together: a tab that begins must not get half. */
  const news: DownFrame[] = [];
  /** The subscribed tabs by topic. The leader unsubscribes when the last of them does. */
  const wanted = new Map<unknown, Set<string>>();

  const line = inner.open(offer, {
    frame(frame) {
      const { id: address } = frame as { id?: string | number | null };
      if (typeof address === "string") {
        const [to = "", id] = address.split("/");
        tell(to, { say: "down", frame: { ...frame, id: Number(id) } as DownFrame });
        return;
      }
      // Present in `connected`, and in the reply to the leader's own `refresh`.
      const { expires_in } = frame as Partial<ConnectedFrame>;
      if (expires_in) endsAt = now() + expires_in * 1_000;
      if (frame.type === "connected") {
        connected = frame;
        connectedAt = now();
        news.push(frame);
      } else if (frame.type === "disconnect")
        tell(ALL, { say: "lost", close: frame.code, reason: frame.reason });
      // All tabs get the steps, and the end of a subscription; an answer with an id is the leader's own.
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
  // The hub limits the frames of all tabs together.
  const pace = createThrottle(offer.environment, (text) => line.send(text));

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
    onMessage(word) {
      const { from } = word;
      if (word.say === "hello" && connected) {
        // Brought up to date: a tab that begins later needs the hub's present time and the rest of the token's.
        const time = new Date(Date.parse(connected.time as string) + now() - connectedAt);
        // `toJSON` returns null if an older hub sent no time.
        const frame = { ...connected, time: time.toJSON(), expires_in: secondsLeft() };
        tell(from, { say: "down", frame });
      } else if (word.say === "leave")
        // The id `/` sends the answer to no tab: by then the leader may have subscribed again itself.
        for (const topic of wanted.keys())
          send(from, JSON.stringify({ type: "unsubscribe", id: "/", topic }));
      else if (word.say === "up") {
        const { text, at } = word;
        // This tab has hung. The sender may have opened a line of its own and sent the frame on it; if not, it
        // reconnects.
        if (now() - at >= ANSWER_MS) tell(from, { say: "lost", close: 0 });
        else if (text === "ping") tell(from, { say: "down", frame: { type: "pong" } });
        // Only the leader's token is on the line. Another tab's refresh shows that its user is still signed in.
        else if (text.startsWith('{"type":"refresh"'))
          tell(from, { say: "down", frame: { type: "reply", id: 0, expires_in: secondsLeft() } });
        // The first `"id":` is the frame's own: a quote in the type before it would be escaped.
        else send(from, text.replace(/"id":(\d+)/, `"id":"${from}/$1"`));
      }
    },
  };
}
