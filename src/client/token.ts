// Who the user is, as the app says it.

/**
 * Why a token is asked for: to connect; because the last one expired, or was refused; or for the
 * connection that is open, before its token ends.
 */
export type TokenReason = "connect" | "expired" | "refused" | "refresh";

/** A token, or who gives one. Null says that nobody is signed in, and closes the connection. */
export type TokenSource =
  | string
  | ((reason: TokenReason) => string | null | Promise<string | null>);
