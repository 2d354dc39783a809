// The gate that an erasure closes. Work that began before it must not continue afterwards: it would bring
// erased data back.

import { RefusalError, refusal } from "../protocol/error.ts";

export class ErasureGate {
  #ended = 0;
  /** Erasures that are under way. */
  #endings = 0;

  /** Begins work; returns a function that throws once an erasure has begun. Throws during one. */
  enter(): () => void {
    if (this.#endings > 0) refuse();
    const ended = this.#ended;
    return () => {
      if (this.#ended !== ended) refuse();
    };
  }

  /** Begins an erasure; returns the function that ends it. */
  close(): () => void {
    this.#ended += 1;
    this.#endings += 1;
    return () => {
      this.#endings -= 1;
    };
  }
}

function refuse(): never {
  throw new RefusalError(refusal("temporary", "ask again: the user was being erased"));
}
