import type { Mutant } from "./mutant.ts";

export const EDGE: Mutant[] = [];
