// The errors of a command, each with an exit code and a sentence that says how to fix it.

import { HubError } from "../client/server.ts";
import { printable } from "./printable.ts";

export const EXIT = { ok: 0, refused: 1, usage: 2, unreachable: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The command was called wrongly. */
export class UsageError extends Error {}

/** No hub answers, or the program that answers is not a hub. */
export class UnreachableError extends Error {}

/** Some messages or checks failed, and each failure has been printed already. */
export class PartlyRefusedError extends Error {}

/**
 * Takes a thrown value and the URL of the hub; returns the exit code and the text to print, or null for a
 * bug of this program.
 */
export function explain(
  cause: unknown,
  url: string | undefined,
): { code: ExitCode; text: string } | null {
  if (cause instanceof UsageError) return { code: EXIT.usage, text: cause.message };
  if (cause instanceof PartlyRefusedError) return { code: EXIT.refused, text: cause.message };
  if (cause instanceof HubError && cause.code !== "not_the_hub") {
    const request = cause.requestId === undefined ? "" : ` (request ${cause.requestId})`;
    return { code: EXIT.refused, text: printable(`${cause.message}${request}`) };
  }
  // An answer that is not JSON does not come from a hub either.
  if (cause instanceof HubError || cause instanceof SyntaxError) {
    const answer = printable(cause.message).slice(0, 120);
    return {
      code: EXIT.unreachable,
      text: `the server at ${url} is no hub: ${answer}. Set BELFRY_URL to the hub's address`,
    };
  }
  if (cause instanceof UnreachableError) return { code: EXIT.unreachable, text: cause.message };
  if (isNetworkFault(cause))
    return { code: EXIT.unreachable, text: unreachable(url, cause).message };
  return null;
}

export function unreachable(url: string | undefined, cause: unknown): UnreachableError {
  return new UnreachableError(
    `no hub answers at ${url} (${reasonOf(cause)}). Start one with \`npm start\`, or set BELFRY_URL`,
  );
}

/** Returns whether `fetch` failed this way: no answer, a broken one, or one that is not JSON. */
export function isNetworkFault(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  return (
    (cause instanceof TypeError && cause.cause instanceof Error) ||
    cause instanceof SyntaxError ||
    ["TimeoutError", "AbortError"].includes(cause.name) ||
    cause.message === "terminated"
  );
}

function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const { code, message } = inner as { code?: unknown; message?: string };
  // The code of a timeout (a DOMException) is a number, so its message says more.
  return printable(typeof code === "string" ? code : (message ?? String(inner)));
}
