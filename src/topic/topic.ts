// One object per topic: its log, its members, and the sockets that watch only this topic. The file only
// connects the parts; objects/topic-rpc.ts describes each call.

import { retryable } from "cloudflare:durable-objects";
import { DurableObject } from "cloudflare:workers";
import { FanOut } from "../delivery/fan-out.ts";
import { MemberStore } from "../delivery/member-store.ts";
import { MemberStubs } from "../delivery/member-stubs.ts";
import { Members } from "../delivery/members.ts";
import { Alarm } from "../live/alarm.ts";
import { LiveLog } from "../live/live-log.ts";
import type { Draft, Outcome } from "../log/entry.ts";
import { newEpoch } from "../log/epoch.ts";
import { Log } from "../log/log.ts";
import { LogStore } from "../log/store.ts";
import type { Env } from "../objects/env.ts";
import type { Delivery, Joined, Joining } from "../objects/member.ts";
import { nameOf } from "../objects/stubs.ts";
import type { HistoryQuery, TopicRpc, TopicSummary } from "../objects/topic-rpc.ts";
import { allows } from "../protocol/caps.ts";
import { printCursor } from "../protocol/cursor.ts";
import { isRefusal, type Refusal } from "../protocol/error.ts";
import { topicDefaultsOf, topicSocketsMaxOf } from "../settings/settings.ts";
import type { TopicDefaults, TopicSettings } from "../settings/topic.ts";
import { ANONYMOUS, type Attachment } from "../socket/attachment.ts";
import { answerClose } from "../socket/close.ts";
import { crowdRefusal, limitRefusal } from "../socket/connection-limit.ts";
import { type FrameHandlers, receive } from "../socket/receive.ts";
import { type Greeter, Sockets } from "../socket/sockets.ts";
import { readUpgrade, refusedByObject, type Upgrade, upgraded } from "../socket/upgrade.ts";
import { followersOf } from "./followers.ts";
import { topicFrames } from "./frames.ts";
import { greetTopic } from "./greet.ts";
import { history, messageAt } from "./history.ts";
import { Idle } from "./idle.ts";
import { join } from "./join.ts";
import { type TopicMeta, TopicPolicy } from "./log-policy.ts";

const clock = () => Date.now();

/** Whether a caller is connected only because the topic is public. */
const needsPublic = ({ source, user, caps }: Attachment, topic: string) =>
  source === ANONYMOUS || (user !== null && !allows(caps, "subscribe", topic));

export class Topic extends DurableObject<Env> implements TopicRpc {
  static {
    const { history, message, delivery, join, leave, followers, standing, set } = Topic.prototype;
    retryable(history, message, delivery, join, leave, followers, standing, set);
  }

  readonly #name: string;
  readonly #defaults: TopicDefaults;
  readonly #sockets: Sockets;
  readonly #alarm: Alarm<"delivery" | "idle" | "log">;
  readonly #log: Log<TopicMeta>;
  readonly #members: Members;
  readonly #inboxes: MemberStubs;
  readonly #fanOut: FanOut<TopicMeta>;
  readonly #idle: Idle;
  readonly #liveLog: LiveLog<TopicMeta>;
  readonly #handlers: FrameHandlers;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const topic = nameOf(ctx.id);
    const greeter: Greeter = {
      confirm: () => this.#log.confirm(),
      greet: (caller, since) =>
        greetTopic(topic, this.#log, caller, since, clock(), this.#sockets.size),
    };
    this.#name = topic;
    this.#defaults = topicDefaultsOf(env, topic);
    this.#sockets = new Sockets(ctx, greeter, clock);
    this.#log = new Log(new LogStore(ctx.storage), new TopicPolicy(this.#defaults), newEpoch);
    this.#members = new Members(new MemberStore(ctx.storage.sql));
    this.#inboxes = new MemberStubs(env);
    this.#fanOut = new FanOut({
      label: { topic },
      log: this.#log,
      members: this.#members,
      arm: () => this.#alarm.arm("delivery"),
      deliver: (member, batch) => {
        const isPublic = this.#access() === "public";
        return this.#inboxes.of(member).deliver({ ...batch, topic, isPublic });
      },
      forget: (member) => this.#inboxes.forget(member),
      clock,
      random: Math.random,
    });
    this.#idle = new Idle({
      log: this.#log,
      members: this.#members,
      fanOut: this.#fanOut,
      arm: () => this.#alarm.arm("idle"),
      alarmErased: () => this.#alarm.erased(),
      clock,
    });
    this.#liveLog = new LiveLog({
      log: this.#log,
      sockets: this.#sockets,
      arm: () => this.#alarm.arm("log"),
      alarmErased: () => this.#alarm.erased(),
      swept: () => this.#idle.eraseUnused(),
      frame: ({ since, to, entries }) => {
        const { epoch, oldest } = this.#log.at(clock());
        return { topic, epoch, since, to, messages: entries.map(({ text }) => text), oldest };
      },
      committed: (drafts, { outcomes }) => this.#fanOut.committed(drafts, outcomes),
      clock,
    });
    this.#alarm = new Alarm(ctx.storage, clock, {
      delivery: this.#fanOut,
      idle: this.#idle,
      log: this.#liveLog,
    });
    this.#handlers = topicFrames({
      env,
      topic,
      log: this.#log,
      sockets: this.#sockets,
      isPublic: () => this.#access() === "public",
      publish: (draft, requestId) => this.publish([draft], requestId),
      clock,
    });
  }

  async publish(drafts: Draft[], requestId: string | null = null): Promise<Outcome[]> {
    this.#fanOut.restorePosition();
    const outcomes = await this.#liveLog.publish(drafts, requestId);
    await this.#fanOut.guard();
    return outcomes;
  }

  history(query: HistoryQuery, unlessPublic: Refusal | null = null): string | Refusal {
    return this.#refused(unlessPublic) ?? history(this.#log, query, clock());
  }

  message(offset: number, unlessPublic: Refusal | null = null): string | null | Refusal {
    return this.#refused(unlessPublic) ?? messageAt(this.#log, offset, clock());
  }

  delivery(offset: number): Delivery | null {
    return offset > this.#log.at(clock()).head ? null : this.#fanOut.deliveryOf(offset);
  }

  async join(joining: Joining): Promise<Joined | Refusal> {
    this.#log.confirm();
    const refused = this.#refused(joining.unlessPublic);
    if (refused !== null) return refused;
    const joined = join(this.#log, this.#members, joining, newEpoch, clock());
    if (isRefusal(joined)) this.#fanOut.checkSome();
    // A member that joins again while it is behind is retried at once.
    else {
      this.#fanOut.start();
      if (!joining.follows) await this.#idle.begin();
    }
    return joined;
  }

  async leave(member: string, watches: boolean, at?: number): Promise<void> {
    const wasMember = this.#members.all().has(member);
    if (this.#members.leave(member, watches, at)) this.#inboxes.forget(member);
    if (this.#members.size === 0)
      this.#log.changeInMemory(clock(), (meta) => {
        meta.delivered = null;
      });
    if (wasMember) await this.#idle.begin();
  }

  followers(after: string, limit: number): string[] {
    return followersOf(this.#members, after, limit);
  }

  standing(): TopicSummary {
    const { epoch, head, meta } = this.#log.at(clock());
    const cursor = printCursor(epoch, head);
    return { ...this.#defaults, ...meta.settings, cursor, members: this.#members.size };
  }

  async set(settings: TopicSettings): Promise<TopicSummary> {
    const now = clock();
    const { ageMs } = { ...this.#defaults, ...settings };
    this.#log.change(now, (next) => {
      next.meta.settings = Object.keys(settings).length === 0 ? null : settings;
      // With a shorter age more messages may have aged, and the alarm must come earlier.
      next.due = 0;
      if (next.alarm !== null) next.alarm = Math.min(next.alarm, now + ageMs);
    });
    await this.#alarm.arm("log");
    if (this.standing().access === "token")
      this.#sockets.closeWhere(4501, (caller) => needsPublic(caller, this.#name));
    return this.standing();
  }

  /** Handles an upgrade; no other HTTP request reaches a topic. */
  override fetch(request: Request): Response {
    const upgrade = readUpgrade(request);
    return upgrade === null ? new Response(null, { status: 404 }) : this.#connect(upgrade);
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

  #access() {
    return this.#log.at(clock()).meta.settings?.access ?? this.#defaults.access;
  }

  #refused(unlessPublic: Refusal | null): Refusal | null {
    if (unlessPublic === null || this.#access() === "public") return null;
    return unlessPublic;
  }

  #connect(upgrade: Upgrade): Response {
    const { caller, offered, unlessPublic = null } = upgrade;
    const refused =
      this.#refused(unlessPublic) ??
      limitRefusal(this.#sockets, caller.user, clock()) ??
      crowdRefusal(this.#sockets, caller, topicSocketsMaxOf(this.env), clock());
    if (refused !== null) return refusedByObject(refused);
    this.#fanOut.start();
    const { 0: client, 1: server } = new WebSocketPair();
    this.#sockets.accept(server, upgrade);
    return upgraded(client, offered);
  }
}
