// One line at the foot of the panel: what was done, and how to take it back. Also what went wrong.

import { h } from "./dom.ts";
import { createExpiry } from "./expiry.ts";

const SHOWN_MS = 8_000;

export interface Snackbar {
  readonly node: HTMLElement;
  say(text: string, action?: { label: string; act(): void }): void;
  hide(): void;
}

/** `leave` says where the focus goes when it was on the button that has done its work. */
export function createSnackbar(leave: () => void): Snackbar {
  const node = h("div", "snackbar", { role: "status", hidden: true });
  const expiry = createExpiry(node, SHOWN_MS, hide);

  function hide() {
    expiry.stop();
    const hasFocus = node.matches(":focus-within");
    node.hidden = true;
    node.replaceChildren();
    if (hasFocus) leave();
  }

  return {
    node,
    say(text, action) {
      const click = () => {
        action?.act();
        hide();
      };
      const button = action ? h("button", "undo", { type: "button", click }, action.label) : null;
      hide();
      node.hidden = false;
      node.append(h("span", "", {}, text));
      if (button) node.append(button);
      expiry.start();
    },
    hide,
  };
}
