// The handlers of the frames from sockets that watch only one topic.

import type { Draft, Outcome } from "../log/entry.ts";
import type { Log } from "../log/log.ts";
import type { Env } from "../objects/env.ts";
import { requireUnrevoked } from "../objects/revocation.ts";
import { RefusalError, refusal } from "../protocol/error.ts";
import { FRAME_PAGE_UNITS_MAX } from "../protocol/limits.ts";
import { parseHistorySince, SINCE_FORMS } from "../protocol/since.ts";
import { publishFromSocket } from "../publish/from-socket.ts";
import type { FrameHandlers } from "../socket/receive.ts";
import { requireReader } from "../socket/session.ts";
import type { Sockets } from "../socket/sockets.ts";
import { capRefusal } from "../trust/may.ts";
import { verifyRefresh } from "../trust/token.ts";
import { history } from "./history.ts";
import type { TopicMeta } from "./log-policy.ts";

export interface TopicFramesDeps {
  env: Env;
  topic: string;
  log: Log<TopicMeta>;
  sockets: Sockets;
  isPublic(): boolean;
  publish(draft: Draft, requestId: string): Promise<Outcome[]>;
  clock(): number;
}

export function topicFrames(deps: TopicFramesDeps): FrameHandlers {
  const { env, topic, log, sockets, isPublic, publish, clock } = deps;
  const ofInbox = () => {
    throw new RefusalError(
      refusal(
        "bad_request",
        "this socket watches one topic, which has neither state nor others: connect to /v1/connect",
      ),
    );
  };
  return {
    read: ofInbox,
    unread: ofInbox,
    seen: ofInbox,
    archive: ofInbox,
    unarchive: ofInbox,
    delete: ofInbox,
    subscribe: ofInbox,
    unsubscribe: ofInbox,
    follow: ofInbox,
    unfollow: ofInbox,

    publish: ({ attachment }, frame) =>
      publishFromSocket(env, attachment, frame, {
        topic,
        publish: (draft) => publish(draft, attachment.connection),
      }),

    history: (session, frame) => {
      requireReader(session);
      const since = frame.since === null ? null : parseHistorySince(frame.since, clock());
      if (frame.since !== null && since === null)
        throw new RefusalError(refusal("invalid_params", SINCE_FORMS, "since"));
      const { before, limit } = frame;
      return history(log, { since, before, limit, unitsMax: FRAME_PAGE_UNITS_MAX }, clock());
    },

    refresh: async (session, { token }) => {
      const claims = await verifyRefresh(env, session.attachment.user, token, clock());
      const refused = isPublic() ? null : capRefusal(claims.caps, "subscribe", topic);
      if (refused !== null) throw new RefusalError({ ...refused, field: "token" });
      const { user } = session.attachment;
      if (user !== null) await requireUnrevoked(env, { user, iat: claims.iat });
      session.attachment = { ...session.attachment, ...claims };
      sockets.save(session);
      return JSON.stringify({ expires_in: claims.exp - Math.floor(clock() / 1000) });
    },
  };
}
