// One notification of the feed. What it says never changes while it is shown; its marks and its age do.

import type { InboxMessage } from "../client/inbox.ts";
import { contentOf } from "./content.ts";
import { ARCHIVE, button, CHECK, DOT, draw, h, isOn, name, set, setText, tool } from "./dom.ts";
import type { Times } from "./times.ts";
import type { Ui } from "./ui.ts";

/** How long a pointer rests on a notification until it counts as read. */
const READ_MS = 1_000;

export interface Row {
  readonly node: HTMLElement;
  /** When it was published. */
  readonly time: string;
  /** Shows the marks as they are. `size` is -1 when nobody knows how many there are. */
  show(message: InboxMessage, position: number, size: number): void;
  tick(): void;
  /** The heading of its day; empty where the row above has it. */
  setDay(name: string): void;
  /** Its buttons are reached by Tab only from the row that is current. */
  setCurrent(isCurrent: boolean): void;
}

export function createRow(first: InboxMessage, ui: Ui, times: Times): Row {
  const { labels, host } = ui;
  const { time, category, topic } = first;
  const from = category ?? topic;
  const offset = first.offset as number;
  let isUnread = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Who has marked it unread wants it so, wherever the pointer rests. */
  let isKept = false;

  const { tile, link, title, body, rest } = contentOf(first, ui);
  const { id } = title;
  /** Not where it was archived, or left, under a pointer that rests. */
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
      // By its own movement: a row that comes to lie under a pointer that rests is not read by it.
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
  // The width of a row decides what of it is cut.
  new ResizeObserver(() => {
    more.hidden = !node.dataset.open && !isCut();
  }).observe(node);

  return {
    node,
    time,
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
    setDay: (name) => setText(day, name),
    setCurrent(isCurrent) {
      for (const focusable of [node, ...node.querySelectorAll("a, button")])
        set(focusable, "tabindex", isCurrent ? 0 : -1);
    },
  };
}
