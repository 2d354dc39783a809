// The list. What arrives or leaves moves neither the focus nor what a person is looking at.

import type { InboxMessage } from "../client/inbox.ts";
import { h, set, setText } from "./dom.ts";
import type { Labels } from "./labels.ts";
import { createRow, type Row, type RowActs } from "./row.ts";
import type { Times } from "./times.ts";

/** How far below the edge the next page is loaded ahead. */
const LOAD_AHEAD = "400px";
/** So near to the top counts as there. */
const TOP_PX = 4;

export interface FeedActs extends RowActs {
  loadMore(): Promise<void>;
}

export interface Feed {
  readonly node: HTMLElement;
  /** `total` is how many there are with those that are not loaded, -1 when nobody knows. */
  show(messages: readonly InboxMessage[], hasMore: boolean, total: number): void;
  /** Begins at the top again, for another list. */
  reset(): void;
  /** Shows how old each is by now. */
  tick(now: number): void;
  /** Focuses the row where the arrows were last; false if there is none. */
  focus(): boolean;
  stop(): void;
}

export function createFeed(
  labels: Labels,
  times: Times,
  now: () => number,
  acts: FeedActs,
  /** Where the focus goes when the last row has gone. */
  fallback: () => HTMLElement,
): Feed {
  /** From the newest to the oldest, as they are shown. */
  let rows = new Map<string, Row>();
  let current: Row | undefined;
  /** The newest that was there when the top was last in view. */
  let newest = Number.POSITIVE_INFINITY;
  let shown: readonly InboxMessage[] = [];
  let isLoading = false;
  let hasMore = false;

  const list = h("div", "list", { role: "feed", "aria-label": labels.title, keydown, focusin });
  const more = h("button", "more", { type: "button", click: load });
  const pill = h("button", "pill", { type: "button", hidden: true, click: toTop });
  const node = h("div", "scroller", { scroll: showPill }, pill, list, more);
  const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && load(), {
    root: node,
    rootMargin: LOAD_AHEAD,
  });
  observer.observe(more);

  const active = () => (node.getRootNode() as ShadowRoot).activeElement;
  const rowOf = (target: Node | null) =>
    [...rows.values()].find((row) => target !== null && row.node.contains(target));

  async function load() {
    if (isLoading || !hasMore) return;
    setLoading(true);
    const from = rows.size;
    await acts.loadMore();
    setLoading(false);
    // The button that was pressed has gone: on with what it has brought.
    if (!hasMore && active() === more) focusRow([...rows.values()][from]);
    more.hidden = !hasMore;
  }

  function setLoading(is: boolean) {
    isLoading = is;
    setText(more, is ? labels.loading : labels.loadMore);
    set(list, "aria-busy", is || null);
  }

  function setCurrent(row: Row | undefined) {
    if (row === current) return;
    current?.setCurrent(false);
    current = row;
    current?.setCurrent(true);
  }

  function focusRow(row: Row | undefined) {
    if (row) {
      setCurrent(row);
      row.node.focus();
    } else fallback().focus();
  }

  function focusin({ target }: FocusEvent) {
    setCurrent(rowOf(target as Node) ?? current);
  }

  function keydown(event: KeyboardEvent) {
    const all = [...rows.values()];
    const at = all.indexOf(rowOf(event.target as Node) as Row);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (all[to]) focusRow(all[to]);
    else if (to > 0 && hasMore) more.focus();
  }

  function toTop() {
    node.scrollTop = 0;
    focusRow([...rows.values()][0]);
    showPill();
  }

  function showPill() {
    if (node.scrollTop < TOP_PX) newest = shown[0]?.offset ?? 0;
    const count = shown.filter(({ offset }) => (offset as number) > newest).length;
    pill.hidden = count === 0;
    if (count) setText(pill, labels.arrivedAbove(count));
  }

  /** The rows in view, each with how far it is from the top of the window. */
  function inView(): [Row, number][] {
    const { top, bottom } = node.getBoundingClientRect();
    return [...rows.values()].flatMap((row) => {
      const box = row.node.getBoundingClientRect();
      return box.bottom > top && box.top < bottom ? [[row, box.top] as [Row, number]] : [];
    });
  }

  /** Gives each message its row, in order, and never moves a node: that would take its focus. */
  function patch(messages: readonly InboxMessage[], size: number) {
    const next = new Map<string, Row>();
    for (const message of messages) {
      const key = `${message.offset} ${message.id}`;
      next.set(key, rows.get(key) ?? createRow(message, labels, times, acts));
    }
    for (const [key, row] of rows) if (!next.has(key)) row.node.remove();
    let place = list.firstElementChild;
    let position = 0;
    for (const row of next.values()) {
      row.show(messages[position++] as InboxMessage, position, size);
      if (row.node === place) place = place.nextElementSibling;
      else {
        row.tick(now());
        row.setCurrent(false);
        list.insertBefore(row.node, place);
      }
    }
    rows = next;
  }

  setLoading(false);
  return {
    node,
    show(messages, isMore, total) {
      const before = [...rows.values()];
      const focused = rowOf(active());
      // At the very top the newest is what one looks at, unless one is about to use another.
      const isHeld = node.scrollTop >= TOP_PX || focused !== undefined || list.matches(":hover");
      const anchors = isHeld ? inView() : [];
      shown = messages;
      hasMore = isMore;
      patch(messages, hasMore ? total : messages.length);
      more.hidden = !hasMore && active() !== more;
      const anchor = anchors.find(([row]) => row.node.isConnected);
      if (anchor) node.scrollTop += anchor[0].node.getBoundingClientRect().top - anchor[1];
      if (focused && !focused.node.isConnected) {
        // The next one that is still there, else the one before.
        const at = before.indexOf(focused);
        const near = [...before.slice(at), ...before.slice(0, at).reverse()];
        focusRow(near.find((row) => row.node.isConnected));
      }
      if (!current?.node.isConnected) setCurrent([...rows.values()][0]);
      showPill();
    },
    reset() {
      node.scrollTop = 0;
    },
    tick(time) {
      for (const row of rows.values()) row.tick(time);
    },
    focus() {
      if (current) focusRow(current);
      return current !== undefined;
    },
    stop: () => observer.disconnect(),
  };
}
