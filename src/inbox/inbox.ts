// One object per user: the notifications with their state, and the sockets of all devices. Wiring
// only.

import { retryable } from "cloudflare:durable-objects";
import { DurableObject } from "cloudflare:workers";
import { Router } from "itty-router/Router";
import { verifyRefresh } from "../edge/token.ts";
import type { Draft, Outcome } from "../log/entry.ts";
import { newEpoch } from "../log/epoch.ts";
import { Log } from "../log/log.ts";
import { LogStore } from "../log/store.ts";
import { nameOf } from "../objects.ts";
import { printMessages } from "../protocol/down.ts";
import { REVOKED, type Refusal, RefusalError } from "../protocol/error.ts";
import { FRAME_PAGE_UNITS_MAX } from "../protocol/limits.ts";
import { publishFromSocket } from "../publish/from-socket.ts";
import { type Env, retentionOf } from "../settings.ts";
import { answerClose } from "../socket/close.ts";
import { Feed, sweep } from "../socket/feed.ts";
import { limitRefusal } from "../socket/limit.ts";
import { receive, type Services } from "../socket/receive.ts";
import { type Greeter, Sockets } from "../socket/sockets.ts";
import { readUpgrade, refusedByObject, upgraded } from "../socket/upgrade.ts";
import { greetInbox, isRevoked } from "./connect.ts";
import { exportInbox } from "./export.ts";
import { InboxKeep } from "./keep.ts";
import { type Mark, mark, markOf } from "./mark.ts";
import { countsOf, type ListQuery, list, whole } from "./read.ts";
import type { InboxOwn } from "./state.ts";

const clock = () => Date.now();

/** Who asks: `iat` of the user's token in seconds, or `"backend"`, whose key was checked. */
export type Asker = "backend" | { iat: number | null };

export class Inbox extends DurableObject<Env> {
  static {
    const { list, mark, revokes, disconnect, erase } = Inbox.prototype;
    retryable(list, mark, revokes, disconnect, erase);
  }

  readonly #sockets: Sockets;
  readonly #keep: InboxKeep;
  readonly #log: Log<InboxOwn>;
  readonly #feed: Feed<InboxOwn>;
  readonly #router = Router();
  readonly #name: string;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#name = nameOf(ctx.id);
    const greeter: Greeter = {
      confirm: () => this.#log.confirm(),
      greet: (caller, since) => greetInbox(this.#log, caller, since, clock(), this.#keep.ageMs),
    };
    this.#sockets = new Sockets(ctx, greeter, clock);
    this.#keep = new InboxKeep(retentionOf(env, "inbox"));
    this.#log = new Log(new LogStore(ctx.storage), this.#keep, newEpoch);
    this.#feed = new Feed(
      this.#log,
      this.#sockets,
      ({ since, to, entries, removed }) => ({
        ...this.#standing(),
        since,
        to,
        messages: entries,
        ...(removed.length > 0 ? { removed } : {}),
      }),
      clock,
    );
    this.#router.get("/connect", (request: Request) => this.#connect(request));
    this.#router.get("/export", () => exportInbox(this.#log, this.#name, clock()));
  }

  /**
   * Appends drafts; one outcome for each, given when all of them are durable. `requestId`, or the
   * connection of a publish over a socket, is for the log.
   */
  publish(drafts: Draft[], requestId: string | null = null): Promise<Outcome[]> {
    return this.#feed.publish(drafts, requestId);
  }

  /** A page of the inbox or what changed since a cursor, as the text of a JSON object. */
  list(query: ListQuery, asker: Asker): string | Refusal {
    return this.#refusalOf(asker) ?? list(this.#log, query, clock(), this.#keep.ageMs);
  }

  /** Changes the state of messages and tells all devices: `{ changed, epoch, offset, counts }`. */
  mark(change: Omit<Mark, "epoch"> & { epoch: string | null }, asker: Asker): string | Refusal {
    const epoch = change.epoch ?? this.#log.at(clock()).epoch;
    return this.#refusalOf(asker) ?? this.#mark({ ...change, epoch });
  }

  /** Whether tokens issued at `iat` (seconds, or null when they do not say) were revoked. */
  revokes(iat: number | null): boolean {
    return isRevoked(this.#log.at(clock()).own, iat);
  }

  /** Closes the user's sockets; tokens issued before `notBefore` (seconds) are refused from now on. */
  disconnect(reconnect: boolean, notBefore: number | null): void {
    const { own } = this.#log.at(clock());
    if (notBefore !== null && notBefore !== own.notBefore)
      this.#log.change(clock(), (next) => {
        next.own.notBefore = Math.max(notBefore, own.notBefore ?? 0);
      });
    this.#sockets.closeAll(reconnect ? 4001 : 4503);
  }

  /** Erases all that is kept about the user and closes the sockets; a revocation stays in force. */
  async erase(): Promise<void> {
    const { notBefore } = this.#log.at(clock()).own;
    this.#sockets.closeAll(4503);
    const erased = this.#log.erase();
    if (notBefore !== null)
      this.#log.change(clock(), (next) => {
        next.own.notBefore = notBefore;
      });
    await erased;
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

  #standing() {
    const { epoch, oldest, own } = this.#log.at(clock());
    return { epoch, oldest, counts: countsOf(own) };
  }

  #refusalOf(asker: Asker): Refusal | null {
    if (asker === "backend") return null;
    return isRevoked(this.#log.at(clock()).own, asker.iat) ? REVOKED : null;
  }

  #connect(request: Request): Response {
    const { caller, since, offered } = readUpgrade(request);
    const refused =
      this.#refusalOf({ iat: caller.iat }) ?? limitRefusal(this.#sockets, caller.user, clock());
    if (refused !== null) return refusedByObject(refused);
    const { 0: client, 1: server } = new WebSocketPair();
    this.#sockets.accept(server, caller, since);
    return upgraded(client, offered);
  }

  #mark(change: Mark): string | Refusal {
    const marked = mark(this.#log, change, clock(), this.#keep.ageMs);
    if (marked !== null && "code" in marked) return marked;
    const standing = this.#standing();
    if (marked !== null) {
      const { since, to, states, removed, unarchived } = marked;
      const messages = whole(this.#log, unarchived, clock());
      const frame = { ...standing, since, to, messages, states, removed };
      this.#sockets.broadcast(() => printMessages(frame), clock());
    }
    const { head } = this.#log.at(clock());
    const { epoch, counts } = standing;
    return JSON.stringify({ changed: marked !== null, epoch, offset: head, counts });
  }

  readonly #services: Services = {
    mark: (_session, frame) => orThrow(this.#mark(markOf(frame))),
    publish: ({ attachment }, frame) => publishFromSocket(this.env, attachment, frame, null),
    history: (_session, { before, limit }) =>
      list(
        this.#log,
        {
          limit,
          before,
          state: null,
          category: null,
          since: null,
          unitsMax: FRAME_PAGE_UNITS_MAX,
        },
        clock(),
        this.#keep.ageMs,
      ),
    refresh: async (session, { token }) => {
      const claims = await verifyRefresh(this.env, session.attachment.user, token, clock());
      if (isRevoked(this.#log.at(clock()).own, claims.iat)) orThrow(REVOKED);
      session.attachment = { ...session.attachment, ...claims };
      this.#sockets.save(session);
      return JSON.stringify({ expires_in: claims.exp - Math.floor(clock() / 1000) });
    },
  };
}

function orThrow(result: string | Refusal): string {
  if (typeof result === "string") return result;
  throw new RefusalError(result.code, result.fix, result.field);
}
