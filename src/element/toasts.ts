// What arrives while the inbox is closed, for a moment in the corner of the page.

import type { LogMessage } from "../client/inbox.ts";
import { contentOf } from "./content.ts";
import { CLOSE, h, tool } from "./dom.ts";
import { createExpiry, type Expiry } from "./expiry.ts";
import { isOpen } from "./panel.ts";
import type { Ui } from "./ui.ts";

const SHOWN_MS = 7_000;
/** A burst shows its newest; the badge counts the others. */
const TOASTS_MAX = 3;

export interface Toasts {
  readonly node: HTMLElement;
  show(message: LogMessage): void;
  clear(): void;
}

/** `leave` says where the focus goes when it was in the last toast. */
export function createToasts(ui: Ui, leave: () => void): Toasts {
  const { labels } = ui;
  const shown = new Map<HTMLElement, Expiry>();
  // A popover is above everything, also above a dialog of the page that was opened before.
  const node = h("div", "toasts", {
    popover: "manual",
    role: "region",
    "aria-label": labels.title,
  });

  function remove(toast: HTMLElement) {
    const hadFocus = toast.matches(":focus-within");
    shown.get(toast)?.stop();
    shown.delete(toast);
    toast.remove();
    if (shown.size === 0 && isOpen(node)) node.hidePopover();
    if (hadFocus) (node.querySelector<HTMLElement>(".tool") ?? { focus: leave }).focus();
  }

  return {
    node,
    show(message) {
      const { tile, link, rest } = contentOf(message, ui);
      const toast: HTMLElement = h(
        "div",
        "toast",
        // After what the click itself does: a link that has gone leads nowhere.
        { click: () => remove(toast) },
        tile,
        h("div", "content", {}, link, ...rest),
        tool(CLOSE, labels.dismiss, () => undefined),
      );
      const expiry = createExpiry(toast, SHOWN_MS, () => remove(toast));
      shown.set(toast, expiry);
      node.append(toast);
      // The oldest makes room, unless somebody is in it.
      const [oldest] = [...shown.keys()].filter((one) => !one.matches(":focus-within"));
      if (shown.size > TOASTS_MAX && oldest) remove(oldest);
      if (!isOpen(node)) node.showPopover();
      expiry.start();
    },
    clear() {
      for (const toast of shown.keys()) remove(toast);
    },
  };
}
