// The handlers of an inbox for the frames of its user's sockets.

import type { Log } from "../log/log.ts";
import type { Env } from "../objects/env.ts";
import type { Mark } from "../objects/inbox-rpc.ts";
import { isRefusal, REVOKED, type Refusal, RefusalError, refusal } from "../protocol/error.ts";
import { FRAME_PAGE_UNITS_MAX } from "../protocol/limits.ts";
import { parseTopicSince, SUBSCRIBE_SINCE_FORMS } from "../protocol/since.ts";
import type { MarkFrame } from "../protocol/up.ts";
import { publishFromSocket } from "../publish/from-socket.ts";
import { fits } from "../socket/attachment.ts";
import type { FrameHandlers } from "../socket/receive.ts";
import { type LiveSession, requireReader } from "../socket/session.ts";
import type { Sockets } from "../socket/sockets.ts";
import { requireCap } from "../trust/may.ts";
import { verifyRefresh } from "../trust/token.ts";
import { markFromFrame } from "./apply-mark.ts";
import type { Follows } from "./follow.ts";
import { isRevoked } from "./greet.ts";
import type { Memberships } from "./memberships.ts";
import { list } from "./read.ts";
import type { InboxMeta } from "./state.ts";
import type { Subscriptions } from "./subscriptions.ts";

export interface InboxFramesDeps {
  env: Env;
  log: Log<InboxMeta>;
  ageMs: number;
  sockets: Sockets;
  subscriptions: Subscriptions;
  follows: Follows;
  memberships: Memberships;
  mark(change: Mark): string | Refusal;
  clock(): number;
}

export function inboxFrames(deps: InboxFramesDeps): FrameHandlers {
  const { env, log, ageMs, sockets, subscriptions, follows, memberships, clock } = deps;
  const mark = (_session: LiveSession, frame: MarkFrame) => {
    const result = deps.mark(markFromFrame(frame));
    if (isRefusal(result)) throw new RefusalError(result);
    return result;
  };
  return {
    read: mark,
    unread: mark,
    seen: mark,
    archive: mark,
    unarchive: mark,
    delete: mark,

    publish: ({ attachment }, frame) => publishFromSocket(env, attachment, frame, null),

    history: (session, { before, limit }) => {
      requireReader(session);
      const all = { state: null, category: null, since: null };
      const query = { ...all, limit, before, unitsMax: FRAME_PAGE_UNITS_MAX };
      return list(log, query, clock(), ageMs);
    },

    refresh: async (session, { token }) => {
      const claims = await verifyRefresh(env, session.attachment.user, token, clock());
      if (isRevoked(log.at(clock()).meta, claims.iat)) throw new RefusalError(REVOKED);
      const attachment = { ...session.attachment, ...claims };
      if (!fits(attachment))
        throw new RefusalError(
          refusal("connection_limit", "shorten the token's caps, or unsubscribe first"),
        );
      session.attachment = attachment;
      sockets.save(session);
      await subscriptions.revise(session);
      return JSON.stringify({ expires_in: claims.exp - Math.floor(clock() / 1000) });
    },

    subscribe: (session, { topic, since: text }) => {
      requireReader(session);
      const since = parseTopicSince(text, clock());
      if (since === null)
        throw new RefusalError(refusal("invalid_params", SUBSCRIBE_SINCE_FORMS, "since"));
      return subscriptions.subscribe(session, topic, since);
    },

    unsubscribe: async (session, { topic }) => {
      const changed = await subscriptions.unsubscribe(session, topic);
      if (changed) await follows.leaveUnwatched(topic);
      return JSON.stringify({ topic, changed });
    },

    follow: async ({ attachment }, { topic }) => {
      requireCap(attachment.caps, "follow", topic);
      memberships.spendToFollow(topic);
      return JSON.stringify({ topic, changed: await follows.follow(topic) });
    },

    // An unfollow needs no cap.
    unfollow: async (_session, { topic }) => {
      memberships.spendToFollow(topic);
      return JSON.stringify({ topic, changed: await follows.unfollow(topic) });
    },
  };
}
