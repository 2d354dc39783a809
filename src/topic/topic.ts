// One object per topic: its log, and the sockets that watch just this topic. Wiring only.

import { retryable } from "cloudflare:durable-objects";
import { DurableObject } from "cloudflare:workers";
import { Router } from "itty-router/Router";
import { requireUnrevoked, verifyRefresh } from "../edge/token.ts";
import type { Draft, Outcome } from "../log/entry.ts";
import { newEpoch } from "../log/epoch.ts";
import { Log } from "../log/log.ts";
import { LogStore } from "../log/store.ts";
import { nameOf } from "../objects.ts";
import { allows } from "../protocol/caps.ts";
import { RefusalError } from "../protocol/error.ts";
import { FRAME_PAGE_UNITS_MAX } from "../protocol/limits.ts";
import { parseHistorySince, SINCE_FORMS } from "../protocol/since.ts";
import { publishFromSocket } from "../publish/from-socket.ts";
import { type Env, retentionOf } from "../settings.ts";
import { answerClose } from "../socket/close.ts";
import { Feed, sweep } from "../socket/feed.ts";
import { limitRefusal } from "../socket/limit.ts";
import { receive, type Services } from "../socket/receive.ts";
import { type Greeter, Sockets } from "../socket/sockets.ts";
import { readUpgrade, refusedByObject, upgraded } from "../socket/upgrade.ts";
import { greetTopic } from "./connect.ts";
import { type HistoryQuery, history } from "./history.ts";
import { TopicKeep, type TopicOwn } from "./keep.ts";

const clock = () => Date.now();

export class Topic extends DurableObject<Env> {
  static {
    retryable(Topic.prototype.history);
  }

  readonly #sockets: Sockets;
  readonly #log: Log<TopicOwn>;
  readonly #feed: Feed<TopicOwn>;
  readonly #router = Router();
  readonly #name: string;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#name = nameOf(ctx.id);
    const greeter: Greeter = {
      confirm: () => this.#log.confirm(),
      greet: (caller, since) => greetTopic(this.#name, this.#log, caller, since, clock()),
    };
    this.#sockets = new Sockets(ctx, greeter, clock);
    const keep = new TopicKeep(retentionOf(env, "topic"));
    this.#log = new Log(new LogStore(ctx.storage), keep, newEpoch);
    this.#feed = new Feed(
      this.#log,
      this.#sockets,
      ({ since, to, entries }) => {
        const { epoch, oldest } = this.#log.at(clock());
        return { topic: this.#name, epoch, since, to, messages: entries, oldest };
      },
      clock,
    );
    this.#router.get("/connect", (request: Request) => this.#connect(request));
  }

  /**
   * Appends drafts; one outcome for each, given when all of them are durable. `requestId`, or the
   * connection of a publish over a socket, is for the log.
   */
  publish(drafts: Draft[], requestId: string | null = null): Promise<Outcome[]> {
    return this.#feed.publish(drafts, requestId);
  }

  /** A page of the log, as the text of a JSON object. */
  history(query: HistoryQuery): string {
    return history(this.#log, query, clock());
  }

  override fetch(request: Request): Promise<Response> {
    return this.#router.fetch(request);
  }

  override webSocketMessage(ws: WebSocket, data: string | ArrayBuffer): Promise<void> {
    return receive(this.#sockets, ws, data, this.#services, clock);
  }

  override webSocketClose(ws: WebSocket, code: number, reason: string): void {
    this.#sockets.forget(ws);
    answerClose(ws, code, reason);
  }

  override webSocketError(ws: WebSocket): void {
    this.webSocketClose(ws, 1006, "");
  }

  override alarm(): Promise<void> {
    return sweep(this.#log, this.#sockets, clock());
  }

  #connect(request: Request): Response {
    const { caller, since, offered } = readUpgrade(request);
    const refused = limitRefusal(this.#sockets, caller.user, clock());
    if (refused !== null) return refusedByObject(refused);
    const { 0: client, 1: server } = new WebSocketPair();
    this.#sockets.accept(server, caller, since);
    return upgraded(client, offered);
  }

  readonly #services: Services = {
    mark: () => {
      throw new RefusalError(
        "bad_request",
        "a topic's messages have no state: connect to an inbox",
      );
    },
    publish: ({ attachment }, frame) =>
      publishFromSocket(this.env, attachment, frame, {
        topic: this.#name,
        publish: (draft) => this.#feed.publish([draft], attachment.connection),
      }),
    history: (_session, frame) => {
      const since = frame.since === null ? null : parseHistorySince(frame.since, clock());
      if (frame.since !== null && since === null)
        throw new RefusalError("invalid_params", SINCE_FORMS, "since");
      const { before, limit } = frame;
      return this.history({ since, before, limit, unitsMax: FRAME_PAGE_UNITS_MAX });
    },
    refresh: async (session, { token }) => {
      const claims = await verifyRefresh(this.env, session.attachment.user, token, clock());
      if (!allows(claims.caps, "subscribe", this.#name))
        throw new RefusalError("insufficient_scope", "the new token may not subscribe here");
      const { user } = session.attachment;
      if (user !== null) await requireUnrevoked(this.env, { user, iat: claims.iat });
      session.attachment = { ...session.attachment, ...claims };
      this.#sockets.save(session);
      return JSON.stringify({ expires_in: claims.exp - Math.floor(clock() / 1000) });
    },
  };
}
