// The query parameters of each route. Any other is refused: with a misspelt one, a route would list
// everything.

import type { Context } from "hono";
import { connectInbox, connectTopic } from "./connect.ts";
import { health } from "./health.ts";
import { deleteNotification, listNotifications } from "./inbox-routes.ts";
import { type Hub, throwRefusal } from "./request.ts";
import { listFollowers, listMessages } from "./topic-routes.ts";

export type Route = (c: Context<Hub>) => Response | Promise<Response>;

/** The parameters of the routes that take any. */
const TAKEN = new Map<Route, readonly string[]>([
  [listNotifications, ["limit", "before", "state", "category", "since"]],
  [deleteNotification, ["epoch"]],
  [listMessages, ["limit", "before", "since"]],
  [listFollowers, ["limit", "after"]],
]);

/** Clients, proxies and monitors add parameters of their own to the URLs of these routes. */
const OPEN: readonly Route[] = [connectInbox, connectTopic, health];

const NAME_LENGTH_MAX = 128;

/** Takes a route; returns one that refuses requests with unknown query parameters. */
export function withKnownQuery(route: Route): Route {
  if (OPEN.includes(route)) return route;
  const taken = TAKEN.get(route) ?? [];
  return function routeOrRefuse(c) {
    const { url } = c.req;
    // Most requests have no query, and a publish must not wait until its URL is parsed.
    const names = url.includes("?") ? [...new URL(url).searchParams.keys()] : [];
    const unknown = names.find((name) => !taken.includes(name))?.slice(0, NAME_LENGTH_MAX);
    if (unknown === undefined) return route(c);
    const known = taken.length === 0 ? "this route takes none" : `it takes ${taken.join(", ")}`;
    return throwRefusal(
      "invalid_params",
      `\`${unknown}\` is not a known query parameter: ${known}`,
      unknown,
    );
  };
}
