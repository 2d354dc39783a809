// The middleware around every route: the checks before it, and the answers to errors.

import type { Context, Next } from "hono";
import { cors } from "hono/cors";
import { isRefusal, RefusalError, refusal } from "../protocol/error.ts";
import { type Settings, settingsOf } from "../settings/settings.ts";
import { requireAddressLimit } from "./limit.ts";
import { answerRefusal } from "./problem.ts";
import type { Hub } from "./request.ts";

/** Refuses plain http, foreign origins, and everything on a hub that lacks its secrets. */
export async function admit(c: Context<Hub>, next: Next): Promise<Response | undefined> {
  c.set("requestId", `r_${crypto.randomUUID()}`);
  const url = c.req.url;
  if (url.startsWith("http:") && !LOCAL.test(url))
    throw new RefusalError(refusal("bad_request", "use https"));
  if (c.req.path === "/v1/health") {
    await next();
    return undefined;
  }
  const settings = settingsOf(c.env);
  if (isRefusal(settings)) throw new RefusalError(settings);
  c.set("settings", settings);
  const { LIMIT_BY_IP: limit } = c.env;
  const proceed =
    limit === undefined
      ? next
      : async () => {
          await requireAddressLimit(limit, c.req.raw, settings);
          await next();
        };
  const origin = c.req.header("origin");
  if (origin === undefined) {
    await proceed();
    return undefined;
  }
  if (!isAllowed(origin, url, settings))
    throw new RefusalError(
      refusal("origin_not_allowed", `add ${origin} to the var ALLOWED_ORIGINS`),
    );
  return (await withCors(c, proceed)) ?? undefined;
}

/** Forbids caching of every answer, since nearly all of them belong to one user. */
export async function forbidCaching(c: Context<Hub>, next: Next): Promise<void> {
  await next();
  const { status, headers } = c.res;
  // The answer to an upgrade comes from the object, and its headers cannot be changed.
  if (status !== 101 && !headers.has("cache-control")) headers.set("cache-control", "no-store");
}

/** Sets `Access-Control-*` for an origin that is allowed. */
const withCors = cors({
  origin: (origin) => origin,
  allowMethods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
  allowHeaders: ["authorization", "content-type", "idempotency-key", "last-event-id"],
  exposeHeaders: ["idempotency-replayed", "retry-after"],
  maxAge: 86_400,
});

/** Allows pages of the hub's own host, and the origins in ALLOWED_ORIGINS, or all with `*`. */
function isAllowed(origin: string, url: string, { allowedOrigins }: Settings): boolean {
  return (
    allowedOrigins.includes(origin) ||
    allowedOrigins.includes("*") ||
    new URL(url).origin === origin
  );
}

/** Matches plain http that does not leave the machine. */
const LOCAL = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?\//;

/** For Hono's onError: the one place that turns an error into an answer. */
export function onError(cause: Error, c: Context<Hub>): Response {
  return answerRefusal(cause, c);
}

/** Answers a path that is no route. */
export function notFound(c: Context<Hub>): Response {
  const fix = "the routes are listed in docs/http.md";
  return answerRefusal(new RefusalError(refusal("not_found", fix)), c);
}

/** Returns the handler for a known path that is called with another method. */
export function methodNotAllowed(methods: string[]) {
  return function refuseMethod(c: Context<Hub>): Response {
    const allow = methods.join(", ");
    const response = answerRefusal(
      new RefusalError(refusal("method_not_allowed", `use ${allow}`)),
      c,
    );
    response.headers.set("allow", allow);
    return response;
  };
}
