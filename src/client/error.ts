// The errors of the client, as an app sees them.

/** The reason why a connection is not open. */
export interface Reason {
  /**
   * The close code: the hub's, 1006 if the line was lost, or 1000 if the client closed it. After 4000 to
   * 4499 the client reconnects, after 4500 to 4999 it does not. With a token function it reconnects after
   * 4500, too; without one it does not after 4002.
   */
  close: number;
  /**
   * The hub's error code if it sent one, such as `token_expired`. Otherwise `lost`, `silent` (no answer to
   * a ping), `timeout` (no answer to a connect), `token` (the callback threw or returned something that is
   * not a token, or the browser refuses the address), `token_expired`, `unauthorized` (nobody is signed
   * in), `user_changed`, `step_missing`, `disconnected`, `page_hidden` or `closed`.
   */
  code: string;
  /** An explanation for people, the hub's own if it sent one. */
  message: string;
}

/** An error of a request: the hub refused it, or the connection ended before the answer. */
export class BelfryError extends Error {
  override readonly name = "BelfryError";
  declare readonly code: string;
  /** Whether the same request may succeed later, unchanged. */
  declare readonly temporary: boolean;

  constructor(code: string, message: string, temporary = false) {
    super(message);
    this.code = code;
    this.temporary = temporary;
  }
}
