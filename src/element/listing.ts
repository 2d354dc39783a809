// The tabs, the list and the toasts. The view loads this module when somebody is about to look
// (later.ts), with its own styles. A page that is open while a hub is deployed combines its old element
// with this new module: the parameters and results of createListing change only together with the file's
// name (code-of-hub.ts).

import type { InboxMessage, InboxSnapshot } from "../client/inbox.ts";
import { createFeed } from "./feed.ts";
import { addStyles } from "./listing-styles.ts";
import { ALL, createTabs, ofCategory, UNREAD } from "./tabs.ts";
import { createTimes } from "./times.ts";
import { createToasts, type Toasts } from "./toasts.ts";
import type { Ui } from "./ui.ts";
import { isVisible } from "./visible.ts";

const TICK_MS = 30_000;

/** The parts of the view that the listing fills. */
export interface Frame {
  readonly panel: HTMLElement;
  /** The tabs are placed above it. */
  readonly banner: HTMLElement;
  readonly main: HTMLElement;
  /** Moves the focus elsewhere after the last toast, which had it, was removed. */
  leaveToasts(): void;
  /** Shows the last snapshot again. */
  render(): void;
}

export interface Listing {
  readonly toasts: Toasts;
  /** Shows a snapshot, narrowed to the chosen tab; `isFiltered` unless that tab is "all". */
  show(snapshot: InboxSnapshot): { isEmpty: boolean; isFiltered: boolean };
  focus(): void;
  /** Called just before the panel is opened or closed. */
  toggle(isOpening: boolean): void;
}

export function createListing(ui: Ui, frame: Frame): Listing {
  const { labels, host } = ui;
  const { panel, main } = frame;
  /**
   * Messages shown in the unread tab stay there until another tab is chosen or the panel is opened
   * again, so that no message disappears when it is read.
   */
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
      // Messages without `notification` are data for the app (docs/protocol.md), not meant for people.
      const meant = notifications.filter(({ notification }) => notification);
      // A category that has occurred keeps its tab, and new ones are added behind it: no tab moves.
      for (const category of meant.flatMap(({ category }) => category ?? []).sort())
        if (isVisible(category)) occurred.add(category);
      tabs.show(named?.flatMap((name) => name.trim() || []) ?? occurred);
      const listed = meant.filter(isListed);
      const isFiltered = tabs.filter !== ALL;
      const isEmpty = !listed[0] && !hasMore;
      feed.node.hidden = isEmpty;
      // `counts.total` counts all messages, so it is the size of this list only if the list omits none.
      const isWhole = listed.length === notifications.length && !isFiltered;
      feed.show(listed, hasMore, isWhole ? Math.max(counts.total, listed.length) : -1);
      feed.tick();
      return { isEmpty, isFiltered };
    },
    focus: feed.focus,
    toggle(isOpening) {
      // The next opening starts at the top, where new notifications are.
      if (!isOpening) feed.node.scrollTop = 0;
      else {
        kept = new Set();
        toasts.clear();
      }
    },
  };
}
