// A topic that is no longer public: the sockets that stay, those that it closes, and refused callers.

import { describe, expect, it } from "vitest";
import { refusal } from "../../src/protocol/error.ts";
import { ANONYMOUS } from "../../src/socket/attachment.ts";
import { openSocket } from "../../src/socket/upgrade.ts";
import { tokenOf } from "../support/backend.ts";
import { namedTopic, namedUser, until } from "../support/member.ts";
import { BOTH, connect, draft } from "../support/object.ts";
import { expectEnd } from "../support/socket-end.ts";

const nobody = { user: null, exp: null, iat: null, caps: {} };

describe.each(BOTH)("a topic that was public and is $name", ({ rest }) => {
  it.each([{ settings: { access: "token" as const } }, { settings: {} }])(
    "[TOP6] closes its sockets without a token or the cap with 4501 on $settings, and no others",
    async ({ settings }) => {
      const topic = namedTopic();
      await topic.stub.set({ access: "public" });
      const anyone = await connect(topic.stub, "latest", { ...nobody, source: ANONYMOUS });
      const without = await connect(topic.stub, "latest", { user: "eve", caps: {} });
      const caps = { [`topic:${topic.name}`]: ["subscribe" as const] };
      const ada = await connect(topic.stub, "latest", { user: "ada", caps });
      const key = await connect(topic.stub, "latest", { ...nobody, source: "test" });
      for (const socket of [anyone, without, ada, key]) await socket.nextOf("connected");
      await rest(topic.stub);
      await topic.stub.publish([draft("open")]);
      for (const socket of [anyone, without, ada, key])
        expect((await socket.messages()).messages).toMatchObject([{ data: "open" }]);
      await rest(topic.stub);
      await topic.stub.set(settings);
      for (const socket of [anyone, without]) expect(await expectEnd(socket, 4501)).toEqual([]);
      await rest(topic.stub);
      await topic.stub.publish([draft("closed")]);
      for (const socket of [ada, key])
        expect((await socket.messages()).messages).toMatchObject([{ data: "closed" }]);
    },
  );

  it("[TOP6] ends a subscription without the cap, and one with it goes on", async () => {
    const [topic, eve, ada] = [namedTopic(), namedUser(), namedUser()];
    await topic.stub.set({ access: "public" });
    const named = [{ topic: topic.name, since: "latest" as const }];
    const without = await connect(eve.stub, "latest", { user: eve.name, caps: {} }, named);
    const allowed = await connect(ada.stub, "latest", { user: ada.name }, named);
    for (const socket of [without, allowed]) await socket.nextOf("reply");
    await topic.stub.set({});
    for (const { stub } of [topic, eve, ada]) await rest(stub);
    await topic.stub.publish([draft("closed")]);
    expect((await allowed.messages()).messages).toMatchObject([{ data: "closed" }]);
    const error = await without.nextOf("error");
    expect(error).toMatchObject({ id: null, topic: topic.name, code: "insufficient_scope" });
    await rest(eve.stub);
    await topic.stub.publish([draft("closed")]);
    await until(async () => (await topic.stub.standing()).members === 1);
    await without.roundTrip();
    expect(without.frames.filter(({ type }) => type === "messages")).toEqual([]);
  });
});

it("[SOC3] [TOP6] a token without caps refreshes a socket while its topic is public", async () => {
  const topic = namedTopic();
  await topic.stub.set({ access: "public" });
  const socket = await connect(topic.stub, "latest", { user: "eve", caps: {} });
  await socket.nextOf("connected");
  socket.send({ type: "refresh", id: 1, token: await tokenOf("eve") });
  expect(await socket.nextOf("reply")).toMatchObject({ id: 1, expires_in: expect.any(Number) });
});

it("[SUB8] a topic that is not public accepts no member without the cap", async () => {
  const topic = namedTopic();
  const unlessPublic = refusal("insufficient_scope", "the token needs the cap");
  const joining = { member: "user:eve", follows: true, since: "latest" as const, unlessPublic };
  expect(await topic.stub.join(joining)).toEqual(unlessPublic);
  expect(await topic.stub.standing()).toMatchObject({ members: 0 });
  await topic.stub.set({ access: "public" });
  expect(await topic.stub.join(joining)).toMatchObject({ offset: 0 });
});

it("[TOP6] a topic that is not public connects no caller without a token", async () => {
  const topic = namedTopic();
  const unlessPublic = refusal("unauthorized", "send a token");
  const caller = { ...nobody, connection: "c_1", source: ANONYMOUS };
  const asked = { caller, since: "latest" as const, offered: false, unlessPublic };
  const refused = await openSocket(topic.stub, asked);
  expect(await refused.json()).toEqual(unlessPublic);
  await topic.stub.set({ access: "public" });
  const { webSocket } = await openSocket(topic.stub, asked);
  webSocket?.accept();
  webSocket?.close();
  expect(webSocket).not.toBeNull();
});
