// The dynamic import of the list, which makes a bundler put it into a file of its own. A hub serves
// code-of-hub.ts in place of this module, because there the file of the list has a fixed name.

export type Code = typeof import("./listing.ts");

/** Returns the list's module. `_attempt` counts from zero; only code-of-hub.ts uses it. */
export const importListing = (_attempt: number): Promise<Code> => import("./listing.ts");
