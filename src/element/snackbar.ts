// One line at the foot of the panel: what was done, and how to take it back. Also what went wrong.

import { button, h } from "./dom.ts";
import { createExpiry } from "./expiry.ts";

const SHOWN_MS = 8_000;

export interface Snackbar {
  readonly node: HTMLElement;
  say(text: string, label?: string, act?: () => void): void;
  hide(): void;
}

/** `leave` says where the focus goes when it was on the button that has done its work. */
export function createSnackbar(leave: () => void): Snackbar {
  // Empty, not hidden: what is to be read out has to be there before.
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
