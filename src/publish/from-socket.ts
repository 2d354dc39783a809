// Publishes that come over a socket: to a topic, where the caps of the token allow it.

import type { Draft, Outcome } from "../log/entry.ts";
import type { Env } from "../objects/env.ts";
import { requireUnrevoked } from "../objects/revocation.ts";
import { logOf } from "../objects/stubs.ts";
import { isRefusal, RefusalError, refusal } from "../protocol/error.ts";
import type { PublishFrame } from "../protocol/up.ts";
import type { Attachment } from "../socket/attachment.ts";
import { requireCap } from "../trust/may.ts";
import { prepare } from "./prepare.ts";
import { publishedOf } from "./reply.ts";

/**
 * The topic of the object that holds the socket, with a direct way to publish there; null for an inbox.
 */
export interface OwnTopic {
  topic: string;
  publish(draft: Draft): Promise<Outcome[]>;
}

/**
 * Returns `{ message: { id, offset, epoch, duplicate } }` as JSON text once the message is written.
 * Throws a RefusalError when the publish is refused.
 */
export async function publishFromSocket(
  env: Env,
  { connection, user, source, caps, iat }: Attachment,
  frame: PublishFrame,
  own: OwnTopic | null,
): Promise<string> {
  const topic = frame.topic ?? own?.topic;
  if (topic === undefined)
    throw new RefusalError(refusal("bad_request", "say the `topic`", "topic"));
  // An API key that only watches has no caps. It publishes over HTTP, where its scopes are checked.
  requireCap(caps, "publish", topic);
  // An inbox has closed the sockets of revoked tokens already; a topic's object does not know of them.
  if (own !== null && user !== null) await requireUnrevoked(env, { user, iat });
  const publisher = { source, isUser: user !== null, others: [], requestId: connection };
  const prepared = await prepare(frame.message, { kind: "topic", name: topic }, publisher, null);
  if (isRefusal(prepared)) throw new RefusalError(prepared);
  const { to, draft } = prepared;
  const [outcome] =
    to.kind === "topic" && to.name === own?.topic
      ? await own.publish(draft)
      : await logOf(env, to).publish([draft], connection);
  if (outcome === undefined) throw new Error("a publish had no outcome");
  const message = publishedOf(outcome);
  if (isRefusal(message)) throw new RefusalError(message);
  return JSON.stringify({ message });
}
