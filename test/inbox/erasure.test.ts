// Erasing a user, and the revocation that stays in force.

import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Topic } from "../../src/topic/topic.ts";
import { at, filled, list, messagesOf, publish } from "../support/inbox.ts";
import { holdUntil, namedTopic, namedUser, until } from "../support/member.ts";
import { BOTH, connect, draft, drafts } from "../support/object.ts";
import { expectEnd } from "../support/socket-end.ts";

const NOW = Date.parse("2030-05-01T10:00:00Z");

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe.each(BOTH)("an inbox that is $name", ({ rest }) => {
  it("[LOG14] [SOC14] an erase removes everything and closes the sockets", async () => {
    const { stub } = await filled(3);
    await publish(stub, draft("named", { id: "n" }));
    const sockets = [await connect(stub, "latest"), await connect(stub, "latest")];
    for (const socket of sockets) await socket.nextOf("connected");
    await rest(stub);
    await stub.erase();
    for (const socket of sockets) expect(await expectEnd(socket, 4503)).toEqual([]);
    const left = await runInDurableObject(stub, async (_inbox, { storage }) => ({
      tables: storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'log'").toArray(),
      alarm: await storage.getAlarm(),
    }));
    expect(left).toEqual({ tables: [], alarm: null });
    await rest(stub);
    expect(await list(stub)).toMatchObject({
      notifications: [],
      cursor: "0:0",
      counts: { unread: 0, unseen: 0, total: 0 },
    });
  });

  it("[LOG14] a device that connects while the erase leaves the topics does not keep erased messages", async () => {
    const [ada, topic] = [namedUser(), namedTopic()];
    await ada.stub.publish(drafts(3));
    await ada.stub.follow(topic.name, "backend");
    await rest(ada.stub);
    const { leave } = Topic.prototype;
    let [isLeaving, mayLeave] = [false, false];
    vi.spyOn(Topic.prototype, "leave").mockImplementation(async function (this: Topic, ...args) {
      isLeaving = true;
      await holdUntil(() => mayLeave);
      leave.apply(this, args);
    } as typeof leave);
    const erased = ada.stub.erase();
    await until(async () => isLeaving);
    const socket = await connect(ada.stub);
    expect((await socket.messages()).messages).toHaveLength(3);
    mayLeave = true;
    await erased;
    expect(await expectEnd(socket, 4503)).toEqual([]);
    expect((await list(ada.stub)).notifications).toEqual([]);
  });

  it("[LOG14] [CUR6] after an erase the log begins another epoch, and old cursors do not recover", async () => {
    const { stub, epoch } = await filled(3);
    await stub.erase();
    await rest(stub);
    const first = await publish(stub, draft("new"));
    expect(first.offset).toBe(1);
    expect(first.epoch).not.toBe(epoch);
    const socket = await connect(stub, at(epoch, 1));
    expect(await socket.nextOf("connected")).toMatchObject({
      recovered: false,
      epoch: first.epoch,
    });
    expect(await messagesOf(socket)).toMatchObject([
      { snapshot: true, messages: [{ data: "new" }] },
    ]);
  });

  it("[LOG14] [LOG5] an id of the erased log is new again", async () => {
    const { stub } = await filled(1);
    await publish(stub, draft("named", { id: "n" }));
    await stub.erase();
    await rest(stub);
    expect(await publish(stub, draft("other", { id: "n" }))).toMatchObject({ status: "stored" });
  });

  it("[LOG14] [CON8] a revocation stays in force", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const { stub } = await filled(1);
    await stub.disconnect(false, NOW / 1000);
    await stub.erase();
    await rest(stub);
    await expect(connect(stub, "latest", { iat: NOW / 1000 - 1 })).rejects.toThrow("invalid_token");
    await (await connect(stub, "latest", { iat: NOW / 1000 })).nextOf("connected");
  });

  it("[CON8] a token issued before a revocation neither connects nor lists nor marks nor follows", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const { stub, epoch } = await filled(1);
    const socket = await connect(stub, "latest");
    await socket.nextOf("connected");
    await stub.disconnect(false, NOW / 1000);
    await expectEnd(socket, 4503);
    await rest(stub);
    const query = { limit: 1, before: null, state: null, category: null, since: null };
    const change = { epoch, target: { offsets: [1] }, read: true };
    for (const iat of [NOW / 1000 - 1, null]) {
      await expect(connect(stub, "latest", { iat })).rejects.toThrow("invalid_token");
      expect(await stub.list(query, { iat })).toMatchObject({ code: "invalid_token" });
      expect(await stub.mark(change, { iat })).toMatchObject({ code: "invalid_token" });
      expect(await stub.following({ iat })).toMatchObject({ code: "invalid_token" });
      expect(await stub.follow("t", { iat })).toMatchObject({ code: "invalid_token" });
      expect(await stub.unfollow("t", { iat })).toMatchObject({ code: "invalid_token" });
      expect(await stub.revokes(iat)).toBe(true);
    }
    expect(await stub.revokes(NOW / 1000)).toBe(false);
    // An earlier revocation does not undo a later one.
    await stub.disconnect(false, NOW / 1000 - 100);
    expect(await stub.revokes(NOW / 1000 - 1)).toBe(true);
  });
});
