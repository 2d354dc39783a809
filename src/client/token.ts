// The user of a session, as the app names it: by a token.

/**
 * Why a token is asked for: to connect; because the last one expired, or was refused; or for the
 * connection that is open, before its token ends.
 */
export type TokenReason = "connect" | "expired" | "refused" | "refresh";

/** A token, or a function that returns one. Null means that nobody is signed in, and ends the session. */
export type TokenSource =
  | string
  | ((reason: TokenReason) => string | null | Promise<string | null>);

/** The claim `sub`, unverified; empty where there is none. The hub refuses such a token. */
export function userOf(token: string): string {
  try {
    const [, claims] = token.replaceAll("-", "+").replaceAll("_", "/").split(".");
    return JSON.parse(atob(claims as string)).sub;
  } catch {
    return "";
  }
}
