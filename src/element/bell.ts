// The button that opens the inbox, with the number of what waits there.

import type { Counts } from "../client/inbox.ts";
import { BELL, h, icon, set, setText } from "./dom.ts";
import type { Labels } from "./labels.ts";

export interface Bell {
  readonly node: HTMLButtonElement;
  show(count: number, kind: keyof Counts): void;
}

export function createBell(labels: Labels): Bell {
  const badge = h("span", "badge", { "aria-hidden": "true", hidden: true });
  const node = h(
    "button",
    "bell",
    { type: "button", "aria-haspopup": "dialog" },
    h("slot", "", { name: "bell" }, icon(BELL)),
    badge,
  );
  return {
    node,
    show(count, kind) {
      // What is seen may be rounded; what is read out is exact.
      set(node, "aria-label", labels.bell(count, kind));
      setText(badge, count ? labels.badge(count) : "");
      badge.hidden = count === 0;
    },
  };
}
