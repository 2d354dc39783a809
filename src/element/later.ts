// The lazy loader of the list. Its code is a large part of the element, and on most pages nobody opens
// the inbox, so it is loaded when somebody is about to, once for all elements of the page.

import { type Code, importListing } from "./code.ts";

let code: Code | undefined;
let coming: Promise<void> | undefined;
let attempts = 0;

/** Returns the code if it is loaded. */
export const loaded = (): Code | undefined => code;

/** Loads the code. Rejects if that fails; the next call tries again. */
export function load(): Promise<void> {
  coming ??= importListing(attempts++)
    .then((module) => {
      // A hub deployed since then may serve another module under that name.
      if (!module.createListing) throw new TypeError("there is no list in it");
      code = module;
    })
    .catch((error) => {
      unload();
      throw error;
    });
  return coming;
}

/** Forgets code that does not work, so that it is loaded again, perhaps from a new hub. */
export function unload(): void {
  code = undefined;
  coming = undefined;
}
