// Announces new notifications to screen readers: politely, and with a pause between announcements.

import { h } from "./dom.ts";

/** Notifications that arrive within this time are announced together. */
const GATHER_MS = 1_000;
/** The shortest time between two announcements. */
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
    // Titles that arrive before then wait for the next announcement.
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
