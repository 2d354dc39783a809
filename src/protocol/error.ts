// The errors that leave the hub: a few stable codes, the same over HTTP and in frames.

import type { CloseCode } from "./close.ts";

interface ErrorClass {
  status: number;
  title: string;
  /** Whether the same request may succeed later without a change. */
  temporary: boolean;
  /**
   * The close code that refuses a browser's socket for this reason: a page cannot see the status.
   */
  close: CloseCode;
}

export const ERRORS = {
  bad_request: { status: 400, title: "The request is malformed", temporary: false, close: 4502 },
  unauthorized: {
    status: 401,
    title: "Credentials are missing or not accepted",
    temporary: false,
    close: 4500,
  },
  invalid_token: { status: 401, title: "The token is not valid", temporary: false, close: 4500 },
  token_expired: { status: 401, title: "The token has expired", temporary: false, close: 4002 },
  insufficient_scope: { status: 403, title: "Not allowed", temporary: false, close: 4501 },
  origin_not_allowed: { status: 403, title: "Origin not allowed", temporary: false, close: 4501 },
  not_found: { status: 404, title: "Not found", temporary: false, close: 4501 },
  method_not_allowed: { status: 405, title: "Method not allowed", temporary: false, close: 4502 },
  other_epoch: { status: 409, title: "The log began anew", temporary: false, close: 4502 },
  payload_too_large: { status: 413, title: "Too large", temporary: false, close: 4502 },
  unsupported_media_type: {
    status: 415,
    title: "Unsupported media type",
    temporary: false,
    close: 4502,
  },
  invalid_params: { status: 422, title: "A value is not valid", temporary: false, close: 4502 },
  idempotency_mismatch: {
    status: 422,
    title: "The id was used for another message",
    temporary: false,
    close: 4502,
  },
  upgrade_required: { status: 426, title: "Upgrade required", temporary: false, close: 4504 },
  too_many_requests: { status: 429, title: "Too many requests", temporary: true, close: 4008 },
  connection_limit: { status: 429, title: "Too many connections", temporary: true, close: 4008 },
  member_limit: {
    status: 429,
    title: "Too many followers or follows",
    temporary: false,
    close: 4501,
  },
  internal: { status: 500, title: "Internal error", temporary: true, close: 4001 },
  not_supported: { status: 501, title: "Not supported here", temporary: false, close: 4502 },
  overloaded: { status: 503, title: "Overloaded", temporary: true, close: 4001 },
  temporary: { status: 503, title: "Temporarily unavailable", temporary: true, close: 4001 },
  not_configured: { status: 503, title: "The hub is not configured", temporary: true, close: 4001 },
} as const satisfies Record<string, ErrorClass>;

export type ErrorCode = keyof typeof ERRORS;

/**
 * A refusal: `fix` is a sentence with the remedy; `field` names the part of the request at fault.
 */
export interface Refusal {
  code: ErrorCode;
  fix: string;
  field?: string;
}

/** Takes the parts of a refusal; returns the value that every check of the hub answers with. */
export function refusal(code: ErrorCode, fix: string, field?: string): Refusal {
  return field === undefined ? { code, fix } : { code, fix, field };
}

/** Returns whether a check answered with a refusal: nothing else that it may return has a `code`. */
export function isRefusal(value: unknown): value is Refusal {
  return typeof value === "object" && value !== null && "code" in value;
}

/** The refusal of a revoked token, the same on all routes and sockets. */
export const REVOKED = refusal("invalid_token", "the token was revoked: get a new one");

/**
 * A refusal as an exception, which leaves the call chain at once. The edge and the objects catch it and
 * answer with the refusal.
 */
export class RefusalError extends Error {
  readonly refusal: Refusal;
  /** Seconds until the same request may succeed; null when its code alone determines that. */
  readonly retryAfterSeconds: number | null;
  constructor(refusal: Refusal, retryAfterSeconds: number | null = null) {
    super(refusal.fix);
    this.name = "RefusalError";
    this.refusal = refusal;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
