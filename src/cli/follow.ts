// belfry follow, belfry unfollow: starts or ends the delivery of a topic's messages to a user's inbox.

import { callHub, inPath } from "./call-hub.ts";
import type { Call, Command } from "./command.ts";
import { readTopic, readUser } from "./names.ts";

export const follow: Command = {
  name: "follow",
  operands: "<user> <topic>",
  count: [2, 2],
  about: "Makes a user follow a topic: its messages land in the inbox.",
  options: {},
  examples: ["belfry follow ada builds"],
  run: (call) => setFollow(call, true),
};

export const unfollow: Command = {
  name: "unfollow",
  operands: "<user> <topic>",
  count: [2, 2],
  about: "Ends it. What came stays in the inbox.",
  options: {},
  examples: ["belfry unfollow ada builds"],
  run: (call) => setFollow(call, false),
};

async function setFollow({ operands, output, hub }: Call, follows: boolean): Promise<void> {
  const user = readUser(operands[0] as string);
  const topic = readTopic(operands[1] as string);
  const path = `users/${inPath(user)}/follows/${inPath(topic)}`;
  await callHub(await hub(), follows ? "PUT" : "DELETE", path);
  const line = `${user} ${follows ? "follows" : "does not follow"} ${topic}`;
  await output.result({ user, topic, follows }, line);
}
