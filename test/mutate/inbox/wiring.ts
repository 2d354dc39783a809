import type { Mutant } from "../mutant.ts";

const file = "src/inbox/inbox.ts";
const FRAMES = "src/inbox/frames.ts";
const MEMBERSHIPS = ["test/inbox/memberships.test.ts"];
const ERASE = ["test/inbox/erasure.test.ts"];
const REFRESH = ["test/socket/session-refresh.test.ts"];

/** The object itself, and its answers to the frames of its sockets. */
export const WIRING: Mutant[] = [
  {
    file: "src/inbox/topic-member.ts",
    text: "      log.confirm();\n      this.memberships.left(topic);\n",
    instead: "      this.memberships.left(topic);\n",
    why: "an instance that was replaced makes a topic let go of a follower",
    tests: ["test/log/log-replaced.test.ts"],
  },
  {
    file,
    text: "    return this.#refusalOf(asker) ?? this.#cursors.topics();\n",
    instead: "    return this.#cursors.topics();\n",
    why: "a revoked token reads what its user follows",
    tests: ERASE,
  },
  {
    file,
    text: "    return this.#refusalOf(asker) ?? list(",
    instead: "    return list(",
    why: "a revoked token reads the inbox",
    tests: ERASE,
  },
  {
    file,
    text: "    return this.#refusalOf(asker) ?? this.#marks.byUser(whole);\n",
    instead: "    return this.#marks.byUser(whole);\n",
    why: "a revoked token marks and deletes messages",
    tests: ERASE,
  },
  {
    file,
    text: "    if (refused !== null) return refused;\n    try",
    instead: "    try",
    why: "a revoked token makes its user follow topics",
    tests: ERASE,
  },
  {
    file,
    text: "  revokes(iat: number | null): boolean {\n    this.#log.confirm();\n",
    instead: "  revokes(iat: number | null): boolean {\n",
    why: "an instance that was replaced lets a revoked token in",
    tests: ["test/log/log-replaced.test.ts"],
  },
  {
    file,
    text: "this.#refusalOf({ iat: caller.iat }) ?? ",
    instead: "",
    why: "a revoked token connects",
    tests: ERASE,
  },
  {
    file,
    text: "    this.ctx.waitUntil(this.#member.checkFollows());\n",
    instead: "",
    why: "a follower that a topic lost by a fault stays lost for ever",
    tests: ["test/topic/topic-lost-member.test.ts"],
  },
  {
    file: FRAMES,
    text: "      if (isRevoked(log.at(clock()).meta, claims.iat)) throw new RefusalError(REVOKED);\n",
    instead: "",
    why: "a revoked token lengthens a connection",
    tests: REFRESH,
  },
  {
    file: FRAMES,
    text: "      await subscriptions.revise(session);\n",
    instead: "",
    why: "a device goes on hearing what its new token forbids",
    tests: ["test/inbox/subscriptions.test.ts"],
  },
  {
    file: FRAMES,
    text: "      memberships.spendToFollow(topic);\n      return JSON.stringify({ topic, changed: await follows.unfollow",
    instead: "      return JSON.stringify({ topic, changed: await follows.unfollow",
    why: "unfollows of what is not followed cost the owner calls to topics without end",
    tests: MEMBERSHIPS,
  },
];
