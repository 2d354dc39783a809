// The version of code.ts that a hub serves: it loads the list from a file beside the element's.

import type { Code } from "./code.ts";

const NAME = "belfry-inbox-list.js";

/**
 * Chromium remembers for the life of a page that an address failed to load
 * (https://github.com/whatwg/html/issues/6768), so each further attempt has an address of its own.
 */
export function importListing(attempt: number): Promise<Code> {
  const { href } = new URL(attempt ? `${NAME}?${attempt}` : NAME, import.meta.url);
  return import(href);
}
