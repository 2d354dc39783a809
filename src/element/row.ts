// A row of the feed. Its content never changes while it is shown; its marks and its age do.

import type { InboxMessage } from "../client/inbox.ts";
import { contentOf } from "./content.ts";
import { ARCHIVE, button, CHECK, DOT, draw, h, isOn, name, set, setText, tool } from "./dom.ts";
import type { Times } from "./times.ts";
import type { Ui } from "./ui.ts";

/** The time that the pointer rests on a notification before it counts as read. */
const READ_MS = 1_000;

export interface Row {
  readonly node: HTMLElement;
  /** The time of publication. */
  readonly time: string;
  /** Updates the marks and the position. `size` is -1 when the number of rows is unknown. */
  show(message: InboxMessage, position: number, size: number): void;
  tick(): void;
  /** Sets the heading of the day; empty if a row above has it. */
  setDay(name: string): void;
  /** The Tab key reaches the row and its buttons only while it is the current row. */
  setCurrent(isCurrent: boolean): void;
}

export function createRow(first: InboxMessage, ui: Ui, times: Times): Row {
  const { labels, host } = ui;
  const { time, category, topic } = first;
  const from = category ?? topic;
  const offset = first.offset as number;
  let isUnread = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** The user marked it unread on purpose: hovering must not undo that. */
  let isKept = false;

  const { tile, link, title, body, rest } = contentOf(first, ui);
  const { id } = title;
  /** Marks it as read, unless the row was archived or moved away under a resting pointer. */
  const read = () =>
    isUnread && node.matches(":hover") && ui.act((inbox) => inbox.markRead(offset));
  const age = h("time", "time", { datetime: time, title: times.full(time), id: `${id}t` });
  const day = h("h3", "day", { id: `${id}d` });
  const mark = h("span", "hidden", { id: `${id}m` });
  const toggle = tool(CHECK, "", () => {
    isKept = !isUnread;
    ui.act((inbox) => (isUnread ? inbox.markRead(offset) : inbox.markUnread(offset)));
  });
  const more = button("expand", "", () => expand(!node.dataset.open));
  const isCut = () => [title, body].some((text) => text && text.scrollHeight > text.clientHeight);

  function expand(is: boolean) {
    set(node, "data-open", is && 1);
    set(more, "aria-expanded", `${is}`);
    setText(more, is ? labels.showLess : labels.showMore);
  }

  const node = h(
    "article",
    "item",
    {
      "aria-labelledby": `${id}m ${id}`,
      "aria-describedby": `${id}d ${id}b ${id}t`,
      keydown({ key, target }: KeyboardEvent) {
        if (key === "Enter" && target === node) link.click();
      },
      click({ target }: Event) {
        if (link.contains(target as Node) && isCut()) expand(true);
      },
      // Only a movement of the pointer counts: a row that scrolls under a resting pointer is not read.
      pointermove({ pointerType, movementX, movementY }: PointerEvent) {
        if (
          pointerType === "mouse" &&
          (movementX || movementY) &&
          !timer &&
          !isKept &&
          !isOn(host, "no-hover-read")
        )
          timer = setTimeout(read, READ_MS);
      },
      pointerleave() {
        clearTimeout(timer);
        timer = undefined;
      },
    },
    day,
    tile,
    h(
      "div",
      "content",
      {},
      mark,
      link,
      ...rest,
      h(
        "div",
        "meta",
        {},
        age,
        from && h("span", "category", {}, h("bdi", "", {}, labels.category(from))),
        more,
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

  expand(false);
  more.hidden = true;
  // The width of a row decides whether its text is cut.
  new ResizeObserver(() => {
    more.hidden = !node.dataset.open && !isCut();
  }).observe(node);

  return {
    node,
    time,
    show({ read_at }, position, size) {
      isUnread = !read_at;
      name(node, isUnread ? "item unread" : "item");
      // Emptied rather than hidden: the accessible name of the row includes hidden nodes.
      setText(mark, isUnread ? labels.unread : "");
      draw(toggle, isUnread ? CHECK : DOT, isUnread ? labels.markRead : labels.markUnread);
      set(node, "aria-posinset", position);
      set(node, "aria-setsize", size);
    },
    tick: () => setText(age, times.relative(time)),
    setDay: (name) => setText(day, name),
    setCurrent(isCurrent) {
      for (const focusable of [node, ...node.querySelectorAll("a, button")])
        set(focusable, "tabindex", isCurrent ? 0 : -1);
    },
  };
}
