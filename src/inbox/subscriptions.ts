// Subscribing: the topics that a user's connections watch besides the inbox, live. One membership of
// the user carries them for all devices.

import type { Batch } from "../log/batch.ts";
import { inTime } from "../objects.ts";
import { allows } from "../protocol/caps.ts";
import type { Cursor, Since } from "../protocol/cursor.ts";
import { printError, printReply } from "../protocol/down.ts";
import { type Refusal, RefusalError, refusal } from "../protocol/error.ts";
import {
  REPLAYED_UNITS_MAX,
  REPLAYED_UNITS_PER_SECOND,
  SLOW_MS,
  TOPICS_MAX,
} from "../protocol/limits.ts";
import { Allowance } from "../socket/allowance.ts";
import { type Attachment, fits } from "../socket/attachment.ts";
import type { Answer } from "../socket/receive.ts";
import { keepsUp, type Session } from "../socket/session.ts";
import type { Sockets } from "../socket/sockets.ts";
import type { Joined, Joining } from "../topic/join.ts";
import type { Joins } from "./joins.ts";
import type { Life } from "./life.ts";
import type { Memberships } from "./memberships.ts";
import type { Moments } from "./moments.ts";
import { framesOf, printLive, printStep, startOf } from "./topic-steps.ts";
import { Turns } from "./turns.ts";

/** Topics that an inbox joins at once, and one connection of it: each may bring 4 Mi units. */
const JOINS_AT_ONCE = 2;
/** How often a connection that reads slowly is looked at, before it is sent more. */
const LOOK_MS = 100;

export interface Parts {
  /** The user's address as a member, such as `user:ada`. */
  member: string;
  sockets: Sockets;
  joins: Joins;
  leaves: Joins;
  life: Life;
  memberships: Pick<Memberships, "spendToWatch">;
  moments: Moments;
  join(topic: string, joining: Joining): Promise<Joined | Refusal>;
  clock(): number;
}

export class Subscriptions {
  readonly #parts: Parts;
  /** How far a socket has been told of a topic; forgotten by a rest, and then known to the client only. */
  readonly #told = new WeakMap<Session, Map<string, Cursor>>();

  readonly #replays = new Allowance(REPLAYED_UNITS_MAX, REPLAYED_UNITS_PER_SECOND);
  readonly #turns = new Turns(JOINS_AT_ONCE);

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Subscribes a socket: the reply tells where it begins, and the frames what it missed. */
  async subscribe(
    session: Session,
    topic: string,
    since: Since,
    ready: () => Promise<void> = async () => undefined,
  ): Promise<Answer> {
    const { member, joins, leaves, life, memberships, moments, join } = this.#parts;
    const requireSameLife = life.enter();
    while (leaves.isUnderWay(topic)) await leaves.settled(topic);
    requireSameLife();
    const fault = this.#fault(session.attachment, topic);
    if (fault !== null) throw new RefusalError(fault.code, fault.fix, fault.field);
    memberships.spendToWatch(topic);
    // Its place is taken at once, since more may be asked for before this one has joined.
    const { topics = [] } = session.attachment;
    const isNew = !topics.includes(topic);
    if (isNew) session.attachment = { ...session.attachment, topics: [...topics, topic] };
    const end = joins.begin(topic);
    try {
      await ready();
      const unlessPublic = capRefusal(session.attachment, topic);
      const joined = await this.#replayed(() =>
        join(topic, { member, follows: false, since, unlessPublic, at: moments.next() }),
      );
      if ("code" in joined) throw new RefusalError(joined.code, joined.fix, joined.field);
      const { epoch, offset, recovered, oldest } = joined;
      return {
        members: JSON.stringify({ topic, epoch, offset, recovered, oldest }),
        frames: () => {
          try {
            const { topics: now = [] } = session.attachment;
            // Another subscribe of it may have failed meanwhile and taken the place away.
            if (!now.includes(topic))
              session.attachment = { ...session.attachment, topics: [...now, topic] };
            this.#parts.sockets.save(session);
            this.#mark(session, topic, { epoch, offset });
          } finally {
            end();
          }
          return framesOf(topic, joined);
        },
      };
    } catch (cause) {
      if (isNew) this.#drop(session, topic);
      end();
      throw cause;
    }
  }

  /** Ends one, a connection's own joining of it included; gives whether there was one. */
  async unsubscribe(session: Session, topic: string): Promise<boolean> {
    await this.#joined(topic);
    return this.#drop(session, topic);
  }

  #drop(session: Session, topic: string): boolean {
    const { topics = [] } = session.attachment;
    if (!topics.includes(topic)) return false;
    this.#told.get(session)?.delete(topic);
    session.attachment = {
      ...session.attachment,
      topics: topics.filter((each) => each !== topic),
    };
    this.#parts.sockets.save(session);
    return true;
  }

  /** Begins with topics that were named in the connect; each is answered, or refused, by a frame. */
  async begin(session: Session, topics: { topic: string; since: Since }[]): Promise<void> {
    const turns = new Turns(JOINS_AT_ONCE);
    await Promise.all(
      topics.map(async ({ topic, since }) => {
        let frames: string[];
        let end: () => void = () => undefined;
        try {
          const answer = await this.subscribe(session, topic, since, async () => {
            end = await turns.take();
            await requireRead(session);
          });
          frames = [printReply(null, answer.members), ...answer.frames()];
        } catch (cause) {
          frames = [printError(null, refusalOf(cause, session), topic)];
        }
        this.#parts.sockets.send(session, frames, this.#parts.clock());
        end();
      }),
    );
  }

  /** Answers what a connect named in place of topics. */
  refuse(session: Session, named: { topic: string; fix: string }[]): void {
    const frames = named.map(({ topic, fix }) =>
      printError(null, refusal("invalid_params", fix, "topics"), topic),
    );
    this.#parts.sockets.send(session, frames, this.#parts.clock());
  }

  /** The topics that any connection names, those that are closing included. */
  topics(): string[] {
    return [...this.#parts.sockets.sessions()].flatMap(({ attachment }) => attachment.topics ?? []);
  }

  watches(topic: string): boolean {
    return this.#watching(topic).length > 0;
  }

  /** Tells all who watch; gives how far the least of them has come, or null when nobody watches. */
  deliver(batch: Batch): number | null {
    const watching = this.#watching(batch.topic);
    if (watching.length === 0) return null;
    const now = this.#parts.clock();
    const steps = new Map<number | null, string[]>();
    let least = batch.to;
    for (const session of watching) {
      const refused = batch.isPublic ? null : capRefusal(session.attachment, batch.topic);
      if (refused !== null) {
        this.#end(session, batch.topic, refused);
        continue;
      }
      const told = this.#told.get(session)?.get(batch.topic);
      const start = startOf(batch, told);
      if (start === "gap") {
        least = Math.min(least, told?.offset ?? least);
        continue;
      }
      const { connection } = session.attachment;
      const frames: string[] = [];
      if (start !== "told") {
        const isCommon = !batch.entries.some(({ exclude }) => exclude === connection);
        const step = (isCommon && steps.get(start)) || printStep(batch, start, connection);
        if (isCommon) steps.set(start, step);
        frames.push(...step);
        this.#mark(session, batch.topic, { epoch: batch.epoch, offset: batch.to });
      }
      const live = batch.live.filter(({ exclude }) => exclude !== connection);
      if (live.length > 0) frames.push(...printLive(batch, live));
      this.#parts.sockets.send(session, frames, now);
    }
    return least;
  }

  /** After a refresh: what the new token does not allow ends, unless it is public. */
  async revise(session: Session): Promise<void> {
    const { member, join } = this.#parts;
    for (const topic of session.attachment.topics ?? []) {
      await this.#joined(topic);
      const unlessPublic = capRefusal(session.attachment, topic);
      if (unlessPublic === null) continue;
      const joining: Joining = { member, follows: false, since: "latest", unlessPublic };
      const joined = await join(topic, joining).catch((cause) => refusalOf(cause, session));
      if ("code" in joined) this.#end(session, topic, joined);
    }
  }

  /** What a connect named is joined beside the frames of the socket, and takes its place at the end. */
  async #joined(topic: string): Promise<void> {
    const { joins } = this.#parts;
    while (joins.isUnderWay(topic)) await joins.settled(topic);
  }

  #end(session: Session, topic: string, refused: Refusal): void {
    this.#drop(session, topic);
    const { sockets, clock } = this.#parts;
    sockets.send(session, [printError(null, refused, topic)], clock());
  }

  #watching(topic: string): Session[] {
    const all = [...this.#parts.sockets.sessions()];
    return all.filter(
      ({ ws, attachment }) =>
        ws.readyState === WebSocket.OPEN && (attachment.topics ?? []).includes(topic),
    );
  }

  #mark(session: Session, topic: string, cursor: Cursor): void {
    const told = this.#told.get(session) ?? new Map<string, Cursor>();
    this.#told.set(session, told.set(topic, cursor));
  }

  /**
   * The topic's object reads and carries a replay, and this one holds it. The allowance is looked at
   * and spent within one turn: a connect asks for a hundred topics at once. A topic that does not answer
   * must not keep the turn.
   */
  async #replayed(join: () => Promise<Joined | Refusal>): Promise<Joined | Refusal> {
    const end = await this.#turns.take();
    try {
      if (!this.#replays.has(this.#parts.clock()))
        return refusal("too_many_requests", "wait: too much was replayed lately", "topic");
      if (!this.#parts.sockets.hasRoom(0))
        return refusal("too_many_requests", "wait: too much lies unread", "topic");
      const joined = await inTime(join());
      if ("messages" in joined)
        this.#replays.spend(
          joined.messages.reduce((sum, { length }) => sum + length, 0),
          this.#parts.clock(),
        );
      return joined;
    } finally {
      end();
    }
  }

  #fault(attachment: Attachment, topic: string): Refusal | null {
    const { topics = [] } = attachment;
    if (topics.includes(topic)) return null;
    if (topics.length >= TOPICS_MAX)
      return refusal(
        "connection_limit",
        `a connection subscribes to at most ${TOPICS_MAX} topics: unsubscribe from one`,
        "topic",
      );
    return fits({ ...attachment, topics: [...topics, topic] })
      ? null
      : refusal("connection_limit", "shorten the topics' names or the token's caps", "topic");
  }
}

function capRefusal({ caps }: Attachment, topic: string): Refusal | null {
  return allows(caps, "subscribe", topic)
    ? null
    : refusal("insufficient_scope", `the token needs the cap subscribe on topic:${topic}`, "topic");
}

/** Waits until a connection has read most of what it was sent: the replays of a connect are many. */
async function requireRead(session: Session): Promise<void> {
  const isOpen = () => session.ws.readyState === WebSocket.OPEN;
  for (let waited = 0; isOpen() && !keepsUp(session); waited += LOOK_MS) {
    if (waited >= SLOW_MS)
      throw new RefusalError("too_many_requests", "read first what you have been sent", "topic");
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  if (!isOpen()) throw new RefusalError("temporary", "connect again");
}

function refusalOf(cause: unknown, { attachment: { connection } }: Session): Refusal {
  if (cause instanceof RefusalError) return cause.refusal;
  console.error(JSON.stringify({ event: "subscribe_failed", connection, cause: String(cause) }));
  return refusal("temporary", "subscribe again");
}
