// The panel that shows the feed: a popover beside the bell, or a region of the page.

import { activeBeside, h, hear } from "./dom.ts";

const GAP_PX = 8;

const px = (length: number) => `${length}px`;

/**
 * Makes the panel a popover, which the browser closes on Escape and on a click elsewhere, and keeps
 * above the page.
 */
export function makePopover(
  node: HTMLElement,
  bell: HTMLButtonElement,
  /** Receives lengths as custom properties; the style sheet keeps the panel within the window. */
  style: CSSStyleDeclaration,
  /**
   * Called before and after the panel is shown or hidden; before, so that its content is complete when
   * it appears.
   */
  toggled: (isOpen: boolean, isBefore: boolean) => void,
  signal: AbortSignal,
): void {
  node.popover = "auto";
  // Makes the browser focus the panel when it is shown.
  node.autofocus = true;
  bell.popoverTargetElement = node;
  node.addEventListener("beforetoggle", ({ newState }) => {
    const isOpening = newState === "open";
    if (isOpening) anchor();
    // Within a shadow root the browser does not restore the earlier focus.
    else if (node.contains(activeBeside(node))) bell.focus();
    toggled(isOpening, true);
  });
  node.addEventListener("toggle", ({ newState }) => toggled(newState === "open", false));

  /** Places the panel below the bell, or above if there is more room; end edges are aligned. */
  function anchor() {
    const box = bell.getBoundingClientRect();
    // A box is measured after the page's `zoom` is applied; a length is set before it is applied.
    const zoom = bell.currentCSSZoom ?? 1;
    const height = innerHeight / zoom;
    // A bell that was scrolled away counts as being at the edge of the window where it disappeared.
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
