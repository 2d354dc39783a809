// What the app is told when something did not work.

/** Why a connection is not open: the hub's close code, or 1006 where the line was lost. */
export interface Reason {
  /** 4000 to 4499 come back, 4500 to 4999 do not. */
  close: number;
  /**
   * The hub's error code where it gave one, such as `token_expired`. Else `lost`, `silent` (no answer to
   * a ping), `timeout` (no answer to a connect), `token` (the callback threw, what it returned is no text,
   * or the browser refuses the address), `token_expired`, `unauthorized` (nobody is signed in),
   * `user_changed`, `step_missing`, `disconnected`, `page_hidden` or `closed`.
   */
  code: string;
  /** What the hub said about it, for people. */
  message: string;
}

/** A refusal of the hub, or the end of the connection that a request was waiting for. */
export class BelfryError extends Error {
  override readonly name = "BelfryError";
  declare readonly code: string;
  /** Whether the same may succeed later, unchanged. */
  declare readonly temporary: boolean;

  constructor(code: string, message: string, temporary = false) {
    super(message);
    this.code = code;
    this.temporary = temporary;
  }
}
