// Which query parameters a route takes. Any other is refused: one that is misspelt would else list
// everything.

import type { Context } from "hono";
import { connectInbox, connectTopic } from "./connect.ts";
import { health } from "./health.ts";
import { deleteNotification, listNotifications } from "./inbox-routes.ts";
import { type Hub, throwRefusal } from "./request.ts";
import { listFollowers, listMessages } from "./topic-routes.ts";

export type Route = (c: Context<Hub>) => Response | Promise<Response>;

/** Of the routes that take any. */
const TAKEN = new Map<Route, readonly string[]>([
  [listNotifications, ["limit", "before", "state", "category", "since"]],
  [deleteNotification, ["epoch"]],
  [listMessages, ["limit", "before", "since"]],
  [listFollowers, ["limit", "after"]],
]);

/** Clients, proxies and monitors put parameters of their own into the addresses of these. */
const OPEN: readonly Route[] = [connectInbox, connectTopic, health];

const NAME_LENGTH_MAX = 128;

/** Gives the route as it is for requests whose query parameters it knows; others it refuses. */
export function withKnownQuery(route: Route): Route {
  if (OPEN.includes(route)) return route;
  const taken = TAKEN.get(route) ?? [];
  return function routeOrRefuse(c) {
    const { url } = c.req;
    // Most have none, and a publish is not made to wait for the reading of its address.
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
