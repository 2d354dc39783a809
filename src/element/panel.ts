// Where the feed is shown: in a popover beside the bell, or in the page itself.

import { h } from "./dom.ts";
import type { Labels } from "./labels.ts";

const GAP_PX = 8;

/** Lengths of CSS; the style sheet keeps them within the window. */
export type Place = (lengths: Record<"end" | "top" | "bottom" | "room", string>) => void;

const px = (length: number) => `${Math.round(length)}px`;

export interface Panel {
  readonly node: HTMLElement;
  readonly isOpen: boolean;
  show(): void;
  hide(): void;
  stop(): void;
}

export interface PanelActs {
  /** Before it is shown, so that it is complete when it is. */
  opening(): void;
  opened(): void;
  closed(): void;
}

export function createInlinePanel(labels: Labels, ...children: Node[]): Panel {
  const attributes = { role: "region", "aria-label": labels.title, tabindex: -1 };
  return {
    node: h("div", "panel", attributes, ...children),
    isOpen: true,
    show: () => undefined,
    hide: () => undefined,
    stop: () => undefined,
  };
}

/**
 * A popover: the browser closes it by Escape and by a click elsewhere, and keeps it above the page.
 */
export function createPopover(
  bell: HTMLButtonElement,
  place: Place,
  labels: Labels,
  acts: PanelActs,
  ...children: Node[]
): Panel {
  const node = h(
    "div",
    "panel",
    {
      popover: "auto",
      role: "dialog",
      "aria-label": labels.title,
      tabindex: -1,
      // The browser focuses it when it is shown.
      autofocus: true,
      beforetoggle({ newState }: ToggleEvent) {
        if (newState === "open") {
          anchor();
          acts.opening();
          // Within a shadow root the browser forgets where the focus was before.
        } else if (node.contains((node.getRootNode() as ShadowRoot).activeElement)) bell.focus();
      },
      toggle({ newState }: ToggleEvent) {
        bell.setAttribute("aria-expanded", `${newState === "open"}`);
        if (newState === "open") acts.opened();
        else acts.closed();
      },
    },
    ...children,
  );
  bell.popoverTargetElement = node;
  bell.setAttribute("aria-expanded", "false");

  /** Below the bell where there is room, else above it; the far ends of both in one line. */
  function anchor() {
    const { left, right, top, bottom } = bell.getBoundingClientRect();
    const { clientWidth, clientHeight } = document.documentElement;
    const isRightToLeft = getComputedStyle(bell).direction === "rtl";
    const below = clientHeight - bottom;
    const isBelow = below >= top;
    place({
      end: px(isRightToLeft ? left : clientWidth - right),
      top: isBelow ? px(bottom + GAP_PX) : "auto",
      bottom: isBelow ? "auto" : px(clientHeight - top + GAP_PX),
      room: px((isBelow ? below : top) - 2 * GAP_PX),
    });
  }

  const move = () => node.matches(":popover-open") && anchor();
  const listeners = new AbortController();
  const options = { signal: listeners.signal, capture: true, passive: true };
  addEventListener("resize", move, options);
  addEventListener("scroll", move, options);

  return {
    node,
    get isOpen() {
      return node.matches(":popover-open");
    },
    show: () => node.isConnected && node.showPopover(),
    hide: () => node.isConnected && node.hidePopover(),
    stop: () => listeners.abort(),
  };
}
