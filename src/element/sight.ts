// Detects whether a part of the page is in the user's sight.

/** The node must reach this far into the window. */
const MARGIN = "-20px";
const EVERYTHING = { contentVisibilityAuto: true, opacityProperty: true, visibilityProperty: true };

/** Returns a check of whether the node is in sight now; calls `changed` when that may differ. */
export function watchSight(node: HTMLElement, changed: () => void): () => boolean {
  let isWithin = false;
  const observer = new IntersectionObserver(
    (entries) => {
      isWithin = entries.at(-1)?.isIntersecting ?? false;
      changed();
    },
    // Browsers with `trackVisibility` also report changes of `visibility` and `opacity`.
    { rootMargin: MARGIN, trackVisibility: true, delay: 100 } as IntersectionObserverInit,
  );
  observer.observe(node);
  return () => isWithin && !document.hidden && node.checkVisibility(EVERYTHING);
}
