// Where the code of the list is: a bundler makes a file of its own of it. A hub serves it under a name
// of its own, see code-of-hub.ts.

export type Code = typeof import("./listing.ts");

/** `_attempt` counts from zero. */
export const importListing = (_attempt: number): Promise<Code> => import("./listing.ts");
