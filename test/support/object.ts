// For tests inside workerd: the objects themselves, sockets straight into them, and their costs.

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Inbox } from "../../src/inbox/inbox.ts";
import type { Draft } from "../../src/log/entry.ts";
import type { Since } from "../../src/protocol/cursor.ts";
import type { DownFrame, MessagesFrame } from "../../src/protocol/down.ts";
import type { Caller } from "../../src/socket/attachment.ts";
import { openSocket } from "../../src/socket/upgrade.ts";
import type { Topic } from "../../src/topic/topic.ts";

export type Stub = DurableObjectStub<Inbox> | DurableObjectStub<Topic>;

let made = 0;

/** Returns an inbox that no other test has. */
export function freshInbox(): DurableObjectStub<Inbox> {
  made += 1;
  return env.INBOX.getByName(`v1/-/user/test-${made}-${crypto.randomUUID()}`);
}

export function freshTopic(): DurableObjectStub<Topic> {
  made += 1;
  return env.TOPIC.getByName(`v1/-/topic/test-${made}-${crypto.randomUUID()}`);
}

interface DraftOptions {
  id?: string;
  ttl?: number;
  category?: string;
  source?: string;
  /** True for a message without a `notification`. */
  isSilent?: boolean;
}

/** Returns a draft as the edge makes it; with an `id` it is safe to repeat. */
export function draft(data: unknown, options: DraftOptions = {}): Draft {
  const { id = crypto.randomUUID(), ttl = null, category = null, source = "test" } = options;
  const shown = options.isSilent ? "" : ',"notification":{"title":"t"}';
  const body = `"id":${JSON.stringify(id)},"source":"${source}"${shown},"data":${JSON.stringify(data)}`;
  const identity =
    options.id === undefined ? null : { key: `${source}\n${id}`, digest: JSON.stringify(data) };
  return { id, body, ttl, category, identity };
}

export function drafts(count: number, from = 1): Draft[] {
  return Array.from({ length: count }, (_, i) => draft(from + i));
}

/** A device's socket into an object. `frames` holds the frames that were not taken yet. */
export class ObjectSocket {
  readonly ws: WebSocket;
  readonly frames: DownFrame[] = [];
  closed: { code: number; reason: string } | null = null;
  #wake: () => void = () => undefined;

  constructor(ws: WebSocket) {
    this.ws = ws;
    ws.addEventListener("message", ({ data }) => {
      this.frames.push(JSON.parse(String(data)) as DownFrame);
      this.#wake();
    });
    ws.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason };
      this.#wake();
    });
    ws.accept();
  }

  send(frame: unknown): void {
    this.ws.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  /** Returns the next frame of a type, and drops the frames before it. */
  async nextOf<T extends DownFrame["type"]>(type: T): Promise<Extract<DownFrame, { type: T }>> {
    for (;;) {
      const frame = this.frames.shift();
      if (frame?.type === type) return frame as Extract<DownFrame, { type: T }>;
      if (frame !== undefined) continue;
      if (this.closed !== null) throw new Error(`waited for ${type}, closed: ${this.closed.code}`);
      await this.#event();
    }
  }

  messages(): Promise<MessagesFrame> {
    return this.nextOf("messages");
  }

  async nextClose(): Promise<{ code: number; reason: string }> {
    while (this.closed === null) await this.#event();
    return this.closed;
  }

  /** Asks for a page and waits for it: every frame sent to this socket before has then arrived. */
  async roundTrip(): Promise<void> {
    if (this.ws.readyState !== WebSocket.OPEN) {
      await this.nextClose();
      return;
    }
    const id = crypto.randomUUID();
    this.send({ type: "history", id, limit: 1 });
    while (!this.frames.some((frame) => frame.type === "reply" && frame.id === id)) {
      if (this.closed !== null) return;
      await this.#event();
    }
  }

  #event(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** Connects to an object as the edge would, as a user with a token for an hour. */
export async function connect(
  stub: Stub,
  since: Since = "snapshot",
  caller: Partial<Caller> = {},
  topics: { topic: string; since: Since }[] = [],
): Promise<ObjectSocket> {
  const now = Math.floor(Date.now() / 1000);
  const response = await openSocket(stub, {
    caller: {
      connection: `c_${crypto.randomUUID()}`,
      user: "ada",
      source: "user:ada",
      exp: now + 3600,
      iat: now,
      caps: { "topic:*": ["subscribe", "publish"] },
      ...caller,
    },
    since,
    offered: false,
    topics,
  });
  if (response.webSocket === null) throw new Error(`refused: ${await response.text()}`);
  return new ObjectSocket(response.webSocket);
}

/** The two forms of a test: on an object that stays in memory, and on one evicted in between. */
export const BOTH: { name: string; rest: (stub: Stub) => Promise<void> }[] = [
  { name: "warm", rest: async () => undefined },
  { name: "evicted", rest: (stub) => evictDurableObject(stub) },
];

/** Runs an object's alarm while its SQL fails; returns the time of the next alarm in ms. */
export function ringInVain(stub: Stub): Promise<number | null> {
  return runInDurableObject(stub as DurableObjectStub<Inbox>, async (object, { storage }) => {
    const { exec } = storage.sql;
    storage.sql.exec = () => {
      throw new Error("no room");
    };
    try {
      await object.alarm();
    } finally {
      storage.sql.exec = exec;
    }
    return storage.getAlarm();
  });
}

export interface Cost {
  written: number;
  read: number;
  alarms: number;
}

/** Runs an action inside an object; returns its cost in rows and alarms. */
export async function costOf(
  stub: Stub,
  action: (object: Inbox & Topic) => unknown,
): Promise<Cost> {
  return runInDurableObject(stub as DurableObjectStub<Inbox>, async (object, { storage }) => {
    const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
    const { exec } = storage.sql;
    const { setAlarm } = storage;
    let alarms = 0;
    storage.sql.exec = ((...args: Parameters<typeof exec>) => {
      const cursor = exec.apply(storage.sql, args);
      cursors.push(cursor);
      return cursor;
    }) as typeof exec;
    storage.setAlarm = (...args: Parameters<typeof setAlarm>) => {
      alarms += 1;
      return setAlarm.apply(storage, args);
    };
    try {
      await action(object as Inbox & Topic);
      await storage.sync();
    } finally {
      storage.sql.exec = exec;
      storage.setAlarm = setAlarm;
    }
    const sum = (of: (cursor: (typeof cursors)[number]) => number) =>
      cursors.reduce((total, cursor) => total + of(cursor), 0);
    return { written: sum((c) => c.rowsWritten), read: sum((c) => c.rowsRead), alarms };
  });
}
