// What a browser does to its pages. A page in the back-forward cache is told of the end of its socket
// only after it was shown again, and until then takes it for open: so it lets go before it is put
// aside. `unload` would keep it out of that cache and is not listened to.

import type { Environment } from "./environment.ts";

const CHANGES = "pagehide freeze pageshow resume online offline visibilitychange";
const LEAVING = /hide|freeze/;

/** Tells that the page is put aside, or that it is used again or its network changed. */
export function watchPage({ page }: Environment, tell: (isLeaving: boolean) => void): void {
  for (const type of CHANGES.split(" "))
    page?.addEventListener(
      type,
      ({ target }) => {
        // Of the two changes of visibility, only one is a return.
        if (type !== "visibilitychange" || !(target as Document).hidden) tell(LEAVING.test(type));
      },
      // Captured at the window, since not all of these bubble from the document.
      true,
    );
}
