import type { Mutant } from "./mutant.ts";

export const TOPIC: Mutant[] = [];
