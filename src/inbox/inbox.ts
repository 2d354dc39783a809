// The object of one user: the notifications with their state, and the sockets of all devices. It only wires
// the parts together; objects/inbox-rpc.ts describes each call.

import { retryable } from "cloudflare:durable-objects";
import { DurableObject } from "cloudflare:workers";
import { Router } from "itty-router/Router";
import { Alarm } from "../live/alarm.ts";
import { LiveLog } from "../live/live-log.ts";
import type { Draft, Outcome } from "../log/entry.ts";
import { newEpoch } from "../log/epoch.ts";
import { Log } from "../log/log.ts";
import { LogStore } from "../log/store.ts";
import type { Env } from "../objects/env.ts";
import type { Asker, InboxRpc, ListQuery, Mark } from "../objects/inbox-rpc.ts";
import type { Batch, DeliverReply } from "../objects/member.ts";
import { nameOf } from "../objects/stubs.ts";
import { REVOKED, type Refusal, RefusalError } from "../protocol/error.ts";
import { retentionOf } from "../settings/settings.ts";
import { answerClose } from "../socket/close.ts";
import { limitRefusal } from "../socket/connection-limit.ts";
import { type FrameHandlers, receive } from "../socket/receive.ts";
import type { LiveSession } from "../socket/session.ts";
import { type Greeter, Sockets } from "../socket/sockets.ts";
import { readUpgrade, refusedByObject, type Upgrade, upgraded } from "../socket/upgrade.ts";
import { Erasure } from "./erasure.ts";
import { exportInbox } from "./export.ts";
import { FollowCursors } from "./follow-cursors.ts";
import { FollowStore } from "./follow-store.ts";
import { inboxFrames } from "./frames.ts";
import { greetInbox, isRevoked } from "./greet.ts";
import { InboxPolicy } from "./log-policy.ts";
import { Marks } from "./marks.ts";
import { countsOf, list } from "./read.ts";
import type { InboxMeta } from "./state.ts";
import { TopicMember } from "./topic-member.ts";

const clock = () => Date.now();

export class Inbox extends DurableObject<Env> implements InboxRpc {
  static {
    const { list, mark, revokes, disconnect, deliver, follow, unfollow, following } =
      Inbox.prototype;
    retryable(list, mark, revokes, disconnect, deliver, follow, unfollow, following);
    retryable(Inbox.prototype.erase);
  }

  readonly #sockets: Sockets;
  readonly #alarm: Alarm<"log">;
  readonly #cursors: FollowCursors;
  readonly #policy: InboxPolicy;
  readonly #log: Log<InboxMeta>;
  readonly #liveLog: LiveLog<InboxMeta>;
  readonly #member: TopicMember;
  readonly #erasure: Erasure;
  readonly #handlers: FrameHandlers;
  readonly #marks: Marks;
  readonly #router = Router();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const user = nameOf(ctx.id);
    const greeter: Greeter = {
      confirm: () => this.#log.confirm(),
      greet: (caller, since) => greetInbox(this.#log, caller, since, clock(), this.#policy.ageMs),
    };
    this.#sockets = new Sockets(ctx, greeter, clock);
    this.#cursors = new FollowCursors(new FollowStore(ctx.storage.sql));
    this.#policy = new InboxPolicy(retentionOf(env, "inbox"), this.#cursors);
    this.#log = new Log(new LogStore(ctx.storage), this.#policy, newEpoch);
    this.#liveLog = new LiveLog({
      log: this.#log,
      sockets: this.#sockets,
      arm: () => this.#alarm.arm("log"),
      alarmErased: () => this.#alarm.erased(),
      frame: ({ since, to, entries, removed }) => ({
        ...this.#summary(),
        since,
        to,
        messages: entries.map(({ text }) => text),
        ...(removed.length > 0 ? { removed } : {}),
      }),
      clock,
    });
    this.#alarm = new Alarm(ctx.storage, clock, { log: this.#liveLog });
    this.#marks = new Marks({
      log: this.#log,
      policy: this.#policy,
      sockets: this.#sockets,
      summary: () => this.#summary(),
      clock,
    });
    this.#member = new TopicMember({
      env,
      user,
      log: this.#log,
      sockets: this.#sockets,
      cursors: this.#cursors,
      append: (drafts) => this.#liveLog.append(drafts),
      clock,
    });
    const { joins, erasureGate, memberships, follows, subscriptions } = this.#member;
    const shared = { log: this.#log, sockets: this.#sockets, memberships, clock };
    this.#erasure = new Erasure({
      ...{ ...shared, joins, erasureGate, follows, subscriptions },
      policy: this.#policy,
      alarm: this.#alarm,
      cursors: this.#cursors,
    });
    this.#handlers = inboxFrames({
      ...{ ...shared, env, follows, subscriptions },
      ageMs: this.#policy.ageMs,
      mark: (change) => this.#marks.byUser(change),
    });
    this.#router.get("/export", () =>
      exportInbox(this.#log, user, this.#cursors.topics(), clock()),
    );
  }

  publish(drafts: Draft[], requestId: string | null = null): Promise<Outcome[]> {
    return this.#liveLog.publish(drafts, requestId);
  }

  deliver(batch: Batch): Promise<DeliverReply> {
    return this.#member.deliver(batch);
  }

  follow(topic: string, asker: Asker): Promise<boolean | Refusal> {
    return this.#change(topic, asker, () => this.#member.follows.follow(topic));
  }

  unfollow(topic: string, asker: Asker): Promise<boolean | Refusal> {
    return this.#change(topic, asker, () => this.#member.follows.unfollow(topic));
  }

  following(asker: Asker): string[] | Refusal {
    return this.#refusalOf(asker) ?? this.#cursors.topics();
  }

  list(query: ListQuery, asker: Asker): string | Refusal {
    return this.#refusalOf(asker) ?? list(this.#log, query, clock(), this.#policy.ageMs);
  }

  mark(change: Omit<Mark, "epoch"> & { epoch: string | null }, asker: Asker): string | Refusal {
    const whole = { ...change, epoch: change.epoch ?? this.#log.at(clock()).epoch };
    if (asker === "backend") return this.#marks.byBackend(whole);
    return this.#refusalOf(asker) ?? this.#marks.byUser(whole);
  }

  revokes(iat: number | null): boolean {
    this.#log.confirm();
    return isRevoked(this.#log.at(clock()).meta, iat);
  }

  disconnect(reconnect: boolean, notBefore: number | null): void {
    const { meta } = this.#log.at(clock());
    if (notBefore !== null && notBefore !== meta.notBefore)
      this.#log.change(clock(), (next) => {
        next.meta.notBefore = Math.max(notBefore, meta.notBefore ?? 0);
      });
    this.#sockets.closeAll(reconnect ? 4001 : 4503);
  }

  erase(): Promise<void> {
    return this.#erasure.erase();
  }

  /** Opens a socket, which needs no routing, or streams the export. */
  override fetch(request: Request): Response | Promise<Response> {
    const upgrade = readUpgrade(request);
    return upgrade === null ? this.#router.fetch(request) : this.#connect(upgrade);
  }

  override webSocketMessage(ws: WebSocket, data: string | ArrayBuffer): Promise<void> {
    return receive(this.#sockets, ws, data, this.#handlers, clock);
  }

  override webSocketClose(ws: WebSocket, code: number, reason: string): void {
    this.#sockets.forget(ws);
    answerClose(ws, code, reason);
  }

  override webSocketError(ws: WebSocket): void {
    this.webSocketClose(ws, 1006, "");
  }

  override alarm(): Promise<void> {
    return this.#alarm.fired();
  }

  #summary() {
    const { epoch, oldest, meta } = this.#log.at(clock());
    return { epoch, oldest, counts: countsOf(meta) };
  }

  /**
   * Follows or unfollows; returns whether that changed anything, or a refusal. An API key has no allowance:
   * the owner's backend may make any number of changes.
   */
  async #change(topic: string, asker: Asker, change: () => Promise<boolean>) {
    const refused = this.#refusalOf(asker);
    if (refused !== null) return refused;
    try {
      if (asker !== "backend") this.#member.memberships.spendToFollow(topic);
      return await change();
    } catch (cause) {
      // A thrown error would reach the caller with its message only, so a refusal is returned.
      if (cause instanceof RefusalError) return cause.refusal;
      throw cause;
    }
  }

  #refusalOf(asker: Asker): Refusal | null {
    if (asker === "backend") return null;
    return isRevoked(this.#log.at(clock()).meta, asker.iat) ? REVOKED : null;
  }

  #connect(upgrade: Upgrade): Response {
    const { caller, offered, topics = [], refusedTopics = [] } = upgrade;
    const refused =
      this.#refusalOf({ iat: caller.iat }) ?? limitRefusal(this.#sockets, caller.user, clock());
    if (refused !== null) return refusedByObject(refused);
    const { 0: client, 1: server } = new WebSocketPair();
    const greeted = (session: LiveSession) => {
      this.#member.subscriptions.refuse(session, refusedTopics);
      this.ctx.waitUntil(this.#member.subscriptions.begin(session, topics));
    };
    const isAsked = topics.length + refusedTopics.length > 0;
    this.#sockets.accept(server, upgrade, isAsked ? greeted : null);
    this.ctx.waitUntil(this.#member.checkFollows());
    return upgraded(client, offered);
  }
}
