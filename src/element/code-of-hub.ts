// A hub serves this in place of code.ts: its list is in a file beside the element.

import type { Code } from "./code.ts";

const NAME = "belfry-inbox-list.js";

/**
 * Chromium keeps the failure of an address for as long as the page is there
 * (https://github.com/whatwg/html/issues/6768): each further attempt has an address of its own.
 */
export function importListing(attempt: number): Promise<Code> {
  const { href } = new URL(attempt ? `${NAME}?${attempt}` : NAME, import.meta.url);
  return import(href);
}
