// A new socket on a topic: who it is, where it left off, what it missed.

import type { Log } from "../log/log.ts";
import type { Since } from "../protocol/cursor.ts";
import { printConnected, printMessages } from "../protocol/down.ts";
import { SNAPSHOT_MESSAGES } from "../protocol/limits.ts";
import type { Caller } from "../socket/attachment.ts";
import type { Sockets } from "../socket/sockets.ts";
import { startOf } from "../socket/upgrade.ts";
import { entriesAfter, newest } from "./history.ts";
import type { TopicOwn } from "./keep.ts";

/**
 * Takes the object's end of the socket and sends the first frames, in one turn: nothing that is
 * published meanwhile can come before the replay.
 */
export function connectTopic(
  topic: string,
  log: Log<TopicOwn>,
  sockets: Sockets,
  ws: WebSocket,
  caller: Caller,
  since: Since,
  now: number,
): void {
  log.confirm();
  const { epoch, head, oldest } = log.at(now);
  const recovered = typeof since === "string" || log.reaches(since, now);
  const connected = printConnected({
    connection: caller.connection,
    topic,
    epoch,
    offset: head,
    recovered,
    oldest,
    expires_in: caller.exp === null ? null : caller.exp - Math.floor(now / 1000),
  });
  const frames = [connected];
  const start = recovered ? startOf(since, epoch) : null;
  if (start !== null && start < head)
    frames.push(
      ...printMessages({
        topic,
        epoch,
        since: start,
        to: head,
        messages: entriesAfter(log, start, now),
        oldest,
      }),
    );
  else if (!recovered || since === "snapshot")
    frames.push(
      ...printMessages({
        topic,
        epoch,
        since: null,
        to: head,
        snapshot: true,
        messages: newest(log, head + 1, SNAPSHOT_MESSAGES, now),
        oldest,
      }),
    );
  sockets.send(sockets.accept(ws, caller), frames, now);
}
