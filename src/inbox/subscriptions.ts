// Subscriptions: the topics that a user's connections watch live, besides the inbox. One membership of the
// user serves all devices.

import type { Batch, Joined, Joining } from "../objects/member.ts";
import { NO_ANSWER } from "../objects/stubs.ts";
import type { Cursor, Since } from "../protocol/cursor.ts";
import { printError, printReply } from "../protocol/down.ts";
import { isRefusal, type Refusal, RefusalError, refusal } from "../protocol/error.ts";
import { TOPICS_MAX } from "../protocol/limits.ts";
import { report } from "../protocol/report.ts";
import { type Attachment, fits } from "../socket/attachment.ts";
import type { Answer } from "../socket/receive.ts";
import type { LiveSession } from "../socket/session.ts";
import type { Sockets } from "../socket/sockets.ts";
import { capRefusal } from "../trust/may.ts";
import type { ErasureGate } from "./erasure-gate.ts";
import type { JoinClock } from "./join-clock.ts";
import type { Memberships } from "./memberships.ts";
import { framesOf, nextStepStart, printLive, printStep } from "./next-step.ts";
import { PendingByTopic } from "./pending-by-topic.ts";
import { JOINS_AT_ONCE, ReplayLimit, requireRead } from "./replay-limit.ts";
import { Semaphore } from "./semaphore.ts";

export interface SubscriptionsDeps {
  /** The address of the user as a member, such as `user:ada`. */
  member: string;
  sockets: Sockets;
  joins: PendingByTopic;
  leaves: PendingByTopic;
  erasureGate: ErasureGate;
  memberships: Pick<Memberships, "spendToWatch">;
  joinClock: JoinClock;
  join(topic: string, joining: Joining): Promise<Joined | Refusal>;
  clock(): number;
}

export class Subscriptions {
  readonly #deps: SubscriptionsDeps;
  /** The cursor last sent to a socket, by topic. After hibernation only the client knows it. */
  readonly #sentUpTo = new WeakMap<LiveSession, Map<string, Cursor>>();

  readonly #replayLimit: ReplayLimit;
  /** Subscribes that are not answered yet, including those that wait for their turn. */
  readonly #asked = new PendingByTopic();
  /** Topics that are new to a socket and wait for their turn to join. */
  readonly #waiting = new WeakMap<LiveSession, Set<string>>();

  constructor(deps: SubscriptionsDeps) {
    this.#deps = deps;
    this.#replayLimit = new ReplayLimit(deps.sockets, deps.clock);
  }

  /**
   * Subscribes a socket to a topic; returns the reply, which carries the cursor, and frames with the messages
   * that the socket missed. Throws when the topic or a limit refuses. A replay awaits `ready` first. The join
   * begins only with its turn, because messages of the topic to other devices wait while a join is under way.
   */
  async subscribe(
    session: LiveSession,
    topic: string,
    since: Since,
    ready: () => Promise<void> = async () => undefined,
  ): Promise<Answer> {
    const { member, joins, leaves, erasureGate, memberships, joinClock, join } = this.#deps;
    const requireSameLife = erasureGate.enter();
    const fault = this.#fault(session.attachment, topic);
    if (fault !== null) throw new RefusalError(fault);
    memberships.spendToWatch(topic);
    // The topic counts at once: the client may subscribe to more before this join ends.
    const { topics = [] } = session.attachment;
    const isNew = !topics.includes(topic);
    if (isNew) session.attachment = { ...session.attachment, topics: [...topics, topic] };
    const settled = this.#asked.begin(topic);
    const begun = this.#wait(session, topic, isNew);
    let end: () => void = () => undefined;
    let isOver = false;
    try {
      if (since !== "latest") await ready();
      const joined = await this.#replayLimit.join(since, async () => {
        while (leaves.isUnderWay(topic)) await leaves.settled(topic);
        requireSameLife();
        if (isOver) throw new Error(NO_ANSWER);
        end = joins.begin(topic);
        begun();
        const unlessPublic = watchRefusal(session, topic);
        return join(topic, { member, follows: false, since, unlessPublic, at: joinClock.next() });
      });
      if (isRefusal(joined)) throw new RefusalError(joined);
      const { epoch, offset, recovered, oldest } = joined;
      return {
        members: JSON.stringify({ topic, epoch, offset, recovered, oldest }),
        frames: () => {
          try {
            const { topics: now = [] } = session.attachment;
            // Another subscribe to the same topic may have failed meanwhile and removed it.
            if (!now.includes(topic))
              session.attachment = { ...session.attachment, topics: [...now, topic] };
            this.#deps.sockets.save(session);
            this.#mark(session, topic, { epoch, offset });
          } finally {
            end();
            settled();
          }
          return framesOf(topic, joined);
        },
      };
    } catch (cause) {
      isOver = true;
      if (isNew) this.#drop(session, topic);
      begun();
      end();
      settled();
      throw cause;
    }
  }

  /** Withholds a topic from a new subscription until the returned function is called. */
  #wait(session: LiveSession, topic: string, isNew: boolean): () => void {
    if (!isNew) return () => undefined;
    const waiting = this.#waiting.get(session) ?? new Set<string>();
    this.#waiting.set(session, waiting.add(topic));
    return () => waiting.delete(topic);
  }

  /** Ends a subscription, even one that is still joining; returns whether there was one. */
  async unsubscribe(session: LiveSession, topic: string): Promise<boolean> {
    await this.#joined(topic);
    return this.#drop(session, topic);
  }

  #drop(session: LiveSession, topic: string): boolean {
    const { topics = [] } = session.attachment;
    if (!topics.includes(topic)) return false;
    this.#sentUpTo.get(session)?.delete(topic);
    session.attachment = {
      ...session.attachment,
      topics: topics.filter((each) => each !== topic),
    };
    this.#deps.sockets.save(session);
    return true;
  }

  /** Subscribes to the topics named in the connect; a reply or an error frame answers each. */
  async begin(session: LiveSession, topics: { topic: string; since: Since }[]): Promise<void> {
    const turns = new Semaphore(JOINS_AT_ONCE);
    await Promise.all(
      topics.map(async ({ topic, since }) => {
        let frames: string[];
        let end: () => void = () => undefined;
        try {
          const answer = await this.subscribe(session, topic, since, async () => {
            end = await turns.acquire();
            await requireRead(session);
          });
          frames = [printReply(null, answer.members), ...answer.frames()];
        } catch (cause) {
          frames = [printError(null, refusalFromJoin(cause, session), topic)];
        }
        this.#deps.sockets.send(session, frames, this.#deps.clock());
        end();
      }),
    );
  }

  /** Refuses names in a connect that are not topics or have no valid `since`, with a frame each. */
  refuse(session: LiveSession, named: { topic: string; fix: string }[]): void {
    const frames = named.map(({ topic, fix }) =>
      printError(null, refusal("invalid_params", fix, "topics"), topic),
    );
    this.#deps.sockets.send(session, frames, this.#deps.clock());
  }

  /** Returns the topics of all connections, including those that are closing. */
  topics(): string[] {
    return [...this.#deps.sockets.sessions()].flatMap(({ attachment }) => attachment.topics ?? []);
  }

  watches(topic: string): boolean {
    return this.#watching(topic).length > 0;
  }

  /** Sends a batch to the subscribers; returns the offset all have reached, or null without any. */
  forward(batch: Batch): number | null {
    const watching = this.#watching(batch.topic).filter(
      (session) => !this.#waiting.get(session)?.has(batch.topic),
    );
    if (watching.length === 0) return null;
    const now = this.#deps.clock();
    const steps = new Map<number | null, string[]>();
    let least = batch.to;
    for (const session of watching) {
      const refused = batch.isPublic ? null : watchRefusal(session, batch.topic);
      if (refused !== null) {
        this.#end(session, batch.topic, refused);
        continue;
      }
      const told = this.#sentUpTo.get(session)?.get(batch.topic);
      const start = nextStepStart(batch, told);
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
      this.#deps.sockets.send(session, frames, now);
    }
    return least;
  }

  /** Ends the subscriptions that a refreshed token does not allow, unless the topic is public. */
  async revise(session: LiveSession): Promise<void> {
    const { member, join } = this.#deps;
    for (const topic of session.attachment.topics ?? []) {
      await this.#joined(topic);
      const unlessPublic = watchRefusal(session, topic);
      if (unlessPublic === null) continue;
      const joining: Joining = { member, follows: false, since: "latest", unlessPublic };
      const joined = await join(topic, joining).catch((cause) => refusalFromJoin(cause, session));
      if (isRefusal(joined)) this.#end(session, topic, joined);
    }
  }

  /**
   * Waits for the subscribes to a topic that are under way. Those of a connect run beside the frames of the
   * socket, and would undo an unsubscribe when they end.
   */
  async #joined(topic: string): Promise<void> {
    while (this.#asked.isUnderWay(topic)) await this.#asked.settled(topic);
  }

  #end(session: LiveSession, topic: string, refused: Refusal): void {
    this.#drop(session, topic);
    const { sockets, clock } = this.#deps;
    sockets.send(session, [printError(null, refused, topic)], clock());
  }

  #watching(topic: string): LiveSession[] {
    return [...this.#deps.sockets.sessions()].filter(
      (session): session is LiveSession =>
        session.phase === "live" &&
        session.ws.readyState === WebSocket.OPEN &&
        (session.attachment.topics ?? []).includes(topic),
    );
  }

  #mark(session: LiveSession, topic: string, cursor: Cursor): void {
    const told = this.#sentUpTo.get(session) ?? new Map<string, Cursor>();
    this.#sentUpTo.set(session, told.set(topic, cursor));
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

const watchRefusal = ({ attachment }: LiveSession, topic: string) =>
  capRefusal(attachment.caps, "subscribe", topic);

function refusalFromJoin(cause: unknown, { attachment: { connection } }: LiveSession): Refusal {
  if (cause instanceof RefusalError) return cause.refusal;
  report("subscribe_failed", { connection }, cause);
  return refusal("temporary", "subscribe again");
}
