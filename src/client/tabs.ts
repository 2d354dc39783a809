// belfry/tabs: one connection for all tabs of a user. The tab that holds a lock leads: it has the line,
// and relays for the others. Each tab has its own cursors, and takes of what is relayed what is new to
// it. Without Web Locks each tab has its own line, and nothing is relayed. So has a tab whose leader
// hangs, until that line is lost.

import { type Cancel, randomId } from "./environment.ts";
import { follow } from "./tab-follower.ts";
import { lead } from "./tab-leader.ts";
import { ALL, ANSWER_MS, LEADER, type Station, type Tell, type Word } from "./tab-words.ts";
import { userOf } from "./token.ts";
import type { Line, LineEvents, Offer, Transport } from "./transport.ts";
import { websocket } from "./websocket.ts";

const LAST_WORDS_MS = 50;

/** The tabs of one user at one hub, as one of them sees them. */
interface Group {
  readonly name: string;
  open(offer: Offer, events: LineEvents): Line;
  /** A lock that is held in the back-forward cache is held from everyone, so it is given up before. */
  leave(): void;
}

/** `createClient({ url, token, transports: [sharedTabs()] })`, around another transport if given. */
export function sharedTabs(inner: Transport = websocket()): Transport {
  // What has them has BroadcastChannel, too.
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
      // Tabs in which different people are signed in share nothing, nor do tabs of a release with other
      // words.
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
  /** The lock is this tab's; it leads as soon as it has opened the line. */
  let isElected = false;
  let isLeading = false;
  let begin: (() => void) | undefined;
  let station: Station | undefined;
  let unlock: () => void = () => waiting.abort();
  /** The leader has answered: it does not hang. */
  let answered: Cancel = () => undefined;
  let hasLeft = false;
  // A line that it led may outlive the group, where another client was given the same transport.
  const tell: Tell = (to, saying) => hasLeft || channel.postMessage({ ...saying, to, from: tab });

  channel.onmessage = ({ data }: MessageEvent<Word>) => {
    if (isElected && data.say === "hello") tell(data.from, { say: "here" });
    if (data.to !== tab && data.to !== (isLeading ? LEADER : ALL)) return;
    answered();
    station?.hear(data);
  };
  const held = () =>
    new Promise<void>((resolve) => {
      unlock = resolve;
      isElected = true;
      begin?.();
    });
  // Refused when this tab leaves before its turn has come.
  navigator.locks.request(name, { signal: waiting.signal }, held).catch(() => undefined);

  return {
    name,
    open(offer, events) {
      let isAlone = false;
      begin = () => {
        answered();
        // The last words of the tab that led, such as that all are to end, may come after its lock.
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
          // Until the next is opened, this tab neither answers for the hub nor takes its turn to lead.
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
