/** One change to the code that somebody would suffer from, and the tests that must notice it. */
export interface Mutant {
  file: string;
  /** There exactly once, so that a mutant whose code has moved on is found at once. */
  text: string;
  instead: string;
  /** What would go wrong for somebody. */
  why: string;
  /** The test files that must notice. */
  tests: string[];
  /** Why nobody could notice. Such a mutant is not run. */
  equivalent?: string;
}
