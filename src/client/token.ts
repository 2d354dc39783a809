// The token of a session, which names its user.

/**
 * The reason for a call of the app's token function: to connect; because the last token expired, or was
 * refused; or to refresh an open connection before its token ends.
 */
export type TokenReason = "connect" | "expired" | "refused" | "refresh";

/** A token, or a function that returns one. Null ends the session: nobody is signed in. */
export type TokenSource =
  | string
  | ((reason: TokenReason) => string | null | Promise<string | null>);

/** Returns the claim `sub`, unverified; empty for a malformed token, which the hub refuses. */
export function userOf(token: string): string {
  try {
    const [, claims] = token.replaceAll("-", "+").replaceAll("_", "/").split(".");
    return JSON.parse(atob(claims as string)).sub;
  } catch {
    return "";
  }
}
