// A deploy or a dropped network: every client of a topic comes back in the same instant, and lacks the
// messages published meanwhile. A server that does not replay only has to let them in.

import { Crowd } from "../generator/crowd.ts";
import { until } from "../generator/deadline.ts";
import { HttpPool } from "../generator/http-pool.ts";
import { publishInTurn } from "../generator/loops.ts";
import { message } from "../generator/payload.ts";
import { Publishes } from "../generator/publishes.ts";
import { openFiles } from "../machine.ts";
import type { Address, Server } from "../servers/server.ts";
import type { Measure } from "./measure.ts";
import { CONNECTS_AT_ONCE, newTopic } from "./stage.ts";
import { startUsage } from "./usage.ts";

const CLIENTS = 3000;
const MISSED = 10;
const LEAVE_MS_MAX = 10_000;
const REPLAY_MS_MAX = 20_000;
/** A server that has noticed the loss of its clients has few more open files than before them. */
const FILES_SPARE = 200;

export const reconnect: Measure = {
  title: `${CLIENTS.toLocaleString("en")} clients of one topic back at once, ${MISSED} missed each`,
  servers: ["belfry", "bare", "bare+token", "ws", "socket.io"],
  figures: [{ key: "back", unit: "ms until all are back" }],
  async run({ server }) {
    const topic = newTopic();
    // The log begins before anyone connects, so that every cursor is one of a real epoch.
    await publishMissed(server, topic, 1);
    const cursors = await connectAndLeave(server, topic);
    await publishMissed(server, topic, MISSED);

    const crowd = new Crowd(server, { address: () => topic, since: (index) => cursors[index] });
    try {
      crowd.prepare(CLIENTS);
      const endUsage = startUsage(server);
      const startedAt = performance.now();
      await crowd.connect(CLIENTS, CLIENTS);
      if (server.cursorOf) await crowd.untilReceived(MISSED, REPLAY_MS_MAX);
      const values = { back: performance.now() - startedAt, retries: crowd.retries };
      const usage = endUsage(CLIENTS);
      checkReplayed(crowd, server.cursorOf ? MISSED : 0);
      return { values, usage };
    } finally {
      crowd.close();
    }
  },
};

/** Connects all clients, drops them without a goodbye, and returns the cursor of each. */
async function connectAndLeave(
  server: Server,
  topic: Address,
): Promise<readonly (string | undefined)[]> {
  const filesBefore = openFiles(server.pid);
  const crowd = new Crowd(server, { address: () => topic });
  try {
    await crowd.connect(CLIENTS, CONNECTS_AT_ONCE);
  } finally {
    crowd.close();
  }
  await until(
    LEAVE_MS_MAX,
    `the server to notice that ${CLIENTS} clients left`,
    () => openFiles(server.pid) < filesBefore + FILES_SPARE,
  );
  return crowd.subscribers.map(({ greeting }) => server.cursorOf?.(greeting));
}

async function publishMissed(server: Server, topic: Address, count: number): Promise<void> {
  const pool = await HttpPool.open(server.port, 1);
  const request = (sequence: number): string => server.publishRequest(topic, message(sequence));
  try {
    await publishInTurn({ pool, publishes: new Publishes(0), request }, count);
  } finally {
    pool.close();
  }
}

function checkReplayed(crowd: Crowd, count: number): void {
  const sum = (count * (count - 1)) / 2;
  const wrong = crowd.subscribers.filter(
    (subscriber) => subscriber.received !== count || subscriber.sum !== sum,
  );
  if (wrong.length > 0) {
    throw new Error(`${wrong.length} clients did not get exactly the ${count} they had missed.`);
  }
}
