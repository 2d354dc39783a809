// One notification of the feed. What it says never changes while it is shown; its marks and its age do.

import type { InboxMessage } from "../client/inbox.ts";
import { contentOf } from "./content.ts";
import { ARCHIVE, CHECK, DOT, draw, h, name, set, setText, tool } from "./dom.ts";
import type { Ui } from "./ui.ts";

/** How long a pointer rests on a notification until it counts as read. */
const READ_MS = 1_000;

export interface Row {
  readonly node: HTMLElement;
  /** Whether it says what the message says: an inbox of the app's own may say it otherwise by now. */
  isOf(message: InboxMessage): boolean;
  /** Shows the marks as they are. `size` is -1 when nobody knows how many there are. */
  show(message: InboxMessage, position: number, size: number): void;
  tick(): void;
  /** Its buttons are reached by Tab only from the row that is current. */
  setCurrent(isCurrent: boolean): void;
}

/** Within a shadow root an id is of that root alone. */
let rows = 0;

export function createRow(first: InboxMessage, ui: Ui): Row {
  const { labels, times, host } = ui;
  const { time, category, topic } = first;
  const from = category ?? topic;
  const offset = first.offset as number;
  const id = `i${rows++}`;
  let isUnread = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Who has marked it unread wants it so, wherever the pointer rests. */
  let isKept = false;

  const { tile, title, body, rest } = contentOf(first, ui);
  /** A pointer that rests where it was archived reads it no more. */
  const read = () => isUnread && node.isConnected && ui.act((inbox) => inbox.markRead(offset));
  const age = h("time", "time", { datetime: time, title: times.full(time), id: `${id}t` });
  const mark = h("span", "hidden", { id: `${id}m` });
  const toggle = tool(CHECK, "", () => {
    isKept = !isUnread;
    if (isUnread) read();
    else ui.act((inbox) => inbox.markUnread(offset));
  });
  title.id = id;
  if (body) body.id = `${id}b`;

  const node = h(
    "article",
    "item",
    {
      "aria-labelledby": `${id}m ${id}`,
      "aria-describedby": `${id}b ${id}t`,
      keydown({ key, target }: KeyboardEvent) {
        if (key === "Enter" && target === node) title.click();
      },
      // Shows all of a text that was cut.
      click: ({ target }: Event) => target === title && set(node, "data-open", true),
      pointerenter({ pointerType }: PointerEvent) {
        if (pointerType === "mouse" && !isKept && !host.hasAttribute("no-hover-read"))
          timer = setTimeout(read, READ_MS);
      },
      pointerleave: () => clearTimeout(timer),
    },
    tile,
    h(
      "div",
      "content",
      {},
      mark,
      title,
      body,
      ...rest,
      h(
        "div",
        "meta",
        {},
        age,
        from && h("span", "category", {}, h("bdi", "", {}, labels.category(from))),
        h(
          "div",
          "tools",
          {},
          toggle,
          tool(ARCHIVE, labels.archive, () => ui.archive(offset)),
        ),
      ),
    ),
  );

  return {
    node,
    isOf: ({ notification, category }) =>
      category === first.category &&
      // The SDK's own is the same object for as long as it is held.
      (notification === first.notification ||
        JSON.stringify(notification) === JSON.stringify(first.notification)),
    show({ read_at }, position, size) {
      isUnread = !read_at;
      name(node, isUnread ? "item unread" : "item");
      // Emptied, not hidden: a name takes in what is hidden, too.
      setText(mark, isUnread ? labels.unread : "");
      draw(toggle, isUnread ? CHECK : DOT, isUnread ? labels.markRead : labels.markUnread);
      set(node, "aria-posinset", position);
      set(node, "aria-setsize", size);
    },
    tick: () => setText(age, times.relative(time)),
    setCurrent(isCurrent) {
      for (const focusable of [node, ...node.querySelectorAll("a, button")])
        set(focusable, "tabindex", isCurrent ? 0 : -1);
    },
  };
}
