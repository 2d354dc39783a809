// Fan-out on write: a thousand users follow a topic, nobody is connected, and every inbox stores each
// message. One publish at a time reaches all followers before the next, so that the figure is the cost of
// one more recipient, without waiting.

import { ask, askAll } from "../generator/ask.ts";
import { withPool } from "../generator/http-pool.ts";
import { message, messageList } from "../generator/payload.ts";
import type { Following, Server } from "../servers/server.ts";
import { startDeliveryWatch } from "./delivery-watch.ts";
import { checkKept } from "./kept.ts";
import type { Measure } from "./measure.ts";
import { newTopic, newUsers } from "./stage.ts";
import { startUsage } from "./usage.ts";
import { WARM_UP_MS } from "./window.ts";

const FOLLOWERS = 1000;
const CONNECTIONS = 16;
/** Lists fill an inbox of the hub, which keeps 500: then each message displaces another. */
const FILLED = 600;

/** `messages` is the number of messages in each publish: one, or a list. */
export function follow({ messages }: { messages: number }): Measure {
  const isOne = messages === 1;
  const what = isOne ? "one message" : `${messages} messages in one publish`;
  return {
    title: `${what} at a time to a topic that ${FOLLOWERS.toLocaleString("en")} inboxes follow`,
    servers: ["belfry", "bare+insert"],
    figures: [
      {
        key: "micros",
        unit: isOne ? "server µs a recipient" : "server µs a message and recipient",
      },
      { key: "rate", unit: isOne ? "recipients/s" : "stored messages/s" },
    ],
    async run({ server, seconds }) {
      const following = followingOf(server);
      const topic = newTopic();
      const users = newUsers(FOLLOWERS);
      const follows = users.map((user) => following.followRequest(user, topic));
      await withPool(server.port, CONNECTIONS, (pool) => askAll(pool, follows));
      const { usage, stored, published } = await withPool(server.port, 1, async (pool) => {
        const untilDelivered = startDeliveryWatch(pool, following, topic, FOLLOWERS);
        let sequence = 0;
        const publish = async (): Promise<void> => {
          const body = isOne ? message(sequence) : messageList(sequence, messages);
          sequence += messages;
          await ask(pool, server.publishRequest(topic, body));
          await untilDelivered(sequence);
        };
        await repeat(publish, WARM_UP_MS);
        // Without this a row of lists would begin with free places and end without.
        while (!isOne && sequence < FILLED) await publish();
        const before = sequence;
        const endUsage = startUsage(server);
        await repeat(publish, seconds * 1000);
        const stored = (sequence - before) * FOLLOWERS;
        return { usage: endUsage(stored), stored, published: sequence };
      });
      await withPool(server.port, CONNECTIONS, (pool) =>
        checkKept(pool, following, users, published),
      );
      const micros = usage.serverMicrosPerOperation;
      return { values: { micros, rate: stored / usage.seconds, published }, usage };
    },
  };
}

/** Repeats the work for some time, and finishes the last repetition. */
async function repeat(work: () => Promise<void>, ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end) await work();
}

function followingOf({ name, following }: Server): Following {
  if (!following) throw new Error(`Nobody can follow a topic of ${name}.`);
  return following;
}
