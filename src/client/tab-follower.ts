// A tab that does not lead: it uses the leader's line like its own.

import type { ConnectedFrame, DownFrame } from "../protocol/down.ts";
import { LEADER, type Post, type TabPort } from "./tab-messages.ts";
import type { LineEvents, Offer } from "./transport.ts";

export function follow(offer: Offer, events: LineEvents, tell: Post): TabPort {
  const { url, token, since, environment } = offer;
  let connection: string | undefined;
  /** The frames that the leader relays before this tab has begun; null from then on. */
  let early: DownFrame[] | null = [];

  /** Begins on the leader's connection, which is older than this tab: fetches what is missing. */
  async function begin(connected: ConnectedFrame): Promise<void> {
    if (since === "latest") events.frame(connected);
    else {
      const query = since ? `since=${since}` : "limit=50";
      const response = await fetch(`${url}/v1/users/me/notifications?${query}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      if (response.status === 401) return events.lost(4500, "");
      const { notifications, cursor, recovered = true, ...rest } = await response.json();
      const [epoch, to] = cursor.split(":");
      const at = { ...rest, epoch, to: Number(to), offset: Number(to) };
      events.frame({ ...connected, ...at, recovered });
      events.frame({
        ...at,
        type: "messages",
        // A list is newest first; the messages after a cursor are in the order of the log.
        messages: since ? notifications : notifications.reverse(),
        ...(since && recovered
          ? { since: Number(since.split(":")[1]) }
          : { since: null, snapshot: true }),
      });
    }
    for (const frame of early ?? []) events.frame(frame);
    early = null;
  }

  /**
   * Takes the leader's `connected`. The same one comes twice if it crosses the `hello`; a different one
   * comes from another leader.
   */
  function met(connected: ConnectedFrame) {
    if (connection === undefined) begin(connected).catch(() => events.lost(1006, ""));
    else if (connection !== connected.connection) events.reopen();
    connection = connected.connection;
  }

  tell(LEADER, { say: "hello" });
  return {
    isBegun: () => !early,
    send: (text) => tell(LEADER, { say: "up", text, at: environment.now() }),
    close: () => undefined,
    onMessage(word) {
      if (word.say === "lost") {
        // The leader reconnects after these codes: begin again and wait for it.
        if (word.close < 4500) events.reopen();
        else events.lost(word.close, word.reason as string);
      } else if (word.say === "down") {
        const { frame } = word;
        if (frame.type === "connected") met(frame);
        else if (early) early.push(frame);
        else events.frame(frame);
      }
    },
  };
}
