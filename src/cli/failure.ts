// How a command fails, as its exit code and as a sentence that says what to do.

import { HubError } from "../client/server.ts";
import { printable } from "./printable.ts";

export const EXIT = { ok: 0, refused: 1, usage: 2, unreachable: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The command was called wrongly. */
export class UsageError extends Error {}

/** No hub answers, or what answers is none. */
export class UnreachableError extends Error {}

/** Some of what was sent was refused, and has been told already. */
export class PartlyRefusedError extends Error {}

/** Takes what was thrown and the hub that was called; null when it is a fault of this program. */
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
  // An answer that is not JSON is one of something else too.
  if (cause instanceof HubError || cause instanceof SyntaxError) {
    const answer = printable(cause.message).slice(0, 120);
    return {
      code: EXIT.unreachable,
      text: `what answers at ${url} is no hub: ${answer}. Set BELFRY_URL to the hub's address`,
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

/** What `fetch` throws when there is no answer, or one that is not JSON. */
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
  // What aborts by time has a number for a code, which says nothing.
  return printable(typeof code === "string" ? code : (message ?? String(inner)));
}
