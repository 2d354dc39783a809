// All that is seen of one inbox, put together; shows a snapshot whenever there is another.

import type { Counts, InboxMessage, InboxSnapshot, LogMessage } from "../client/inbox.ts";
import type { Status } from "../client/index.ts";
import { createAnnouncer } from "./announcer.ts";
import { createBell } from "./bell.ts";
import { type Choose, titleOf } from "./content.ts";
import { CHECKS, h, set, tool } from "./dom.ts";
import { createFeed, type FeedActs } from "./feed.ts";
import type { Labels } from "./labels.ts";
import { createNotice } from "./notice.ts";
import { createInlinePanel, createPopover, type PanelActs, type Place } from "./panel.ts";
import { createSnackbar, type Snackbar } from "./snackbar.ts";
import { createTabs, type Filter } from "./tabs.ts";
import type { Times } from "./times.ts";
import { createToasts } from "./toasts.ts";

const TICK_MS = 30_000;
const NOTHING: InboxSnapshot = {
  isLoaded: false,
  notifications: [],
  counts: { unread: 0, unseen: 0, total: 0 },
  hasMore: false,
};

export interface ViewOptions {
  isInline: boolean;
  labels: Labels;
  times: Times;
  now(): number;
  place: Place;
}

export interface ViewActs extends FeedActs, PanelActs {
  markAllRead(): void;
  retry(): void;
}

export interface Shown {
  snapshot: InboxSnapshot;
  status: Status | null;
  /** Null takes the categories that occur. */
  categories: readonly string[] | null;
  badge: keyof Counts;
}

export interface View {
  readonly nodes: readonly HTMLElement[];
  readonly isOpen: boolean;
  readonly snackbar: Snackbar;
  open(): void;
  close(): void;
  show(shown: Shown): void;
  toast(message: LogMessage, choose: Choose): void;
  announce(message: LogMessage): void;
  stop(): void;
}

export function createView(options: ViewOptions, acts: ViewActs): View {
  const { isInline, labels, times, now, place } = options;
  let last: Shown = { snapshot: NOTHING, status: null, categories: [], badge: "unread" };
  let timer = 0;
  /** What the tab of the unread has shown stays until another tab is chosen: nothing slips away. */
  let kept = new Set<number | null>();

  const bell = createBell(labels);
  const tabs = createTabs(labels, "list", () => {
    kept = new Set();
    feed.reset();
    render();
  });
  const notice = createNotice(labels, acts.retry);
  const snackbar = createSnackbar(() => feed.focus() || panel.node.focus());
  const announcer = createAnnouncer(labels);
  const toasts = createToasts(labels, () => (isInline ? panel : bell).node.focus());
  const feed = createFeed(labels, times, now, acts, () => panel.node);
  const markAll = tool("tool", CHECKS, labels.markAllRead, () => {
    if (last.snapshot.counts.unread) acts.markAllRead();
  });

  const children = [
    h(
      "div",
      "header",
      {},
      h("slot", "", { name: "header" }, h("h2", "title", {}, labels.title)),
      markAll,
    ),
    tabs.node,
    notice.banner,
    h(
      "div",
      "main",
      { role: "tabpanel", id: "list", "aria-label": labels.title },
      notice.body,
      feed.node,
    ),
    snackbar.node,
  ];
  const panel = isInline
    ? createInlinePanel(labels, ...children)
    : createPopover(bell.node, place, labels, { ...acts, opening, closed }, ...children);
  panel.node.addEventListener("keydown", ({ key, target }) => {
    if (key === "ArrowDown" && target === panel.node) feed.focus();
  });

  function opening() {
    acts.opening();
    kept = new Set();
    toasts.clear();
    render();
  }

  function closed() {
    snackbar.hide();
    feed.reset();
    acts.closed();
  }

  /** What is not seen is not built: a closed inbox costs a badge. */
  function render() {
    const { snapshot, status, categories } = last;
    const { notifications, isLoaded, hasMore, counts } = snapshot;
    const occurring = () => notifications.flatMap(({ category }) => category ?? []);
    tabs.show(categories ?? [...new Set(occurring())].sort());
    const { filter } = tabs;
    const listed = notifications.filter((message) => isListed(message, filter));
    notice.show({ status, isLoaded, isEmpty: listed.length === 0, isFiltered: filter !== "" });
    feed.node.hidden = !isLoaded || (listed.length === 0 && !hasMore);
    feed.show(listed, hasMore, filter ? -1 : Math.max(counts.total, listed.length));
    feed.tick(now());
    // Not disabled, which would take the focus from who has just pressed it.
    set(markAll, "aria-disabled", counts.unread ? null : "true");
  }

  function isListed({ category, read_at, offset }: InboxMessage, filter: Filter): boolean {
    if (filter === "") return true;
    if (filter !== "unread") return filter === `category:${category}`;
    if (read_at === null) kept.add(offset);
    return kept.has(offset);
  }

  function tick() {
    timer = setTimeout(() => {
      if (panel.isOpen) feed.tick(now());
      tick();
    }, TICK_MS);
  }

  tick();
  bell.show(0, last.badge);
  return {
    nodes: [...(isInline ? [] : [bell.node]), panel.node, toasts.node, announcer.node],
    get isOpen() {
      return panel.isOpen;
    },
    snackbar,
    open: panel.show,
    close: panel.hide,
    show(shown) {
      last = shown;
      bell.show(shown.snapshot.counts[shown.badge], shown.badge);
      if (panel.isOpen) render();
    },
    toast: toasts.show,
    announce: (message) => announcer.arrived(titleOf(message, labels)),
    stop() {
      clearTimeout(timer);
      announcer.stop();
      snackbar.hide();
      toasts.clear();
      feed.stop();
      panel.stop();
    },
  };
}
