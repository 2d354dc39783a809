// A message that excludes one connection: left out for that one alone, on either kind of socket.

import { describe, expect, it } from "vitest";
import type { Inbox } from "../../src/inbox/inbox.ts";
import type { MessagesFrame } from "../../src/protocol/down.ts";
import type { Topic } from "../../src/topic/topic.ts";
import { at } from "../support/inbox.ts";
import { type Named, namedTopic, namedUser, until, untilDelivered } from "../support/member.ts";
import { BOTH, connect, draft, type ObjectSocket, type Stub } from "../support/object.ts";
import { history } from "../support/topic-object.ts";

const without = (connection: string, data: string) => ({ ...draft(data), exclude: connection });
const dataOf = ({ messages }: Pick<MessagesFrame, "messages">) => messages.map(({ data }) => data);

/** The kinds of sockets that receive a topic's messages, and the objects on the way to each. */
const KINDS = [
  {
    kind: "a direct",
    objects: (topic: Named<Topic>): Stub[] => [topic.stub],
    open: (topic: Named<Topic>) => connect(topic.stub, "latest"),
  },
  {
    kind: "a subscribed",
    objects: (topic: Named<Topic>, user: Named<Inbox>): Stub[] => [topic.stub, user.stub],
    open: async (topic: Named<Topic>, user: Named<Inbox>) => {
      const named = [{ topic: topic.name, since: "latest" as const }];
      const socket = await connect(user.stub, "latest", { user: user.name }, named);
      await until(async () => socket.frames.some(({ type }) => type === "reply"));
      return socket;
    },
  },
];

/** Takes the topic's frames that have come. */
async function stepsOf(socket: ObjectSocket): Promise<MessagesFrame[]> {
  await socket.roundTrip();
  return socket.frames.splice(0).filter((frame) => frame.type === "messages");
}

describe.each(BOTH)("objects that are $name", ({ rest }) => {
  describe.each(KINDS)("to $kind socket", ({ objects, open }) => {
    /** Opens two sockets; `connection` is that of the first. */
    async function opened() {
      const [topic, ada] = [namedTopic(), namedUser()];
      const [own, other] = [await open(topic, ada), await open(topic, ada)];
      const { connection } = await own.nextOf("connected");
      await stepsOf(other);
      const restAll = async () => {
        for (const stub of objects(topic, ada)) await rest(stub);
      };
      return { topic, own, other, connection, restAll };
    }

    it("[TOP7] a message that excludes it is not sent, and its cursor still advances", async () => {
      const { topic, own, other, connection, restAll } = await opened();
      await restAll();
      await topic.stub.publish([draft("a"), without(connection, "b"), draft("c")]);
      await untilDelivered(topic, 3);
      const [step, ...more] = await stepsOf(own);
      expect(more).toEqual([]);
      expect(step).toMatchObject({ topic: topic.name, since: 0, to: 3 });
      expect(dataOf(step as MessagesFrame)).toEqual(["a", "c"]);
      expect((await stepsOf(other)).flatMap(dataOf)).toEqual(["a", "b", "c"]);
      await restAll();
      await topic.stub.publish([without(connection, "d")]);
      await untilDelivered(topic, 4);
      expect(await stepsOf(own)).toMatchObject([{ since: 3, to: 4, messages: [] }]);
      expect((await stepsOf(other)).flatMap(dataOf)).toEqual(["d"]);
      // The next step begins at that cursor; the history and a replay have every message.
      await restAll();
      await topic.stub.publish([draft("e")]);
      expect(await own.messages()).toMatchObject({
        since: 4,
        to: 5,
        messages: [{ data: "e" }],
      });
      expect(dataOf(await history(topic.stub))).toEqual(["a", "b", "c", "d", "e"]);
      const back = await connect(topic.stub, at("0", 0), { connection });
      expect(dataOf(await back.messages())).toEqual(["a", "b", "c", "d", "e"]);
    });

    it("[TOP7] [TOP1] a message that it publishes itself goes to the others only", async () => {
      const { topic, own, other, connection, restAll } = await opened();
      await restAll();
      const message = { data: "mine", exclude: connection };
      own.send({ type: "publish", id: 1, topic: topic.name, message });
      expect(dataOf(await other.messages())).toEqual(["mine"]);
      await untilDelivered(topic, 1);
      expect(await stepsOf(own)).toMatchObject([{ since: 0, to: 1, messages: [] }]);
      await restAll();
      own.send({
        type: "publish",
        id: 2,
        topic: topic.name,
        message: { ...message, ttl: 0 },
      });
      expect(dataOf(await other.messages())).toEqual(["mine"]);
      expect((await stepsOf(own)).flatMap(dataOf)).toEqual([]);
    });
  });
});
