// Says what has arrived to those who do not see it: politely, and never more than once in a while.

import { h } from "./dom.ts";

/** What comes within this time is said as one. */
const GATHER_MS = 1_000;
/** From one announcement to the next. */
const QUIET_MS = 5_000;

export interface Announcer {
  readonly node: HTMLElement;
  arrived(title: string): void;
}

export function createAnnouncer(words: (count: number, title: string) => string): Announcer {
  const node = h("div", "hidden", { role: "status" });
  let titles: string[] = [];
  let isWaiting = false;

  function say() {
    isWaiting = titles.length > 0;
    if (!isWaiting) return;
    node.textContent = words(titles.length, titles[0] as string);
    titles = [];
    // What comes until then waits for it.
    setTimeout(say, QUIET_MS);
  }

  return {
    node,
    arrived(title) {
      titles.push(title);
      if (!isWaiting) setTimeout(say, GATHER_MS);
      isWaiting = true;
    },
  };
}
