// What the app is told when something did not work.

import type { ErrorFrame } from "../protocol/down.ts";

/** Why a connection is not open: the hub's close code, or 1006 where the line was lost. */
export interface Reason {
  /** 4000 to 4499 come back, 4500 to 4999 do not. */
  close: number;
  /** For programs: the hub's error code where it gave one, such as `token_expired`. */
  code: string;
  /** For people. */
  message: string;
}

/** A refusal of the hub, or the end of the connection that a request was waiting for. */
export class BelfryError extends Error {
  override readonly name = "BelfryError";
  readonly code: string;
  /** Whether the same may succeed later, unchanged. */
  readonly temporary: boolean;

  constructor(code: string, message: string, temporary = false) {
    super(message);
    this.code = code;
    this.temporary = temporary;
  }
}

export function refusalOf({ code, message, fix, temporary }: ErrorFrame): BelfryError {
  return new BelfryError(code, `${message}: ${fix}`, temporary);
}
