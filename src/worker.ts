// The route table and the exports of the object classes. docs/http.md shows a call of each route.

import { Hono } from "hono";
import { connectInbox, connectTopic } from "./edge/connect.ts";
import { answerAfterBody } from "./edge/drain.ts";
import { health } from "./edge/health.ts";
import {
  deleteNotification,
  disconnectUser,
  eraseUser,
  exportUser,
  followTopic,
  listFollows,
  listNotifications,
  markNotifications,
  unfollowTopic,
} from "./edge/inbox-routes.ts";
import { type Route, withKnownQuery } from "./edge/known-query.ts";
import { admit, forbidCaching, methodNotAllowed, notFound, onError } from "./edge/middleware.ts";
import { publishToMany, publishToTopic, publishToUser } from "./edge/publish-routes.ts";
import type { Hub } from "./edge/request.ts";
import { mintToken } from "./edge/token-routes.ts";
import {
  deleteFollower,
  getDelivery,
  getFollower,
  getMessage,
  getTopic,
  listFollowers,
  listMessages,
  putTopic,
} from "./edge/topic-routes.ts";

export { Inbox } from "./inbox/inbox.ts";
export { Topic } from "./topic/topic.ts";

const routes: Record<string, Record<string, Route>> = {
  "/v1/users/:user/notifications": {
    POST: publishToUser,
    GET: listNotifications,
    PATCH: markNotifications,
  },
  "/v1/users/:user/notifications/:offset": { DELETE: deleteNotification },
  "/v1/users/:user/connections": { DELETE: disconnectUser },
  "/v1/users/:user/follows": { GET: listFollows },
  "/v1/users/:user/follows/:topic": { PUT: followTopic, DELETE: unfollowTopic },
  "/v1/users/:user/export": { GET: exportUser },
  "/v1/users/:user": { DELETE: eraseUser },
  "/v1/topics/:topic": { GET: getTopic, PUT: putTopic },
  "/v1/topics/:topic/messages/:offset": { GET: getMessage },
  "/v1/topics/:topic/messages/:offset/delivery": { GET: getDelivery },
  "/v1/topics/:topic/followers": { GET: listFollowers },
  "/v1/topics/:topic/followers/:user": { GET: getFollower, DELETE: deleteFollower },
  "/v1/topics/:topic/messages": { POST: publishToTopic, GET: listMessages },
  "/v1/topics/:topic/connect": { GET: connectTopic },
  "/v1/publish": { POST: publishToMany },
  "/v1/connect": { GET: connectInbox },
  "/v1/tokens": { POST: mintToken },
  "/v1/health": { GET: health },
};

const hub = new Hono<Hub>();
hub.use(answerAfterBody, forbidCaching, admit);
for (const [path, methods] of Object.entries(routes)) {
  for (const [method, route] of Object.entries(methods))
    hub.on(method, path, withKnownQuery(route));
  hub.all(path, methodNotAllowed(Object.keys(methods)));
}
hub.onError(onError);
hub.notFound(notFound);

export default hub;
