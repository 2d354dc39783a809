// belfry/tabs: one connection for all tabs of a user. The tab that holds a lock leads: it has the line and relays
// the frames. Each tab has its own cursors, and takes the relayed messages that are new to it. Without Web Locks
// each tab has its own line. So has a tab with a leader that hangs, until that line is lost.

import { type Cancel, randomId } from "./environment.ts";
import { follow } from "./tab-follower.ts";
import { lead } from "./tab-leader.ts";
import {
  ALL,
  ANSWER_MS,
  LEADER,
  type Post,
  type TabEnvelope,
  type TabPort,
} from "./tab-messages.ts";
import { userOf } from "./token.ts";
import type { Line, LineEvents, Offer, Transport } from "./transport.ts";
import { websocket } from "./websocket.ts";

const LAST_WORDS_MS = 50;

/** The tabs of one user at one hub, seen from one of them. */
interface Group {
  readonly name: string;
  open(offer: Offer, events: LineEvents): Line;
  /** Releases the lock: a page in the back-forward cache would keep it from all other tabs. */
  leave(): void;
}

/**
 * Returns a transport that shares a line of `inner` between all tabs of a user:
 * `createClient({ url, token, transports: [sharedTabs()] })`.
 */
export function sharedTabs(inner: Transport = websocket()): Transport {
  // A browser with Web Locks has BroadcastChannel, too.
  if (!globalThis.navigator?.locks) return inner;
  let group: Group | undefined;
  const leave = () => {
    group?.leave();
    group = undefined;
  };
  return {
    name: "tabs",
    topicsMax: 0,
    open(offer, events) {
      // Tabs of different users share nothing, nor do tabs of a release with other messages.
      const name = `belfry2 ${offer.url} ${userOf(offer.token)}`;
      if (group?.name !== name) leave();
      group ??= join(name, randomId(offer.environment), inner);
      return group.open(offer, events);
    },
    leave,
  };
}

function join(name: string, tab: string, inner: Transport): Group {
  const channel = new BroadcastChannel(name);
  const waiting = new AbortController();
  /** This tab has the lock; it leads as soon as it has opened the line. */
  let isElected = false;
  let isLeading = false;
  let begin: (() => void) | undefined;
  let station: TabPort | undefined;
  let unlock: () => void = () => waiting.abort();
  /** Called when the leader answers: cancels the timer that would find it hung. */
  let answered: Cancel = () => undefined;
  let hasLeft = false;
  // A line that this tab led may outlive the group, if another client uses the same transport.
  const tell: Post = (to, saying) => hasLeft || channel.postMessage({ ...saying, to, from: tab });

  channel.onmessage = ({ data }: MessageEvent<TabEnvelope>) => {
    if (isElected && data.say === "hello") tell(data.from, { say: "here" });
    if (data.to !== tab && data.to !== (isLeading ? LEADER : ALL)) return;
    answered();
    station?.onMessage(data);
  };
  const held = () =>
    new Promise<void>((resolve) => {
      unlock = resolve;
      isElected = true;
      begin?.();
    });
  // Rejected if this tab leaves before it gets the lock.
  navigator.locks.request(name, { signal: waiting.signal }, held).catch(() => undefined);

  return {
    name,
    open(offer, events) {
      let isAlone = false;
      begin = () => {
        answered();
        // The former leader's last messages, such as a final close, may come after its lock.
        if (isAlone || station?.isBegun?.()) offer.environment.after(LAST_WORDS_MS, events.reopen);
        else {
          isLeading = true;
          station = lead(inner, offer, events, tell);
        }
      };
      if (isElected) begin();
      else {
        answered = offer.environment.after(ANSWER_MS, () => {
          isAlone = true;
          station = lead(inner, offer, events, () => undefined);
        });
        station = follow(offer, events, tell);
      }
      return {
        send: (text) => station?.send(text),
        close() {
          answered();
          station?.close();
          // Until the next line is opened, this tab neither handles messages nor begins to lead.
          begin = station = undefined;
        },
      };
    },
    leave() {
      tell(LEADER, { say: "leave" });
      hasLeft = true;
      channel.close();
      unlock();
    },
  };
}
