// The list of notifications. New or removed rows move neither the focus nor the rows in view.

import type { InboxMessage } from "../client/inbox.ts";
import { showDays } from "./days.ts";
import { activeBeside, button, h, set, setText } from "./dom.ts";
import { createRow, type Row } from "./row.ts";
import type { Times } from "./times.ts";
import type { Ui } from "./ui.ts";

/** The next page is loaded once the end of the list is this near to the visible part. */
const LOAD_AHEAD = "400px";
/** A scroll position below this counts as the top. */
const TOP_PX = 4;

export interface Feed {
  readonly node: HTMLElement;
  /** The button that scrolls up to new notifications; the caller places it before the list. */
  readonly pill: HTMLElement;
  /** `total` includes the messages that are not loaded yet; it is -1 when unknown. */
  show(messages: readonly InboxMessage[], hasMore: boolean, total: number): void;
  /** Focuses the row that last had the focus, at first the top one; without rows, calls `leave`. */
  focus(): void;
  /** Updates the ages and the day headings. */
  tick(): void;
}

/** `leave` moves the focus elsewhere when the last row is gone. */
export function createFeed(ui: Ui, times: Times, leave: () => void): Feed {
  const { labels } = ui;
  /** The rows by their content, from the newest to the oldest, as they are shown. */
  let rows = new Map<string, Row>();
  let current: Row | undefined;
  /** The offset of the newest message when the top was last in view. */
  let newest = Infinity;
  let shown: readonly InboxMessage[] = [];
  let isLoading = false;
  let hasOlder = false;

  const list = h("div", "list", { role: "feed", "aria-label": labels.title, keydown, focusin });
  const more = button("more", labels.loadMore, load);
  const pill = button("pill", "", toTop);
  const node = h("div", "scroller", { scroll: showPill }, list, more);
  const observer = new IntersectionObserver(
    (entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) load();
    },
    { root: node, rootMargin: LOAD_AHEAD },
  );
  observer.observe(more);

  const all = () => [...rows.values()];
  const holds = (target: EventTarget | null) => (row: Row) => row.node.contains(target as Node);

  async function load() {
    if (isLoading || !hasOlder) return;
    setLoading(true);
    const from = rows.size;
    const before = shown;
    await ui.act((inbox) => inbox.loadMore());
    setLoading(false);
    // The loaded messages may all belong to other tabs, and the end may still be in view: observe it
    // again.
    if (shown !== before) {
      observer.disconnect();
      observer.observe(more);
    }
    // The pressed button disappears: focus the first row that it has loaded.
    if (!hasOlder && activeBeside(node) === more) focusRow(all()[from]);
    more.hidden = !hasOlder;
  }

  function setLoading(is: boolean) {
    isLoading = is;
    setText(more, is ? labels.loading : labels.loadMore);
    set(list, "aria-busy", is || null);
  }

  function setCurrent(row: Row | undefined) {
    current?.setCurrent(false);
    current = row;
    row?.setCurrent(true);
  }

  function focusRow(row: Row | undefined) {
    if (row) row.node.focus();
    else leave();
  }

  function focusin({ target }: FocusEvent) {
    setCurrent(all().find(holds(target)));
  }

  function keydown(event: KeyboardEvent) {
    const at = all().findIndex(holds(event.target));
    const last = rows.size - 1;
    const to = { ArrowDown: at + 1, ArrowUp: Math.max(0, at - 1), Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    (all()[to]?.node ?? more).focus();
  }

  function toTop() {
    node.scrollTop = 0;
  }

  function showPill() {
    if (node.scrollTop < TOP_PX) newest = shown[0]?.offset ?? 0;
    const count = shown.filter(({ offset }) => (offset as number) > newest).length;
    if (count) setText(pill, labels.arrivedAbove(count));
    // The top is reached, by the button or by scrolling: the focus goes from the button to the first
    // row.
    else if (activeBeside(node) === pill) focusRow(all()[0]);
    pill.hidden = !count;
  }

  /** Returns the rows in view, each with its box in the window. */
  function inView() {
    const { top, bottom } = node.getBoundingClientRect();
    return all()
      .map((row) => ({ row, box: row.node.getBoundingClientRect() }))
      .filter(({ box }) => box.bottom > top && box.top < bottom);
  }

  /** Shows one row per message, in order. Never moves a node, which would take its focus. */
  function patch(size: number) {
    const next = new Map(
      shown.map((message) => {
        const { offset, id, time, category, notification } = message;
        // An app's own inbox may have changed the content of a message, which then needs a new row.
        const key = JSON.stringify([offset, id, time, category, notification]);
        return [key, rows.get(key) ?? createRow(message, ui, times)];
      }),
    );
    for (const [key, row] of rows) if (!next.has(key)) row.node.remove();
    let place = list.firstChild;
    let position = 0;
    for (const row of next.values()) {
      row.show(shown[position++] as InboxMessage, position, size);
      if (row.node === place) place = place.nextSibling;
      else {
        row.tick();
        row.setCurrent(false);
        list.insertBefore(row.node, place);
      }
    }
    rows = next;
    showDays(all(), times);
  }

  return {
    node,
    pill,
    show(messages, hasMore, total) {
      const before = all();
      const at = before.findIndex(holds(activeBeside(node)));
      // At the very top the newest row stays in view, unless the focus or the pointer is in the list.
      const isHeld = node.scrollTop >= TOP_PX || at >= 0 || list.matches(":hover");
      const anchors = isHeld ? inView() : [];
      shown = messages;
      hasOlder = hasMore;
      patch(hasMore ? total : messages.length);
      more.hidden = !hasMore && activeBeside(node) !== more;
      const isThere = (row: Row) => row.node.isConnected;
      const anchor = anchors.find(({ row }) => isThere(row));
      if (anchor) node.scrollTop += anchor.row.node.getBoundingClientRect().top - anchor.box.top;
      // Focus the next row that is still there, else the one before.
      if (before[at] && !isThere(before[at]))
        focusRow([...before.slice(at), ...before.slice(0, at).reverse()].find(isThere));
      if (!current || !isThere(current)) setCurrent(all()[0]);
      showPill();
    },
    focus: () => focusRow(current),
    tick() {
      for (const row of rows.values()) row.tick();
      showDays(all(), times);
    },
  };
}
