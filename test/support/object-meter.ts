// Counts the work of all objects of a test file from here on: the handlers that the platform calls, the
// instances, the rows and the alarms. All run in one isolate, so spies on prototypes see everything.

import { runInDurableObject } from "cloudflare:test";
import { vi } from "vitest";
import { Inbox } from "../../src/inbox/inbox.ts";
import { Topic } from "../../src/topic/topic.ts";
import type { Stub } from "./object.ts";

export interface Meter {
  /** Calls of handlers: for each an object had to be awake. */
  wakes: number;
  /** The instances of the calls; an evicted object comes back as another. */
  readonly instances: Set<unknown>;
  /** Rows written since the meter began. */
  written(): number;
  /** Alarms set or run. */
  alarms: number;
  stop(): void;
}

/** Starts the meter. The object only provides the prototypes of its storage. */
export async function meter(stub: Stub): Promise<Meter> {
  const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  const undo: (() => void)[] = [];
  const counted: Meter = {
    wakes: 0,
    instances: new Set(),
    written: () => cursors.reduce((sum, cursor) => sum + cursor.rowsWritten, 0),
    alarms: 0,
    stop: () => {
      for (const each of undo.splice(0)) each();
    },
  };
  for (const { prototype } of [Inbox, Topic])
    for (const name of ["fetch", "webSocketMessage", "webSocketClose", "alarm"] as const) {
      const handler = prototype[name] as (...args: unknown[]) => unknown;
      const spy = vi.spyOn(prototype, name).mockImplementation(function (
        this: unknown,
        ...args: unknown[]
      ) {
        counted.wakes += 1;
        counted.instances.add(this);
        if (name === "alarm") counted.alarms += 1;
        return handler.apply(this, args) as never;
      });
      undo.push(() => spy.mockRestore());
    }
  await runInDurableObject(stub as DurableObjectStub<Inbox>, (_object, { storage }) => {
    const sql = Object.getPrototypeOf(storage.sql) as SqlStorage;
    const own = Object.getPrototypeOf(storage) as DurableObjectStorage;
    const { exec } = sql;
    const { setAlarm } = own;
    sql.exec = function (this: SqlStorage, ...args: Parameters<typeof exec>) {
      const cursor = exec.apply(this, args);
      cursors.push(cursor);
      return cursor;
    } as typeof exec;
    own.setAlarm = function (this: DurableObjectStorage, ...args: Parameters<typeof setAlarm>) {
      counted.alarms += 1;
      return setAlarm.apply(this, args);
    };
    undo.push(() => {
      sql.exec = exec;
      own.setAlarm = setAlarm;
    });
  });
  return counted;
}
