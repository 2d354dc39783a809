// The line at the foot of the panel: reports an action, with a button to undo it, or a failure.

import { button, h } from "./dom.ts";
import { createExpiry } from "./expiry.ts";

const SHOWN_MS = 8_000;

export interface Snackbar {
  readonly node: HTMLElement;
  say(text: string, label?: string, act?: () => void): void;
  hide(): void;
}

/** `leave` moves the focus elsewhere when the line that had it is hidden. */
export function createSnackbar(leave: () => void): Snackbar {
  // Empty rather than hidden: a live region must be there before its text, or nothing is read out.
  const node = h("div", "snackbar", { role: "status" });
  const expiry = createExpiry(node, SHOWN_MS, hide);

  function hide() {
    const hadFocus = node.matches(":focus-within");
    expiry.stop();
    node.replaceChildren();
    if (hadFocus) leave();
  }

  return {
    node,
    say(text, label, act) {
      hide();
      node.append(text);
      if (label)
        node.append(
          button("undo", label, () => {
            act?.();
            hide();
          }),
        );
      expiry.start();
    },
    hide,
  };
}
