// The list. What arrives or leaves moves neither the focus nor what a person is looking at.

import type { InboxMessage } from "../client/inbox.ts";
import { showDays } from "./days.ts";
import { activeBeside, button, h, set, setText } from "./dom.ts";
import { createRow, type Row } from "./row.ts";
import type { Times } from "./times.ts";
import type { Ui } from "./ui.ts";

/** How far below the edge the next page is loaded ahead. */
const LOAD_AHEAD = "400px";
/** So near to the top counts as there. */
const TOP_PX = 4;

export interface Feed {
  readonly node: HTMLElement;
  /** Leads up to what has arrived; above the list, so that it covers nothing of it. */
  readonly pill: HTMLElement;
  /** `total` is how many there are with those that are not loaded, -1 when nobody knows. */
  show(messages: readonly InboxMessage[], hasMore: boolean, total: number): void;
  /** Focuses the row where the arrows were last, else what is around the list. */
  focus(): void;
  /** Says of each how long ago it was. */
  tick(): void;
}

/** `leave` says where the focus goes when the last row has gone. */
export function createFeed(ui: Ui, times: Times, leave: () => void): Feed {
  const { labels } = ui;
  /** From the newest to the oldest, as they are shown. */
  let rows = new Map<string, Row>();
  let current: Row | undefined;
  /** The newest that was there when the top was last in view. */
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
    // What was loaded may be of other tabs: it is looked again whether the end is in view.
    if (shown !== before) {
      observer.disconnect();
      observer.observe(more);
    }
    // The button that was pressed goes: on with what it has brought.
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
    // The button goes where it has led, and where somebody has scrolled up without it.
    else if (activeBeside(node) === pill) focusRow(all()[0]);
    pill.hidden = !count;
  }

  /** The rows in view, each with how far it is from the top of the window. */
  function inView() {
    const { top, bottom } = node.getBoundingClientRect();
    return all()
      .map((row) => ({ row, box: row.node.getBoundingClientRect() }))
      .filter(({ box }) => box.bottom > top && box.top < bottom);
  }

  /** Gives each message its row, in order, and never moves a node: that would take its focus. */
  function patch(size: number) {
    const next = new Map(
      shown.map((message) => {
        const { offset, id, time, category, notification } = message;
        // An inbox of the app's own may say something else of the same message by now.
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
      // At the very top the newest is what one looks at, unless one is about to use another.
      const isHeld = node.scrollTop >= TOP_PX || at >= 0 || list.matches(":hover");
      const anchors = isHeld ? inView() : [];
      shown = messages;
      hasOlder = hasMore;
      patch(hasMore ? total : messages.length);
      more.hidden = !hasMore && activeBeside(node) !== more;
      const isThere = (row: Row) => row.node.isConnected;
      const anchor = anchors.find(({ row }) => isThere(row));
      if (anchor) node.scrollTop += anchor.row.node.getBoundingClientRect().top - anchor.box.top;
      // The next one that is still there, else the one before.
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
