// The check whether a message is a notification, made on its text.

import { expect, it } from "vitest";
import { hasNotification } from "../../src/protocol/notification.ts";

const NESTED = { notification: { title: "no" } };

/** Returns the body of a message as the log keeps it: its members, without the braces. */
const bodyOf = (message: object) => JSON.stringify(message).slice(1, -1);

it.each([
  { id: "a", notification: { title: "t" } },
  { notification: {} },
  { id: '\\"{[', source: "s", notification: { body: "b" }, data: NESTED },
  { id: "a", data: [{ notification: 1 }, "}"], notification: { title: "t" } },
  { id: "a", data: NESTED, topic: "t", notification: {} },
])("[STA15] %j is a notification", (message) => {
  expect(hasNotification(bodyOf(message))).toBe(true);
});

it.each([
  {},
  { id: "a", data: 1 },
  { id: "a", data: NESTED },
  { id: "a", data: { a: 1, ...NESTED } },
  { id: "a", data: [[NESTED], NESTED] },
  { id: '"notification":{', type: ',"notification":', data: '\\",\\"notification\\":{}' },
  { id: "a", data: { "}": NESTED, '"': NESTED, "\\": [NESTED] } },
  { id: "a", data: { x: '"notification":', "a notification": 1 } },
  { notifications: 1 },
])("[STA15] %j is no notification", (message) => {
  expect(hasNotification(bodyOf(message))).toBe(false);
});
