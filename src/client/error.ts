// The errors of the client, as an app sees them.

/** The reason why a connection is not open. */
export interface Reason {
  /**
   * The close code: the hub's, or the client's own: 1006 if the line was lost, 4002 if the token ended, 4500
   * if there is no token, 1000 if the client closed it or the page was left. `status.state` says whether the
   * client reconnects (`waiting`) or not (`closed`): it does after 1006 and 4000 to 4499, and not after 4500
   * to 4999. With a token function it does after 4500, too, unless the function returned null; without one
   * it does not after 4002.
   */
  close: number;
  /**
   * The hub's error code if it sent one, such as `token_expired`. Otherwise `lost`, `silent` (no answer to
   * a ping), `timeout` (no answer to a connect), `token` (the callback threw or returned something that is
   * not a token, or the browser refuses the address), `token_expired`, `unauthorized` (nobody is signed
   * in), `user_changed`, `step_missing`, `disconnected`, `page_hidden` or `closed`.
   */
  code: string;
  /**
   * The hub's explanation if it sent one. Otherwise a detail for developers: it may be empty, or equal to
   * `code`.
   */
  message: string;
}

/**
 * An error of a request or a subscription: it was refused, or the client was closed before the answer. A lost
 * connection is no error: the request is sent again.
 */
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
