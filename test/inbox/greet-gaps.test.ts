// The ways in which a device learns which messages are gone, and that it missed a frame. Each test runs on
// an inbox that answers from memory and on one that was evicted and answers from its rows.

import { describe, expect, it } from "vitest";
import { at, Device, filled, list, mark } from "../support/inbox.ts";
import { BOTH, connect, draft, drafts } from "../support/object.ts";

describe.each(BOTH)("an inbox that is $name", ({ rest }) => {
  it("[CUR10] `oldest` in `connected` and in every frame says which messages are gone", async () => {
    const { stub, epoch } = await filled(500);
    const live = await connect(stub, "latest");
    await live.nextOf("connected");
    await rest(stub);
    await stub.publish(drafts(3, 501));
    expect(await live.messages()).toMatchObject({ to: 503, oldest: 4 });
    await rest(stub);
    const socket = await connect(stub, at(epoch, 502));
    expect(await socket.nextOf("connected")).toMatchObject({ recovered: true, oldest: 4 });
    expect(await socket.messages()).toMatchObject({ since: 502, oldest: 4 });
    expect((await list(stub)).counts.total).toBe(500);
  });

  it("[CUR10] a message evicted from the middle is named in `removed`, live and on resuming", async () => {
    const { stub, epoch } = await filled(500);
    await mark(stub, [100], { archived: true });
    const live = await connect(stub, "latest");
    await live.nextOf("connected");
    await rest(stub);
    await stub.publish([draft(501)]);
    expect(await live.messages()).toMatchObject({ oldest: 1, removed: [100] });
    await rest(stub);
    const socket = await connect(stub, at(epoch, 501));
    await socket.nextOf("connected");
    const frame = await socket.messages();
    expect(frame).toMatchObject({ since: 501, to: 502, oldest: 1 });
    // `removed` may also name the offset of a mark, at which a device holds no message.
    expect(frame.removed?.filter((offset) => offset <= 500)).toEqual([100]);
  });

  it("[CUR11] a device that missed a frame sees it by `since`, and comes back with its cursor", async () => {
    const { stub } = await filled(2);
    const device = new Device();
    await device.connect(stub);
    await stub.publish([draft(3)]);
    await device.socket?.roundTrip();
    // The frame is lost on its way.
    device.socket?.frames.splice(0);
    await rest(stub);
    await stub.publish([draft(4)]);
    const next = await device.socket?.messages();
    expect(next).toMatchObject({ since: 3 });
    expect(next && device.view.apply(next)).toBe(false);
    await device.drop();
    await device.connect(stub);
    expect(device.frames).toMatchObject([{ since: 2, to: 4 }]);
    expect([...device.view.held.keys()]).toEqual([1, 2, 3, 4]);
  });
});
