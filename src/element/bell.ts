// The bell: the button that opens the inbox, with the number of unread or unseen notifications.

import { BELL, button, h, icon, set, setText } from "./dom.ts";

export interface Bell {
  readonly node: HTMLButtonElement;
  /** `count`, which the badge shows, may be rounded; `label`, which is read out, is exact. */
  show(label: string, count: string, isOpen: boolean): void;
}

export function createBell(): Bell {
  const attributes = { "aria-haspopup": "dialog" };
  const node = button("bell", "", () => undefined, attributes);
  const badge = h("span", "badge", { "aria-hidden": "true" });
  node.append(h("slot", "", { name: "bell" }, icon(BELL)), badge);
  return {
    node,
    show(label, count, isOpen) {
      set(node, "aria-label", label);
      set(node, "aria-expanded", `${isOpen}`);
      setText(badge, count);
      badge.hidden = !count;
    },
  };
}
