// Whether a person can see a part of the page.

/** So much of it lies within the window at least. */
const MARGIN = "-20px";
const EVERYTHING = { contentVisibilityAuto: true, opacityProperty: true, visibilityProperty: true };

/** Returns whether the node is in sight now; `changed` says that it may have come or gone. */
export function watchSight(node: HTMLElement, changed: () => void): () => boolean {
  let isWithin = false;
  const observer = new IntersectionObserver(
    (entries) => {
      isWithin = entries.at(-1)?.isIntersecting ?? false;
      changed();
    },
    // Browsers that know `trackVisibility` say, too, when `visibility` or `opacity` changes.
    { rootMargin: MARGIN, trackVisibility: true, delay: 100 } as IntersectionObserverInit,
  );
  observer.observe(node);
  return () => isWithin && !document.hidden && node.checkVisibility(EVERYTHING);
}
