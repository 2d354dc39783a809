// Says what has arrived to those who do not see it: politely, and never more than once in a while.

import { h } from "./dom.ts";
import type { Labels } from "./labels.ts";

/** What comes within this time is said as one. */
const GATHER_MS = 1_000;
/** From one announcement to the next. */
const QUIET_MS = 5_000;

export interface Announcer {
  readonly node: HTMLElement;
  arrived(title: string): void;
  stop(): void;
}

export function createAnnouncer({ arrived }: Labels): Announcer {
  const node = h("div", "hidden", { role: "status" });
  let titles: string[] = [];
  let timer = 0;

  function say() {
    timer = 0;
    if (titles.length === 0) return;
    node.textContent = arrived(titles.length, titles[0] as string);
    titles = [];
    // What comes until then waits for it.
    timer = setTimeout(say, QUIET_MS);
  }

  return {
    node,
    arrived(title) {
      titles.push(title);
      timer ||= setTimeout(say, GATHER_MS);
    },
    stop: () => clearTimeout(timer),
  };
}
