// One life of an inbox, which an erase ends. Work that waits for something else must not go on in the
// next life: it would bring back what was erased.

import { RefusalError, refusal } from "../protocol/error.ts";

export class Life {
  #ended = 0;
  /** Erases that are under way. */
  #endings = 0;

  /** Begins some work. The function that it returns throws once an erase has begun since. */
  enter(): () => void {
    if (this.#endings > 0) refuse();
    const ended = this.#ended;
    return () => {
      if (this.#ended !== ended) refuse();
    };
  }

  /** An erase begins; the function that it returns ends the erase. */
  end(): () => void {
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
