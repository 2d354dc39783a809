// The events of a page that a browser hides and restores. A page in the back-forward cache learns that its socket
// has closed only after it is shown again, and takes it for open until then: so the client closes its line before
// the page is put aside. A listener for `unload` would keep the page out of that cache.

import type { Environment } from "./environment.ts";

const CHANGES = "pagehide freeze pageshow resume online offline visibilitychange";
const LEAVING = /hide|freeze/;

/**
 * Calls `act` when the page is put aside, and when it is used again or its network changes. Returns a
 * function that removes the listeners: while they are there, the window keeps the client and all that it
 * holds in memory.
 */
export function watchPage({ page }: Environment, act: (isLeaving: boolean) => void): () => void {
  // Outside browsers there may be no AbortController either.
  if (!page) return () => undefined;
  const watch = new AbortController();
  for (const type of CHANGES.split(" "))
    page.addEventListener(
      type,
      ({ target }) => {
        // Of the two changes of visibility, only the one to visible is a return.
        if (type !== "visibilitychange" || !(target as Document).hidden) act(LEAVING.test(type));
      },
      // Captured at the window, since not all of these bubble from the document.
      { capture: true, signal: watch.signal },
    );
  return () => watch.abort();
}
