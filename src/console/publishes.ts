// The publishes of this page: the times at which each was sent, was answered, and arrived at each user.

import { callHub, pathOf, USERS, type User } from "./hub.ts";
import type { Draft } from "./lines.ts";

export interface Publish {
  readonly number: number;
  readonly draft: Draft;
  /** The number of messages: above 1 for a list. */
  readonly count: number;
  /** Milliseconds since the page was opened, as all times here. */
  readonly sentAt: number;
  answeredAt?: number;
  /** The HTTP status, and the answer in a few words; without an answer only the error. */
  status?: number;
  outcome?: string;
  /** The time of its first arrival, by user. */
  readonly arrived: Partial<Record<User, number>>;
  /** Users that were away when it was published: their arrivals do not count as latencies. */
  readonly missedBy: Set<User>;
}

const KEPT_MAX = 100;
const ARRIVALS_MAX = 2_000;

export class Publishes {
  readonly #now: () => number;
  readonly #changed: () => void;
  /** First arrivals by user and message: a message may arrive before its publish is answered. */
  readonly #arrivals = new Map<string, number>();
  /** By address and id: the same id at another address is another message. */
  readonly #byMessage = new Map<string, Publish>();
  #number = 0;
  /** Newest first. */
  list: readonly Publish[] = [];

  constructor(now: () => number, changed: () => void) {
    this.#now = now;
    this.#changed = changed;
  }

  /** Publishes a draft; with `count` above 1 a list of that many messages, each with its own id. */
  async send(draft: Draft, count = 1): Promise<Publish> {
    this.#number += 1;
    const publish: Publish = {
      number: this.#number,
      draft,
      count,
      sentAt: this.#now(),
      arrived: {},
      missedBy: new Set(),
    };
    this.list = [publish, ...this.list].slice(0, KEPT_MAX);
    // The arrival of a list is that of its last message.
    const id = count > 1 ? `${draft.message.id}/${count - 1}` : draft.message.id;
    const name = `${draft.to} ${id}`;
    if (id !== undefined && !this.#byMessage.has(name)) this.#byMessage.set(name, publish);
    this.#changed();
    await this.#call(publish);
    this.#changed();
    return publish;
  }

  async #call(publish: Publish): Promise<void> {
    const { draft, count } = publish;
    const { message } = draft;
    try {
      const list = Array.from({ length: count }, (_, i) => numbered(message, i));
      const { status, body } = await callHub(pathOf(draft.to) ?? "", count > 1 ? list : message);
      publish.status = status;
      publish.answeredAt = this.#now();
      publish.outcome = outcomeOf(body);
      if (count === 1 && message.id === undefined && typeof body.id === "string") {
        const name = `${draft.to} ${body.id}`;
        this.#byMessage.set(name, publish);
        for (const user of USERS) {
          const at = this.#arrivals.get(`${user} ${name}`);
          if (at !== undefined) publish.arrived[user] = at;
        }
      }
    } catch (cause) {
      publish.answeredAt = this.#now();
      publish.outcome = (cause as Error).message;
    }
  }

  /** Records an arrival at a user's device; `isMissed` if it was away during the publish. */
  arrived(user: User, address: string, id: string, isMissed: boolean): void {
    const name = `${address} ${id}`;
    const key = `${user} ${name}`;
    if (this.#arrivals.has(key)) return;
    this.#arrivals.set(key, this.#now());
    // A Map keeps the order of insertion, so the first key is the oldest.
    if (this.#arrivals.size > ARRIVALS_MAX)
      this.#arrivals.delete(this.#arrivals.keys().next().value as string);
    const publish = this.#byMessage.get(name);
    if (publish === undefined) return;
    publish.arrived[user] ??= this.#now();
    if (isMissed) publish.missedBy.add(user);
    this.#changed();
  }

  /** Returns the milliseconds from sent to arrived, for each user that was not away. */
  latencies(): number[] {
    return this.list.flatMap(({ sentAt, arrived, missedBy }) =>
      USERS.flatMap((user) => {
        const at = arrived[user];
        return at === undefined || missedBy.has(user) ? [] : [at - sentAt];
      }),
    );
  }
}

/** Returns the answer for a person: `201, stored at 79`, or `422: …` with the fix. */
export function answerOf({ status, outcome = "" }: Publish): string {
  return status === undefined ? outcome : `${status}${isGood(status) ? "," : ":"} ${outcome}`;
}

/** Returns the CSS class for the answer's colour; empty before the answer. */
export function toneOf({ status, answeredAt }: Publish): string {
  if (answeredAt === undefined) return "";
  return isGood(status) ? "good" : "bad";
}

const isGood = (status = 0) => status >= 200 && status < 300;

function numbered(message: Draft["message"], i: number): Draft["message"] {
  const { notification, id } = message;
  return {
    ...message,
    id: `${id}/${i}`,
    ...(notification?.title === undefined
      ? {}
      : { notification: { ...notification, title: `${notification.title} ${i + 1}` } }),
  };
}

/** Takes the body of an answer; returns its result in a few words. */
function outcomeOf(body: Record<string, unknown>): string {
  if (typeof body.code === "string") return `${body.code}: ${body.fix}`;
  if (body.duplicate === true) return `duplicate of ${body.offset}: nothing stored`;
  if (typeof body.stored === "number")
    return `${body.stored} stored, ${body.duplicate} duplicate, ${body.failed} failed`;
  return body.offset === null ? "sent live, stored nowhere" : `stored at ${body.offset}`;
}
