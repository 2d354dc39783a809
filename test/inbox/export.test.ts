// The export of all that is kept about a user, as a stream: whole, readable, or broken off.

import { expect, it } from "vitest";
import type { Inbox } from "../../src/inbox/inbox.ts";
import { filled, mark, range } from "../support/inbox.ts";
import { namedTopic } from "../support/member.ts";
import { BOTH, type Stub } from "../support/object.ts";

const exportOf = (stub: Stub) => (stub as DurableObjectStub<Inbox>).fetch("https://object/export");

/** The lines of an export: one about the inbox, and one for each message. */
async function linesOf(stub: Stub) {
  const text = new TextDecoder().decode(await (await exportOf(stub)).arrayBuffer());
  expect(text.endsWith("\n")).toBe(true);
  const [about, ...messages] = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  return { about, offsets: messages.map(({ offset }) => offset) };
}

it.each(BOTH)("an export of a $name inbox has every message, in pieces", async ({ rest }) => {
  const { stub, epoch } = await filled(250);
  const topic = namedTopic();
  await stub.follow(topic.name, "backend");
  await stub.disconnect(false, 1_900_000_000);
  await rest(stub);
  const { about, offsets } = await linesOf(stub);
  expect(about).toMatchObject({
    ...{ cursor: `${epoch}:250`, counts: { unread: 250, unseen: 250, total: 250 } },
    ...{ not_before: 1_900_000_000, follows: [topic.name] },
  });
  expect(offsets).toEqual(range(1, 250));
});

it("[STA12] an export skips deleted messages, however many are side by side", async () => {
  const { stub } = await filled(350);
  await mark(stub, range(51, 301), { remove: true });
  expect((await linesOf(stub)).offsets).toEqual([...range(1, 50), ...range(302, 350)]);
});

it("[LOG14] an erase during an export breaks it off with an error", async () => {
  const { stub } = await filled(500);
  const { body } = await exportOf(stub);
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  await stub.erase();
  const readOn = async () => {
    while (!(await reader.read()).done);
  };
  await expect(readOn()).rejects.toThrow();
});
