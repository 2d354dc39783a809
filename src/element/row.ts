// One notification of the feed. What it says never changes while it is shown; its marks and its age do.

import type { InboxMessage } from "../client/inbox.ts";
import { contentOf } from "./content.ts";
import { ARCHIVE, CHECK, DOT, h, icon, name, set, setText, tool } from "./dom.ts";
import type { Labels } from "./labels.ts";
import type { Times } from "./times.ts";

/** How long a pointer rests on a notification until it counts as read. */
const READ_MS = 1_000;

/** What a person does to a notification. */
export interface RowActs {
  choose(message: InboxMessage, action: string, url: string | null, event: MouseEvent): void;
  read(message: InboxMessage): void;
  unread(message: InboxMessage): void;
  archive(message: InboxMessage): void;
  /** Whether a resting pointer reads. */
  readsByHover(): boolean;
}

export interface Row {
  readonly node: HTMLElement;
  /** Shows the marks as they are. `size` is -1 when nobody knows how many there are. */
  show(message: InboxMessage, position: number, size: number): void;
  tick(now: number): void;
  /** Its buttons are reached by Tab only from the row that is current. */
  setCurrent(isCurrent: boolean): void;
}

/** Within a shadow root an id is of that root alone. */
let rows = 0;

export function createRow(first: InboxMessage, labels: Labels, times: Times, acts: RowActs): Row {
  const id = `row-${rows++}`;
  let message = first;
  let timer = 0;
  /** Who has marked it unread wants it so, wherever the pointer rests. */
  let isKept = false;

  const { tile, title, body, image, actions } = contentOf(first, labels, (action, url, event) => {
    // Without a place to go to, a click shows all of the text.
    if (!action && !url) node.toggleAttribute("data-open");
    acts.choose(message, action, url, event);
  });
  const time = h("time", "time", {
    datetime: first.time,
    title: times.full(first.time),
    id: `${id}-time`,
  });
  const mark = h("span", "hidden", { id: `${id}-mark` });
  const toggle = tool("tool", CHECK, "", () => {
    isKept = message.read_at !== null;
    if (isKept) acts.unread(message);
    else acts.read(message);
  });
  set(title, "id", `${id}-title`);
  if (body) set(body, "id", `${id}-body`);

  const node = h(
    "article",
    "item",
    {
      "aria-labelledby": `${id}-mark ${id}-title`,
      "aria-describedby": `${body ? `${id}-body ` : ""}${id}-time`,
      keydown(event: KeyboardEvent) {
        if (event.key !== "Enter" || event.target !== node) return;
        const { ctrlKey, metaKey, shiftKey } = event;
        title.dispatchEvent(
          new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey, metaKey, shiftKey }),
        );
      },
      pointerenter({ pointerType }: PointerEvent) {
        if (pointerType !== "mouse" || isKept || !acts.readsByHover()) return;
        timer = setTimeout(() => message.read_at === null && acts.read(message), READ_MS);
      },
      pointerleave: () => clearTimeout(timer),
    },
    h("span", "dot", { "aria-hidden": "true" }),
    tile,
    h(
      "div",
      "content",
      {},
      h("div", "line", {}, mark, title, time),
      body,
      image,
      actions,
      first.category === undefined
        ? null
        : h("span", "category", {}, labels.category(first.category)),
    ),
    h(
      "div",
      "tools",
      {},
      toggle,
      tool("tool", ARCHIVE, labels.archive, () => acts.archive(message)),
    ),
  );

  return {
    node,
    show(shown, position, size) {
      message = shown;
      const isUnread = message.read_at === null;
      name(node, isUnread ? "item unread" : "item");
      // Emptied, not hidden: a name takes in what is hidden, too.
      setText(mark, isUnread ? labels.unread : "");
      const label = isUnread ? labels.markRead : labels.markUnread;
      if (toggle.title !== label) {
        toggle.title = label;
        set(toggle, "aria-label", label);
        toggle.replaceChildren(icon(isUnread ? CHECK : DOT));
      }
      set(node, "aria-posinset", position);
      set(node, "aria-setsize", size);
      if (!isUnread) clearTimeout(timer);
    },
    tick: (now) => setText(time, times.relative(first.time, now)),
    setCurrent(isCurrent) {
      for (const focusable of [node, ...node.querySelectorAll("a, button")])
        set(focusable, "tabindex", isCurrent ? 0 : -1);
    },
  };
}
