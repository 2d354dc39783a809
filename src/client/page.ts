// What a browser does to its pages. A page in the back-forward cache is told of the end of its socket
// only after it was shown again, and until then takes it for open: so it lets go before it is put
// aside. `unload` would keep it out of that cache and is not listened to.

import type { Environment } from "./environment.ts";

const LEAVING = ["pagehide", "freeze"];
const RETURNING = ["pageshow", "resume", "online", "offline", "visibilitychange"];

/** Calls `leave` when the page is put aside, and `wake` when it is used again or the network changed. */
export function watchPage({ page }: Environment, leave: () => void, wake: () => void): void {
  const isHidden = (event: Event) =>
    (event.target as Document | null)?.visibilityState === "hidden";
  // Captured at the window, since not all of these bubble from the document.
  for (const type of LEAVING) page?.addEventListener(type, leave, true);
  for (const type of RETURNING)
    page?.addEventListener(type, (event) => isHidden(event) || wake(), true);
}
