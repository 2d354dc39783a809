// The code that shows notifications is a good part of the element, and on most pages nobody looks: it
// comes when somebody is about to, and is there for all elements of the page.

import { type Code, importListing } from "./code.ts";

let code: Code | undefined;
let coming: Promise<void> | undefined;
let attempts = 0;

/** The code, once it is there. */
export const loaded = (): Code | undefined => code;

/** Rejects where it cannot be had; the next call tries again. */
export function load(): Promise<void> {
  coming ??= importListing(attempts++)
    .then((module) => {
      // A hub may have been deployed since, and have something else under that name.
      if (!module.createListing) throw new TypeError("there is no list in it");
      code = module;
    })
    .catch((error) => {
      unload();
      throw error;
    });
  return coming;
}

/** What is of no use is asked for anew: a hub may have been deployed since. */
export function unload(): void {
  code = undefined;
  coming = undefined;
}
