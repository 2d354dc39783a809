// A page of the chaos test: it changes its user at random, and records everything that it has shown.

import { createHmac } from "node:crypto";
import { type Client, newClient } from "../../src/client/client.ts";
import type { Environment } from "../../src/client/environment.ts";
import { type Inbox, inbox } from "../../src/client/inbox.ts";
import type { Transport } from "../../src/client/transport.ts";
import { JWT_SECRET } from "../support/vars.ts";

export const USERS = ["ada", "bob", "eve"] as const;
export type User = (typeof USERS)[number];

/** A snapshot as the page showed it: its user, its epoch, and its messages by offset. */
interface View {
  user: User | null;
  epoch: string;
  messages: [offset: number | null, data: unknown][];
}

/** The messages that the hub has stored: the user and the data of each, by epoch and offset. */
export type Stored = Map<string, { user: User; data: unknown }>;

/** Signs within the same turn: the client could ignore a later answer, and the page would not notice. */
function tokenNow(sub: User, seconds: number): string {
  const iat = Math.floor(Date.now() / 1000);
  const caps = { "topic:*": ["subscribe", "follow", "publish"] };
  const [head, claims] = [{ alg: "HS256" }, { sub, iat, exp: iat + seconds, caps }].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  const sign = createHmac("sha256", JWT_SECRET).update(`${head}.${claims}`).digest("base64url");
  return `${head}.${claims}.${sign}`;
}

export class ChaosPage {
  readonly client: Client;
  readonly store: Inbox;
  /** The user that is signed in now. */
  user: User | null;
  /** The user of the last token. */
  shownTo: User | null = null;
  /** The number of sessions that have ended. */
  ended = 0;
  /** Whether the page keeps its user from now on. */
  isCalm = false;
  readonly views: View[] = [];
  /** The newest message of the topic; they are numbered from 1. */
  newest = 0;
  onNews: () => void = () => undefined;
  readonly #faults: string[] = [];
  readonly #arrived = new Set<unknown>();
  /** The gaps of the inbox: the user and the epoch of each. */
  readonly #gaps: { user: User | null; epoch: string }[] = [];

  constructor(
    url: string,
    transport: Transport,
    topic: string,
    first: User,
    environment: Environment,
  ) {
    this.user = first;
    const token = () => this.#token(environment.random);
    this.client = newClient({ url, token, transports: [transport] }, environment);
    this.store = inbox(this.client);
    this.client.onStatus(({ state }) => {
      if (state !== "closed") return;
      this.ended += 1;
      // A recent erase also disconnects a page that has signed in for good.
      if (this.isCalm) setImmediate(() => this.isCalm && this.client.connect());
    });
    this.store.subscribe(() => this.#look());
    this.store.onMessage(({ offset, data }) => {
      if (!String(data).startsWith(`${this.shownTo} `)) this.#fail(`${data} to ${this.shownTo}`);
      // The messages of a snapshot after a change of users are not reported as new. A message that was
      // sent live only has no offset by which a doubled frame could be noticed.
      if (offset !== null && this.#arrived.has(data)) this.#fail(`${data} came twice`);
      this.#arrived.add(data);
    });
    this.client.onGap((gap) => {
      const [epoch = ""] = gap.since.split(":");
      if (gap.topic === null) this.#gaps.push({ user: this.shownTo, epoch });
      else this.#fail(`gap of ${gap.topic}`);
    });
    this.client.topic<number>(topic).subscribe(
      ({ data = 0 }) => {
        if (data !== this.newest + 1) this.#fail(`${data} of ${topic} after ${this.newest}`);
        this.newest = data;
        this.onNews();
      },
      // From the beginning of the log, so that each page shows all of it.
      { since: "0:0" },
    );
  }

  #fail(fault: string): void {
    this.#faults.push(fault);
  }

  #token(random: () => number): string | null {
    const chance = this.isCalm ? 1 : random();
    if (chance < 0.1) this.user = USERS[Math.floor(random() * USERS.length)] as User;
    else if (chance < 0.2) this.user = null;
    this.shownTo = this.user;
    // In the next turn, after the answer, the previous user's data must be gone.
    setImmediate(() => this.#look());
    return this.user && tokenNow(this.user, 15 + Math.floor(random() * 60));
  }

  #look(): void {
    const { cursor, notifications } = this.store.getSnapshot();
    const [epoch = ""] = (cursor ?? "").split(":");
    const messages = notifications.map(({ offset, data }) => [offset, data] as View["messages"][0]);
    this.views.push({ user: this.shownTo, epoch, messages });
  }

  /** Signs in for good. */
  calm(): void {
    this.isCalm = true;
    this.signIn(this.user ?? "ada");
  }

  /** Leaves for good. */
  end(): void {
    this.isCalm = false;
    this.client.close();
  }

  signIn(user: User): void {
    this.user = user;
    if (this.shownTo !== user) this.client.close();
    this.client.connect();
  }

  /** Returns every fault: data shown to another user, after an erase, twice, or in the wrong place. */
  faults(stored: Stored): string[] {
    const faults = [...this.#faults];
    const owners = new Map([...stored].map(([at, { user }]) => [at.split(":")[0], user]));
    const isOthers = (user: User | null, epoch: string) =>
      owners.has(epoch) && owners.get(epoch) !== user;
    for (const { user, epoch } of this.#gaps)
      if (isOthers(user, epoch)) faults.push(`${user} was told a gap of ${owners.get(epoch)}`);
    const epochs = new Map<unknown, string[]>();
    for (const { user, epoch, messages } of this.views) {
      if (isOthers(user, epoch)) faults.push(`${user} was shown ${epoch} of ${owners.get(epoch)}`);
      for (const [offset, data] of messages) {
        const own = stored.get(`${epoch}:${offset}`);
        if (own?.user !== user || own?.data !== data)
          faults.push(`${user} was shown ${data} at ${epoch}:${offset}`);
      }
      if (messages.length === 0) continue;
      const seen = epochs.get(user) ?? [];
      epochs.set(user, seen);
      if (seen.includes(epoch) && seen.at(-1) !== epoch)
        faults.push(`${epoch} of ${user} was shown after its erase`);
      if (!seen.includes(epoch)) seen.push(epoch);
    }
    return [...new Set(faults)];
  }
}
