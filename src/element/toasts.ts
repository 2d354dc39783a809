// What arrives while the inbox is closed, for a moment in the corner of the page.

import type { LogMessage } from "../client/inbox.ts";
import { type Choose, contentOf } from "./content.ts";
import { CLOSE, h, tool } from "./dom.ts";
import { createExpiry, type Expiry } from "./expiry.ts";
import type { Labels } from "./labels.ts";

const SHOWN_MS = 7_000;
/** A burst shows its newest; the badge counts the others. */
const TOASTS_MAX = 3;

export interface Toasts {
  readonly node: HTMLElement;
  show(message: LogMessage, choose: Choose): void;
  clear(): void;
}

/** `leave` says where the focus goes when it was in the last toast. */
export function createToasts(labels: Labels, leave: () => void): Toasts {
  const shown = new Map<HTMLElement, Expiry>();
  // A popover is above everything, also above a dialog of the page that was opened before.
  const node = h("div", "toasts", {
    popover: "manual",
    role: "region",
    "aria-label": labels.title,
    keydown({ key, target }: KeyboardEvent) {
      const toast = (target as Element).closest<HTMLElement>(".toast");
      if (key === "Escape" && toast) remove(toast);
    },
  });

  function remove(toast: HTMLElement) {
    shown.get(toast)?.stop();
    shown.delete(toast);
    const hadFocus = toast.matches(":focus-within");
    toast.remove();
    if (shown.size === 0) node.hidePopover();
    if (!hadFocus) return;
    const next = node.querySelector<HTMLElement>(".toast button:last-child");
    if (next) next.focus();
    else leave();
  }

  return {
    node,
    show(message, choose) {
      const { tile, title, body, actions } = contentOf(message, labels, (...choice) => {
        choose(...choice);
        remove(toast);
      });
      const toast: HTMLElement = h(
        "div",
        "toast",
        {},
        tile,
        h("div", "content", {}, title, body, actions),
        tool("tool", CLOSE, labels.dismiss, () => remove(toast)),
      );
      const expiry = createExpiry(toast, SHOWN_MS, () => remove(toast));
      shown.set(toast, expiry);
      node.append(toast);
      // The oldest makes room, unless somebody is in it.
      const [oldest] = [...shown.keys()].filter((one) => !one.matches(":focus-within"));
      if (shown.size > TOASTS_MAX && oldest) remove(oldest);
      if (!node.matches(":popover-open")) node.showPopover();
      expiry.start();
    },
    clear() {
      for (const toast of [...shown.keys()]) remove(toast);
    },
  };
}
