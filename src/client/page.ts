// What a browser does to its pages. A page in the back-forward cache hears of the end of its socket
// only after it is shown again, and until then takes it for open: so it lets go before it is put
// aside. `unload` would keep it out of that cache and is not listened to.

import type { Environment } from "./environment.ts";

const CHANGES = "pagehide freeze pageshow resume online offline visibilitychange";
const LEAVING = /hide|freeze/;

/**
 * Calls `act` when the page is put aside, and when it is used again or its network changes. Returns the
 * function that ends it: the window would keep the client, and all that it holds, for as long as itself.
 */
export function watchPage({ page }: Environment, act: (isLeaving: boolean) => void): () => void {
  // Outside browsers there may be no AbortController either.
  if (!page) return () => undefined;
  const watch = new AbortController();
  for (const type of CHANGES.split(" "))
    page.addEventListener(
      type,
      ({ target }) => {
        // Of the two changes of visibility, only one is a return.
        if (type !== "visibilitychange" || !(target as Document).hidden) act(LEAVING.test(type));
      },
      // Captured at the window, since not all of these bubble from the document.
      { capture: true, signal: watch.signal },
    );
  return () => watch.abort();
}
