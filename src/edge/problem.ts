// The answer to an error: problem+json (RFC 9457) or, for a browser's socket, a frame and a close code.
// The answer never holds a stack trace. Each error is one line in the log.

import type { Context } from "hono";
import { failureOf } from "../objects/stubs.ts";
import { CLOSES } from "../protocol/close.ts";
import { printError } from "../protocol/down.ts";
import { ERRORS, type ErrorCode, type Refusal, RefusalError, refusal } from "../protocol/error.ts";
import { SILENCE_MS } from "../protocol/limits.ts";
import type { Hub } from "./request.ts";
import { offerOf } from "./subprotocol.ts";

/**
 * The time after which the same request may succeed, by code; unknown for the codes that are absent.
 */
const RETRY_AFTER_SECONDS: { [code in ErrorCode]?: number } = {
  // A restarted object answers at once; a busy one needs the time to work off its queue.
  temporary: 2,
  overloaded: 10,
  // The allowances of a user refill within seconds.
  too_many_requests: 10,
  // By then a socket that has fallen silent makes room.
  connection_limit: SILENCE_MS / 1000,
  // The deployer has to configure the hub first.
  not_configured: 60,
};

/** Takes an error; returns the answer to the client and writes a log line. */
export function answerRefusal(cause: unknown, c: Context<Hub>): Response {
  const refused = refusalFromThrown(cause);
  const { status } = ERRORS[refused.code];
  const requestId = c.get("requestId");
  log(c, refused, status, requestId, cause);
  const { protocol } = offerOf(c.req.raw);
  // A browser cannot see the status of a refused upgrade, only the close code of a socket.
  if (protocol !== null) return refuseSocket(refused, protocol);
  const seconds = cause instanceof RefusalError ? cause.retryAfterSeconds : null;
  return problem(refused, requestId, seconds ?? RETRY_AFTER_SECONDS[refused.code]);
}

function problem(refused: Refusal, requestId: string, seconds: number | undefined): Response {
  const { status, title, temporary } = ERRORS[refused.code];
  const { code, fix, field } = refused;
  const body = {
    title,
    status,
    code,
    temporary,
    fix,
    request_id: requestId,
    ...(field === undefined ? {} : { field }),
  };
  const headers = new Headers({ "content-type": "application/problem+json" });
  if (status === 401) headers.set("www-authenticate", challenge(refused));
  if (seconds !== undefined) headers.set("retry-after", `${seconds}`);
  return new Response(JSON.stringify(body), { status, headers });
}

/** RFC 6750 §3: a request without credentials receives no error code. */
function challenge({ code }: Refusal): string {
  return code === "unauthorized" ? "Bearer" : 'Bearer error="invalid_token"';
}

/** Accepts the socket at the edge, so that no object is woken, sends the error and closes. */
function refuseSocket(refused: Refusal, offered: string): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  const { close } = ERRORS[refused.code];
  server.accept();
  server.send(printError(null, refused));
  server.close(close, CLOSES[close]);
  return new Response(null, {
    status: 101,
    webSocket: client,
    headers: { "sec-websocket-protocol": offered },
  });
}

/**
 * Returns the refusal for an error. An error that is neither a refusal nor from the platform is our
 * fault.
 */
function refusalFromThrown(cause: unknown): Refusal {
  if (cause instanceof RefusalError) return cause.refusal;
  const failure = failureOf(cause);
  if (failure !== null) return failure;
  return refusal("internal", "send it again; if it stays so, look up the request_id in the logs");
}

/** Matches a token, its beginning, or an API key in a path or in the name of a parameter. */
const CREDENTIAL = /eyJ[\w.-]+|bk_[\w-]+/g;

const redacted = (_name: string, value: unknown) =>
  typeof value === "string" ? value.replace(CREDENTIAL, "…") : value;

function log(
  c: Context<Hub>,
  { code, field }: Refusal,
  status: number,
  requestId: string,
  cause: unknown,
): void {
  const line = {
    event: status >= 500 ? "failed" : "refused",
    request_id: requestId,
    method: c.req.method,
    path: c.req.path,
    status,
    code,
    ...(field === undefined ? {} : { field }),
    ...(cause instanceof RefusalError ? {} : { cause: String(cause) }),
  };
  if (status >= 500) console.error(JSON.stringify(line, redacted));
  else console.log(JSON.stringify(line, redacted));
}
