// The most that one person can cost, from the limits and from the counted rows of a change; docs/cost.md
// is checked against it.

import { expect, it } from "vitest";
import page from "../../docs/cost.md?raw";
import {
  FOLLOW_CHANGES_MAX,
  FOLLOW_CHANGES_PER_SECOND,
  MARKED_TIMES_MAX,
  MEMBERSHIP_CHANGES_MAX,
  MEMBERSHIP_CHANGES_PER_SECOND,
  MEMBERSHIP_CHANGES_WOKEN,
} from "../../src/protocol/limits.ts";
import { namedTopic, namedUser } from "../support/member.ts";
import { connect, type ObjectSocket } from "../support/object.ts";
import { billOf } from "../support/platform-bill.ts";

const DAY_SECONDS = 86_400;
const REST_SECONDS = 10;

const dollars = (...parts: number[]) =>
  (Math.round(parts.reduce((sum, each) => sum + each) / 1e4) / 100).toFixed(2);

/** Rows that a new topic's name costs, alarms included. */
const FOLLOW_ROWS = 17;
const WATCH_ROWS = 5;

async function asked(socket: ObjectSocket, type: string, topic: string): Promise<void> {
  socket.send({ type, id: type, topic, since: "latest" });
  await socket.nextOf("reply");
}

it.each([
  { begin: "follow", end: "unfollow", rows: FOLLOW_ROWS },
  { begin: "subscribe", end: "unsubscribe", rows: WATCH_ROWS },
])("a $begin of a new name and its end write $rows rows", async ({ begin, end, rows }) => {
  const { name: user, stub } = namedUser();
  const caps = { "topic:*": ["subscribe", "follow"] as ("subscribe" | "follow")[] };
  const socket = await connect(stub, "latest", { user, caps });
  await socket.nextOf("connected");
  // The inbox's own tables are made once.
  await asked(socket, "follow", namedTopic().name);
  const topic = namedTopic().name;
  const { written } = await billOf(async () => {
    await asked(socket, begin, topic);
    await asked(socket, end, topic);
  });
  expect(written).toBe(rows);
});

it("[SUB11] [STA14] docs/cost.md says what the limits come to", () => {
  const follows = FOLLOW_CHANGES_MAX + FOLLOW_CHANGES_PER_SECOND * DAY_SECONDS;
  const awake = MEMBERSHIP_CHANGES_MAX + MEMBERSHIP_CHANGES_PER_SECOND * DAY_SECONDS;
  const resting = (DAY_SECONDS / REST_SECONDS) * MEMBERSHIP_CHANGES_WOKEN;
  const rows = {
    follows: follows * FOLLOW_ROWS,
    awake: (awake - follows) * WATCH_ROWS,
    resting: (resting - follows) * WATCH_ROWS,
    marks: 500 * (MARKED_TIMES_MAX + DAY_SECONDS / 60),
  };
  for (const each of Object.values(rows)) {
    const cells = `${each.toLocaleString("en")} | +${dollars(each)} `;
    expect(page).toMatch(new RegExp(`\\| +${cells.replace("|", "\\|")}`));
  }
  expect(page).toContain(`**$${dollars(rows.follows, rows.resting, rows.marks)} a day**`);
  expect(page).toContain(`**$${dollars(rows.follows, rows.awake, rows.marks)}**`);
});
