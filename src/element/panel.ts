// Where the feed is shown: in a popover beside the bell, or in the page itself.

import { activeBeside, h, hear } from "./dom.ts";

const GAP_PX = 8;

const px = (length: number) => `${length}px`;

/** The browser closes it by Escape and by a click elsewhere, and keeps it above the page. */
export function makePopover(
  node: HTMLElement,
  bell: HTMLButtonElement,
  /** Takes lengths, which the style sheet keeps within the window. */
  style: CSSStyleDeclaration,
  /** Before and after it is shown or hidden; before, so that it is complete when it is shown. */
  toggled: (isOpen: boolean, isBefore: boolean) => void,
  signal: AbortSignal,
): void {
  node.popover = "auto";
  // The browser focuses it when it is shown.
  node.autofocus = true;
  bell.popoverTargetElement = node;
  node.addEventListener("beforetoggle", ({ newState }) => {
    const isOpening = newState === "open";
    if (isOpening) anchor();
    // Within a shadow root the browser forgets where the focus was before.
    else if (node.contains(activeBeside(node))) bell.focus();
    toggled(isOpening, true);
  });
  node.addEventListener("toggle", ({ newState }) => toggled(newState === "open", false));

  /** Below the bell where there is room, else above it; the far ends of both in one line. */
  function anchor() {
    const box = bell.getBoundingClientRect();
    // A box is measured as it is seen; a length is set as it is before the page's `zoom`.
    const zoom = bell.currentCSSZoom ?? 1;
    const height = innerHeight / zoom;
    // Beside a bell that has been scrolled away, the panel is at the edge where the bell went.
    const [top = 0, bottom = 0] = [box.top, box.bottom].map((y) =>
      Math.min(Math.max(y / zoom, 0), height),
    );
    const below = height - bottom;
    const isBelow = below >= top;
    const lengths = {
      left: bell.matches(":dir(rtl)")
        ? px(box.left / zoom)
        : `${px(box.right / zoom)} - var(--belfry-width)`,
      top: isBelow ? px(bottom + GAP_PX) : "auto",
      bottom: isBelow ? "auto" : px(height - top + GAP_PX),
      room: px(Math.max(below, top) - 2 * GAP_PX),
    };
    for (const [name, length] of Object.entries(lengths)) style.setProperty(`--${name}`, length);
  }

  hear(["resize", "scroll"], () => isOpen(node) && anchor(), signal);
}

export const isOpen = (node: HTMLElement) => !node.popover || node.matches(":popover-open");

export function createPanel(label: string, isInline: boolean, ...children: Node[]): HTMLElement {
  const role = isInline ? "region" : "dialog";
  return h("div", "panel", { role, "aria-label": label, tabindex: -1 }, ...children);
}
