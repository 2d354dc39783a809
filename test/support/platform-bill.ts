// The platform's bill for the actions of a test, by counting them: all objects of a test file are in one
// isolate, so spies on prototypes see everything.

import { runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { vi } from "vitest";
import { Inbox } from "../../src/inbox/inbox.ts";
import { Topic } from "../../src/topic/topic.ts";
import { freshInbox } from "./object.ts";
import { API_KEY } from "./vars.ts";

/** Units of the bill. Setting an alarm is a row written; its run is a request of the object. */
export interface Bill {
  /** Requests of the Worker. */
  worker: number;
  /** Requests of objects: RPC calls, upgrades and alarms. */
  object: number;
  /** Frames from clients: twenty are billed as one request of an object. */
  frames: number;
  written: number;
  read: number;
}

const EVENTS = ["fetch", "alarm"] as const;
const CALLS: [{ prototype: object }, string[]][] = [
  [Inbox, ["publish", "deliver", "list", "mark", "revokes", "follow", "unfollow"]],
  [Topic, ["publish", "history", "message", "join", "leave"]],
];

/** Returns the bill of an action. */
export async function billOf(action: () => Promise<unknown>): Promise<Bill> {
  const bill: Bill = { worker: 0, object: 0, frames: 0, written: 0, read: 0 };
  const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  const undo: (() => void)[] = [];
  const spyOn = (target: object, name: string, count: keyof Bill) => {
    const methods = target as Record<string, (...args: unknown[]) => unknown>;
    const own = methods[name];
    const spy = vi.spyOn(methods, name).mockImplementation(function (
      this: unknown,
      ...args: unknown[]
    ) {
      bill[count] += 1;
      return own?.apply(this, args);
    });
    undo.push(() => spy.mockRestore());
  };
  for (const [{ prototype }, calls] of CALLS) {
    for (const name of [...calls, ...EVENTS]) spyOn(prototype, name, "object");
    spyOn(prototype, "webSocketMessage", "frames");
  }
  await runInDurableObject(freshInbox(), (_object, { storage }) => {
    const sql = Object.getPrototypeOf(storage.sql) as SqlStorage;
    const kept = Object.getPrototypeOf(storage) as DurableObjectStorage;
    const { exec } = sql;
    sql.exec = function (this: SqlStorage, ...args: Parameters<typeof exec>) {
      const cursor = exec.apply(this, args);
      cursors.push(cursor);
      return cursor;
    } as typeof exec;
    undo.push(() => {
      sql.exec = exec;
    });
    spyOn(kept, "setAlarm", "written");
  });
  counting = bill;
  try {
    await action();
  } finally {
    counting = null;
    for (const each of undo) each();
  }
  for (const { rowsWritten, rowsRead } of cursors) {
    bill.written += rowsWritten;
    bill.read += rowsRead;
  }
  return bill;
}

let counting: Bill | null = null;

/** Sends a request to the Worker, with a backend's key or another credential. */
export async function request(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  if (counting !== null) counting.worker += 1;
  const url = `https://hub.example${path}`;
  const all = {
    authorization: `Bearer ${API_KEY}`,
    "content-type": "application/json",
    ...headers,
  };
  const init = {
    method,
    headers: all,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  return (exports as unknown as { default: Fetcher }).default.fetch(url, init);
}
