/** A change to the code that would harm somebody, and the tests that must notice it. */
export interface Mutant {
  file: string;
  /** In the file exactly once, so that a mutant is found as soon as its code has changed. */
  text: string;
  instead: string;
  /** The harm that it would do. */
  why: string;
  /** The test files that must notice. */
  tests: string[];
  /** The reason for which nobody could notice. Such a mutant is not run. */
  equivalent?: string;
}
