// What shows notifications: the tabs, the list and the toasts. The view has it from when somebody is
// about to look (later.ts), and it brings its own styles.
// A page that is open while a hub is deployed has the element of before and gets this of after: what
// createListing takes and gives changes only together with the file's name (code-of-hub.ts).

import type { InboxMessage, InboxSnapshot } from "../client/inbox.ts";
import { createFeed } from "./feed.ts";
import { addStyles } from "./listing-styles.ts";
import { ALL, createTabs, ofCategory, UNREAD } from "./tabs.ts";
import { createTimes } from "./times.ts";
import { createToasts, type Toasts } from "./toasts.ts";
import type { Ui } from "./ui.ts";
import { isVisible } from "./visible.ts";

const TICK_MS = 30_000;

/** The parts of the view that it fills. */
export interface Frame {
  readonly panel: HTMLElement;
  /** What the tabs stand above. */
  readonly banner: HTMLElement;
  readonly main: HTMLElement;
  /** Says where the focus goes when it was in the last toast. */
  leaveToasts(): void;
  /** Shows the last snapshot again. */
  render(): void;
}

export interface Listing {
  readonly toasts: Toasts;
  /** What there is to see: the snapshot's, or that of the tab. */
  show(snapshot: InboxSnapshot): { isEmpty: boolean; isFiltered: boolean };
  focus(): void;
  /** Just before the panel is opened or closed. */
  toggle(isOpening: boolean): void;
}

export function createListing(ui: Ui, frame: Frame): Listing {
  const { labels, host } = ui;
  const { panel, main } = frame;
  /** What the tab of the unread has shown stays until another tab is chosen: nothing slips away. */
  let kept = new Set<number | null>();
  const occurred = new Set<string>();

  const tabs = createTabs(labels, () => {
    kept = new Set();
    feed.node.scrollTop = 0;
    frame.render();
  });
  const feed = createFeed(ui, createTimes(ui.locale, ui.now), () => panel.focus());
  const toasts = createToasts(ui, frame.leaveToasts);

  function isListed({ category, read_at, offset }: InboxMessage): boolean {
    if (tabs.filter !== UNREAD) return tabs.filter === ALL || tabs.filter === ofCategory(category);
    if (!read_at) kept.add(offset);
    return kept.has(offset);
  }

  function tick() {
    feed.tick();
    if (!ui.signal.aborted) setTimeout(tick, TICK_MS);
  }
  tick();

  addStyles(host.shadowRoot as ShadowRoot);
  frame.banner.before(tabs.node);
  main.prepend(feed.pill);
  main.append(feed.node);
  panel.after(toasts.node);

  return {
    toasts,
    show({ notifications, hasMore, counts }) {
      const named = host.getAttribute("categories")?.split(",");
      // The others are data for the app (docs/protocol.md): no person is meant to see them.
      const meant = notifications.filter(({ notification }) => notification);
      // One that has occurred stays, and others come after it: nothing jumps.
      for (const category of meant.flatMap(({ category }) => category ?? []).sort())
        if (isVisible(category)) occurred.add(category);
      tabs.show(named?.flatMap((name) => name.trim() || []) ?? occurred);
      const listed = meant.filter(isListed);
      const isFiltered = tabs.filter !== ALL;
      const isEmpty = !listed[0] && !hasMore;
      feed.node.hidden = isEmpty;
      // The total is of all messages: it is the list's only where the list has left out none.
      const isWhole = listed.length === notifications.length && !isFiltered;
      feed.show(listed, hasMore, isWhole ? Math.max(counts.total, listed.length) : -1);
      feed.tick();
      return { isEmpty, isFiltered };
    },
    focus: feed.focus,
    toggle(isOpening) {
      // It begins at the top when it is opened again: what is new is there.
      if (!isOpening) feed.node.scrollTop = 0;
      else {
        kept = new Set();
        toasts.clear();
      }
    },
  };
}
