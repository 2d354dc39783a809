// The open sockets of one object: accepting them, sending to all of them, and sweeping out those whose session
// must end.

import type { CloseCode } from "../protocol/close.ts";
import type { Since } from "../protocol/cursor.ts";
import { PING, PONG } from "../protocol/down.ts";
import { BUFFERED_BYTES_MAX, UNSENT_BYTES_MAX } from "../protocol/limits.ts";
import { report } from "../protocol/report.ts";
import { type Attachment, readAttachment, writeAttachment } from "./attachment.ts";
import { disconnect } from "./close.ts";
import { Greetings } from "./greetings.ts";
import {
  type LiveSession,
  liveSession,
  type Session,
  type UngreetedSession,
  unsentOf,
} from "./session.ts";
import { endIfExpired, endIfSilent, endIfSlow } from "./session-end.ts";
import type { Upgrade } from "./upgrade.ts";

/** The least time between two sweeps that a broadcast or a count starts, in ms. */
const SWEEP_MS = 10_000;

export interface Greeter {
  /** Throws when another instance has replaced this one, because its memory is then out of date. */
  confirm(): void;
  /** Returns the first frames of a connection: `connected`, and the messages that it missed. */
  greet(attachment: Attachment, since: Since): string[];
}

export class Sockets {
  readonly #ctx: DurableObjectState;
  readonly #greeter: Greeter;
  readonly #clock: () => number;
  #sessions: Map<WebSocket, Session> | null = null;
  /** The number of sockets of each user, including those that are closing. */
  readonly #byUser = new Map<string, number>();
  readonly #greetings: Greetings;
  #answersPings = false;
  #sweptAt = 0;
  /** The number of sockets that were not open any more at the last sweep, and are still listed. */
  #closing = 0;

  constructor(ctx: DurableObjectState, greeter: Greeter, clock: () => number) {
    this.#ctx = ctx;
    this.#greeter = greeter;
    this.#clock = clock;
    this.#greetings = new Greetings(
      () => greeter.confirm(),
      (session) => this.#greet(session),
    );
  }

  /** Accepts one end of a new socket for hibernation; greets it as soon as it is open. */
  accept(
    ws: WebSocket,
    { caller, since, isStream }: Pick<Upgrade, "caller" | "since" | "isStream">,
    greeted: UngreetedSession["greeted"] = null,
  ): void {
    if (!this.#answersPings)
      this.#ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    this.#answersPings = true;
    const sessions = this.#all();
    this.#ctx.acceptWebSocket(ws);
    const isHeard = isStream === true;
    const accepted = isHeard ? {} : { accepted: Math.floor(this.#clock() / 1000) };
    const attachment: Attachment = { v: 1, ...caller, malformed: 0, ...accepted };
    const session: UngreetedSession = { phase: "ungreeted", ws, attachment, since, greeted };
    sessions.set(ws, session);
    this.#tally(caller.user, 1);
    this.#greetings.soon(session);
  }

  /**
   * Returns the session, and greets it if that is still to do. Null, after a request to reconnect, if it
   * cannot be greeted or its attachment is unreadable.
   */
  of(ws: WebSocket): LiveSession | null {
    const found = this.#all().get(ws) ?? this.#restore(ws);
    if (found?.phase !== "ungreeted") return found;
    this.#greetings.now([found]);
    const session = this.#all().get(ws);
    return session?.phase === "live" ? session : null;
  }

  get size(): number {
    return this.#all().size;
  }

  /**
   * Returns the number of the user's open sockets. Below `atLeast` it includes closing ones, because that
   * needs no look at each socket.
   */
  countOf(user: string, atLeast: number): number {
    const sessions = this.#all();
    const known = this.#byUser.get(user) ?? 0;
    if (known < atLeast) return known;
    let open = 0;
    for (const { ws, attachment } of sessions.values())
      if (attachment.user === user && ws.readyState === WebSocket.OPEN) open += 1;
    return open;
  }

  /**
   * Returns how many sockets were open at the last sweep or came since; sweeps first if that is too long
   * ago.
   */
  openAt(now: number): number {
    if (now - this.#sweptAt >= SWEEP_MS) this.sweep(now);
    return this.size - this.#closing;
  }

  /** Returns all sessions, open or closing. */
  sessions(): Iterable<Session> {
    return this.#all().values();
  }

  /**
   * Sends frames to every socket that may still have them; a failing one does not stop the others. The frames
   * are printed once, and not at all when nobody is connected; `others` prints for connections that get other
   * frames. Never throws: a push is only a hint.
   */
  broadcast(
    print: () => string[],
    now: number,
    others: ReadonlyMap<string, () => string[]> = NO_OTHERS,
  ): void {
    const sessions = this.#all();
    if (sessions.size === 0) return;
    if (now - this.#sweptAt >= SWEEP_MS) this.sweep(now);
    try {
      const frames = print();
      for (const session of sessions.values())
        this.send(session, others.get(session.attachment.connection)?.() ?? frames, now);
    } catch (cause) {
      // The messages are stored. An error would report the publish as failed, and have it repeated.
      report("broadcast_failed", {}, cause);
    }
  }

  /** Sends to one socket, unless its token has expired or it reads too slowly. */
  send(session: Session, frames: string[], now: number): void {
    const { ws } = session;
    // A socket that waits for its greeting receives these messages with it.
    if (ws.readyState !== WebSocket.OPEN || session.phase === "ungreeted") return;
    if (endIfExpired(session, now) || endIfSlow(session, now)) return;
    try {
      for (const frame of frames) ws.send(frame);
    } catch {
      // The socket began to close after the check; its own close event cleans up.
    }
  }

  /** Stores the changed attachment of a session, so that it survives hibernation. */
  save(session: Session): void {
    if (session.ws.readyState === WebSocket.OPEN) writeAttachment(session.ws, session.attachment);
  }

  /**
   * Closes sockets with an expired token, slow ones, and those that have pinged and then missed three pings.
   */
  sweep(now: number): void {
    this.#sweptAt = now;
    this.#closeOver(now);
    this.#closing = 0;
    for (const { ws } of this.#all().values())
      if (ws.readyState !== WebSocket.OPEN) this.#closing += 1;
  }

  #closeOver(now: number): void {
    for (const session of this.#all().values()) {
      if (endIfExpired(session, now) || session.phase === "ungreeted") continue;
      if (!endIfSlow(session, now)) endIfSilent(session, this.pingedAt(session.ws), now);
    }
  }

  /** Returns when the socket last sent `ping`, in ms; null for never. */
  pingedAt(ws: WebSocket): number | null {
    return this.#ctx.getWebSocketAutoResponseTimestamp(ws)?.getTime() ?? null;
  }

  /** Returns whether all sockets together may hold so many more unsent bytes. */
  hasRoom(bytes: number): boolean {
    let unsent = bytes;
    for (const { ws } of this.#all().values()) unsent += unsentOf(ws);
    return unsent <= UNSENT_BYTES_MAX;
  }

  closeAll(code: CloseCode): void {
    this.closeWhere(code, () => true);
  }

  closeWhere(code: CloseCode, isMeant: (attachment: Attachment) => boolean): void {
    for (const { ws, attachment } of this.#all().values())
      if (isMeant(attachment)) disconnect(ws, code);
  }

  forget(ws: WebSocket): void {
    const session = this.#sessions?.get(ws);
    if (session === undefined) return;
    this.#sessions?.delete(ws);
    // A socket that closed after the last sweep was not counted in `#closing`. One place less is then free
    // until the next sweep.
    this.#closing = Math.max(0, this.#closing - 1);
    this.#tally(session.attachment.user, -1);
  }

  /** Returns all sessions; after hibernation from the runtime's sockets and attachments. */
  #all(): Map<WebSocket, Session> {
    if (this.#sessions === null) {
      this.#sessions = new Map();
      for (const ws of this.#ctx.getWebSockets()) this.#restore(ws);
    }
    return this.#sessions;
  }

  #restore(ws: WebSocket): LiveSession | null {
    const attachment = readAttachment(ws);
    if (attachment === null) {
      disconnect(ws, 4001);
      return null;
    }
    const session = liveSession(ws, attachment);
    if (ws.readyState === WebSocket.OPEN && this.#sessions?.has(ws) === false) {
      this.#sessions.set(ws, session);
      this.#tally(attachment.user, 1);
    }
    return session;
  }

  #greet(session: UngreetedSession): void {
    const { ws, attachment, since, greeted } = session;
    // The first frame of a socket may have had it greeted already.
    if (this.#all().get(ws) !== session || ws.readyState !== WebSocket.OPEN) return;
    const frames = this.#greeter.greet(attachment, since);
    if (!this.#hasRoomFor(frames)) {
      this.sweep(this.#clock());
      disconnect(ws, 4001);
      return;
    }
    const live = liveSession(ws, attachment);
    this.#all().set(ws, live);
    writeAttachment(ws, attachment);
    this.send(live, frames, this.#clock());
    greeted?.(live);
  }

  /** Returns whether the frames may wait unsent. Checks all sockets only for large frames. */
  #hasRoomFor(frames: string[]): boolean {
    const bytes = frames.reduce((sum, { length }) => sum + length, 0);
    return bytes <= BUFFERED_BYTES_MAX || this.hasRoom(bytes);
  }

  #tally(user: string | null, by: 1 | -1): void {
    if (user === null) return;
    const count = (this.#byUser.get(user) ?? 0) + by;
    if (count === 0) this.#byUser.delete(user);
    else this.#byUser.set(user, count);
  }
}

const NO_OTHERS: ReadonlyMap<string, () => string[]> = new Map();
