// The toasts: notifications that arrive while the inbox is closed, shown for a few seconds in the corner
// of the page.

import type { InboxMessage, LogMessage } from "../client/inbox.ts";
import { contentOf } from "./content.ts";
import { CLOSE, h, hear, tool } from "./dom.ts";
import { createExpiry, type Expiry } from "./expiry.ts";
import { addStyles } from "./listing-styles.ts";
import { isOpen } from "./panel.ts";
import type { Ui } from "./ui.ts";

const SHOWN_MS = 7_000;
/** Of a burst only the newest are shown; the badge counts the others. */
const TOASTS_MAX = 3;

export interface Toasts {
  readonly node: HTMLElement;
  show(message: LogMessage): void;
  /** Removes the toasts of messages that were read, archived or deleted, or have expired. */
  update(messages: readonly InboxMessage[]): void;
  clear(): void;
}

interface Shown {
  expiry: Expiry;
  offset: number | null;
  /** Whether the inbox has listed the message; it may report an arrival before it lists it. */
  isListed: boolean;
}

/** `leave` moves the focus elsewhere after the last toast, which had it, was removed. */
export function createToasts(ui: Ui, leave: () => void): Toasts {
  const { labels, host, signal } = ui;
  const shown = new Map<HTMLElement, Shown>();
  /**
   * Holds the toasts within a dialog of the page. It has the element's tag and class, so that the page's
   * style sheet applies to it, too.
   */
  const guest = document.createElement(host.localName);
  guest.className = host.className;
  guest.style.display = "contents";
  if (guest.shadowRoot) addStyles(guest.shadowRoot);
  signal.addEventListener("abort", () => guest.remove());
  // A popover is above everything that was opened before it.
  const node = h("div", "toasts", {
    popover: "manual",
    role: "region",
    "aria-label": labels.title,
  });

  function remove(toast: HTMLElement) {
    const hadFocus = toast.matches(":focus-within");
    shown.get(toast)?.expiry.stop();
    shown.delete(toast);
    toast.remove();
    if (shown.size === 0 && isOpen(node)) node.hidePopover();
    if (hadFocus) (node.querySelector<HTMLElement>(".tool") ?? { focus: leave }).focus();
  }

  /** Moves the toasts into the topmost modal dialog, if any: all else is inert, even a popover. */
  function place() {
    const modals = "dialog:modal";
    const modal =
      document.activeElement?.closest(modals) ?? [...document.querySelectorAll(modals)].at(-1);
    const isGuest = modal && !modal.contains(host);
    if (isGuest) modal.append(guest);
    else guest.remove();
    // Moving the node hides it; showing it again puts it above everything opened meanwhile.
    (isGuest ? guest : host).shadowRoot?.append(node);
    node.showPopover();
  }
  hear(
    ["toggle"],
    ({ target }) => {
      if (shown.size && target instanceof HTMLDialogElement) place();
    },
    signal,
  );

  /**
   * Removes the oldest toasts that do not fit, in number or in height, unless they have the focus.
   */
  function fit() {
    for (const toast of [...shown.keys()].slice(0, -1)) {
      const top = node.firstElementChild?.getBoundingClientRect().top ?? 0;
      const isTooMuch = shown.size > TOASTS_MAX || top < 0;
      if (isTooMuch && !toast.matches(":focus-within")) remove(toast);
    }
  }
  hear(["resize"], fit, signal);

  return {
    node,
    show(message) {
      const { tile, link, rest } = contentOf(message, ui);
      const toast: HTMLElement = h(
        "div",
        "toast",
        // Runs after the link's own listener, since a removed link leads nowhere.
        { click: () => remove(toast) },
        tile,
        h("div", "content", {}, link, ...rest),
        tool(CLOSE, labels.dismiss, () => undefined),
      );
      const expiry = createExpiry(toast, SHOWN_MS, () => remove(toast));
      shown.set(toast, { expiry, offset: message.offset, isListed: false });
      node.append(toast);
      if (!isOpen(node)) place();
      fit();
      expiry.start();
    },
    update(messages) {
      for (const [toast, one] of shown) {
        const message = messages.find(({ offset }) => offset === one.offset);
        if (message ? message.read_at : one.isListed) remove(toast);
        one.isListed ||= !!message;
      }
    },
    clear() {
      for (const toast of shown.keys()) remove(toast);
    },
  };
}
