import type { Mutant } from "../mutant.ts";

const file = "src/inbox/follow.ts";

export const FOLLOW: Mutant[] = [
  {
    file,
    text: "    if (cursors.of(topic) === null) this.#requireRoom();\n",
    instead: "",
    why: "a user who may follow no more is put on a topic's list all the same",
    tests: ["test/socket/socket-topics.test.ts"],
  },
  {
    file,
    text: "    while (leaves.isUnderWay(topic)) await leaves.settled(topic);\n",
    instead: "",
    why: "a follow overtakes an unfollow that is under way",
    tests: ["test/topic/join-late-leave.test.ts", "test/inbox/erasure-whole.test.ts"],
  },
  {
    file,
    text: "    requireSameLife();\n",
    instead: "",
    why: "a follow that waited comes back after an erase",
    tests: ["test/inbox/erasure-whole.test.ts"],
  },
  {
    file,
    text: "const mayBeLeft = cursors.of(topic) === null;",
    instead: "const mayBeLeft = false;",
    why: "a late leave ends the follow that came after it, once the inbox has rested",
    tests: ["test/topic/join-late-leave.test.ts"],
  },
  {
    file: "src/inbox/memberships.ts",
    text: "    this.#unanswered.delete(topic);\n    this.joined(topic);",
    instead: "    this.joined(topic);",
    why: "each repeated follow writes a row of the topic, for the owner to pay",
    tests: ["test/topic/join-late-leave.test.ts"],
  },
  {
    file,
    text: `      if (isRefusal(joined)) throw new RefusalError(joined);\n`,
    instead: "",
    why: "a follow that the topic refused is said to be one, and brings nothing",
    tests: ["test/socket/socket-topics.test.ts"],
  },
  {
    file,
    text: "      if (cursors.of(topic) !== null) return false;\n",
    instead: "",
    why: "a follow that is repeated counts twice, and is told as new",
    tests: ["test/topic/topic-follow.test.ts"],
  },
  {
    file,
    text: "return false;\n      this.#requireRoom();\n",
    instead: "return false;\n",
    why: "follows that are asked for at once go beyond the limit of a user",
    tests: ["test/socket/socket-topics.test.ts"],
  },
  {
    file,
    text: "        next.meta.follows += 1;\n        memberships.keepIn(next.meta);\n        next.time = Math.max(next.time, at);\n",
    instead: "        next.meta.follows += 1;\n        memberships.keepIn(next.meta);\n",
    why: "after a restart and a clock that steps back, an unfollow seems older than the follow",
    tests: ["test/topic/join-late-leave.test.ts"],
  },
  {
    file,
    text: "    while (joins.isUnderWay(topic)) await joins.settled(topic);\n    const did",
    instead: "    const did",
    why: "an unfollow beside a follow that is in flight ends nothing",
    tests: ["test/topic/topic-follow.test.ts"],
  },
  {
    file,
    text: "      await leave(topic, member, watches(topic), at);\n",
    instead: "      if (did) await leave(topic, member, watches(topic), at);\n",
    why: "a list that names the user for nothing is not put right by another unfollow",
    tests: ["test/topic/topic-follow.test.ts"],
  },
  {
    file,
    text: "leave(topic, member, watches(topic), at)",
    instead: "leave(topic, member, false, at)",
    why: "a device that watches a topic hears no more of it after an unfollow",
    tests: ["test/inbox/subscriptions.test.ts"],
  },
  {
    file,
    text: "    if (did) this.#end(topic, at);\n",
    instead: "",
    why: "the topic says goodbye, and the user goes on following",
    tests: ["test/topic/topic-follow.test.ts"],
  },
  {
    file,
    text: `    if (did) this.#end(topic, at);
    // Sent even without a follow: a topic may still list the user, and a second leave corrects that.
    const end = leaves.begin(topic);
    try {
      await leave(topic, member, watches(topic), at);
    } finally {`,
    instead: `    const end = leaves.begin(topic);
    try {
      await leave(topic, member, watches(topic), at);
      if (did) this.#end(topic, at);
    } finally {`,
    why: "where the topic is away, an unfollow stops nothing",
    tests: ["test/topic/join-late-leave.test.ts"],
  },
  {
    file: "src/inbox/memberships.ts",
    text: "    this.#unanswered.add(topic);\n",
    instead: "",
    why: "a late leave of an erase ends the follow that is repeated after it",
    tests: ["test/topic/join-late-leave.test.ts"],
  },
  {
    file: "src/delivery/members.ts",
    text: "next.followedAt > followedAt || next.watchedAt > watchedAt",
    instead: "next.followedAt > followedAt",
    why: "a late leave of a subscription ends the one after it, once the topic has rested",
    tests: ["test/topic/join-late-leave.test.ts"],
  },
  {
    file,
    text: "    if (cursors.of(topic) !== null) this.#end(topic, at);\n",
    instead: "",
    why: "after an erase in vain a topic that was left is said to be followed, and brings nothing",
    tests: ["test/inbox/erasure-whole.test.ts"],
  },
  {
    file,
    text: "      next.meta.follows -= 1;\n",
    instead: "",
    why: "who has ended follows may begin ever fewer, and the inbox is never empty again",
    tests: ["test/socket/socket-topics.test.ts", "test/delivery/fan-out.test.ts"],
  },
  {
    file,
    text: "      next.meta.follows -= 1;\n      memberships.keepIn(next.meta);\n      next.time = Math.max(next.time, at);\n",
    instead: "      next.meta.follows -= 1;\n      memberships.keepIn(next.meta);\n",
    why: "after a restart and a clock that steps back, a follow seems older than the unfollow before it",
    tests: ["test/topic/join-late-leave.test.ts"],
  },
  {
    file,
    text: "    if (cursor >= to) return cursor;\n",
    instead: "",
    why: "a batch that comes late pulls the follow back, and the topic sends it all again",
    tests: [],
    equivalent:
      "All that such a batch holds is passed over after it as well, no place goes back, and the topic gets the same answer.",
  },
  {
    file,
    text: "    if (cursor < batch.since && batch.lost < batch.since) return cursor;\n",
    instead: "",
    why: "a batch that begins too late is taken, and what lies before it is lost in silence",
    tests: ["test/topic/topic-follow.test.ts"],
  },
  {
    file,
    text: "      failed === -1\n",
    instead: "      failed >= -1\n",
    why: "a message that the inbox could not store counts as kept",
    tests: ["test/topic/topic-follow.test.ts"],
  },
  {
    file,
    text: "Math.max(to, cursor < batch.lost ? batch.lost : 0)",
    instead: "to",
    why: "a gap is told again and again",
    tests: ["test/topic/topic-follow.test.ts"],
  },
  {
    file,
    text: "cursors.begin(topic, { epoch, offset: 0 }, next.head)",
    instead: "cursors.begin(topic, { epoch, offset: 0 }, 0)",
    why: "of a topic that began anew a follower misses as many messages as it had before",
    tests: ["test/topic/topic-follow.test.ts"],
  },
];
