// A log by itself over an object's storage; the test sets how much it keeps and which writes fail.

import { runInDurableObject } from "cloudflare:test";
import { FollowCursors } from "../../src/inbox/follow-cursors.ts";
import { FollowStore } from "../../src/inbox/follow-store.ts";
import { InboxPolicy } from "../../src/inbox/log-policy.ts";
import type { InboxMeta } from "../../src/inbox/state.ts";
import { newEpoch } from "../../src/log/epoch.ts";
import { Log } from "../../src/log/log.ts";
import { LogStore } from "../../src/log/store.ts";
import { freshInbox } from "./object.ts";

export const DAY_MS = 86_400_000;
export const AGE_MS = 90 * DAY_MS;

export interface Bare {
  storage: DurableObjectStorage;
  /** Opens the log as after a waking: it knows only its storage. */
  open(retention?: { messagesMax?: number; ageMs?: number }): Log<InboxMeta>;
  /** Returns the stored offsets, lowest first. */
  stored(): number[];
  /** Makes each statement fail that has this text in it or in a value. */
  poison(text: string): void;
}

/** Runs a test inside an object that does nothing itself. */
export function bare(test: (bare: Bare) => unknown): Promise<void> {
  return runInDurableObject(freshInbox(), async (_object, { storage }) => {
    const { exec } = storage.sql;
    await test({
      storage,
      open: ({ messagesMax = 10, ageMs = AGE_MS } = {}) => {
        const cursors = new FollowCursors(new FollowStore(storage.sql));
        const keep = new InboxPolicy({ messagesMax, ageMs }, cursors);
        return new Log(new LogStore(storage), keep, newEpoch);
      },
      stored: () =>
        storage.sql
          .exec<{ offset: number }>("SELECT offset FROM log ORDER BY offset")
          .toArray()
          .map(({ offset }) => offset),
      poison: (text) => {
        storage.sql.exec = ((...args: Parameters<typeof exec>) => {
          if (args.some((arg) => typeof arg === "string" && arg.includes(text)))
            throw new Error("no room for this one");
          return exec.apply(storage.sql, args);
        }) as typeof exec;
      },
    });
  });
}
