// All that is seen of one inbox, put together; shows a snapshot whenever there is another.

import type { InboxMessage, InboxSnapshot } from "../client/inbox.ts";
import type { Status } from "../client/index.ts";
import { createBell } from "./bell.ts";
import { button, CLOSE, h, set, tool } from "./dom.ts";
import { createFeed } from "./feed.ts";
import { createNotice } from "./notice.ts";
import { createPanel, isOpen, makePopover } from "./panel.ts";
import { watchSight } from "./sight.ts";
import { createSnackbar, type Snackbar } from "./snackbar.ts";
import { ALL, createTabs, ofCategory, UNREAD } from "./tabs.ts";
import { createToasts, type Toasts } from "./toasts.ts";
import type { Ui } from "./ui.ts";
import { isVisible } from "./visible.ts";

const TICK_MS = 30_000;

export interface View {
  readonly nodes: readonly HTMLElement[];
  readonly panel: HTMLElement;
  readonly snackbar: Snackbar;
  readonly toasts: Toasts;
  isOpen(): boolean;
  /** Whether the list is in sight of a person. */
  isInSight(): boolean;
  show(snapshot: InboxSnapshot, status: Status | undefined): void;
}

export function createView(
  ui: Ui,
  style: CSSStyleDeclaration,
  retry: () => void,
  toggled: (isOpen: boolean) => void,
  /** The list may have come into sight, or left it. */
  sighted: () => void,
): View {
  const { labels, host } = ui;
  const isInline = host.hasAttribute("inline");
  let snapshot: InboxSnapshot | undefined;
  /** What the tab of the unread has shown stays until another tab is chosen: nothing slips away. */
  let kept = new Set<number | null>();
  const occurred = new Set<string>();

  const bell = createBell();
  const tabs = createTabs(labels, () => {
    kept = new Set();
    feed.node.scrollTop = 0;
    render();
  });
  const notice = createNotice(labels, () => {
    // The button is gone once it has worked.
    panel.focus();
    retry();
  });
  const feed = createFeed(ui, () => panel.focus());
  const snackbar = createSnackbar(feed.focus);
  const toasts = createToasts(ui, () => (isInline ? panel : bell.node).focus());
  const markAll = button("mark-all", labels.markAllRead, () =>
    ui.act((inbox) => inbox.markAllRead()),
  );
  // Seen on a phone, where the panel covers what could be pressed instead.
  const close = tool(CLOSE, labels.close, () => panel.hidePopover());

  const heading = h("slot", "", { name: "header" }, h("h2", "title", {}, labels.title));
  const list = { role: "tabpanel", id: "list", "aria-label": labels.title };
  const main = h("div", "main", list, feed.pill, notice.body, feed.node);
  const panel = createPanel(
    labels.title,
    isInline,
    h("div", "header", {}, heading, markAll, isInline ? null : close),
    tabs.node,
    notice.banner,
    main,
    snackbar.node,
  );
  panel.addEventListener("keydown", ({ key, target }) => {
    if (key === "ArrowDown" && target === panel) feed.focus();
  });
  const popoverToggled = (is: boolean, isBefore: boolean) => {
    if (!isBefore) {
      if (!is) snackbar.hide();
      toggled(is);
    } else if (is) {
      kept = new Set();
      toasts.clear();
      render(true);
      // It begins at the top when it is opened again: what is new is there.
    } else feed.node.scrollTop = 0;
  };
  if (!isInline) makePopover(panel, bell.node, style, popoverToggled, ui.signal);

  /** What is not seen is not built: a closed inbox costs a badge. */
  function render(isOpening = false) {
    if (!snapshot || !(isOpening || isOpen(panel))) return;
    const { notifications, isLoaded, hasMore, counts } = snapshot;
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
    notice.show(isLoaded, isEmpty, isFiltered);
    feed.node.hidden = isEmpty;
    // The total is of all messages: it is the list's only where the list has left out none.
    const isWhole = listed.length === notifications.length && !isFiltered;
    feed.show(listed, hasMore, isWhole ? Math.max(counts.total, listed.length) : -1);
    feed.tick();
    // Not disabled, which would take the focus from who has just pressed it.
    set(markAll, "aria-disabled", !counts.unread && "true");
  }

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

  return {
    nodes: [...(isInline ? [] : [bell.node]), panel, toasts.node],
    panel,
    snackbar,
    toasts,
    isOpen: () => isOpen(panel),
    isInSight: watchSight(main, sighted),
    show(next, status) {
      snapshot = next;
      toasts.update(next.notifications);
      notice.connection(status, next.isLoaded);
      const kind = host.getAttribute("badge") === "unseen" ? "unseen" : "unread";
      const count = next.counts[kind];
      bell.show(labels.bell(count, kind), count ? labels.badge(count) : "", isOpen(panel));
      render();
    },
  };
}
