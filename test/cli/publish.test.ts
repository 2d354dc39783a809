// belfry publish against a real hub.

import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { call } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { Belfry, parsed, run } from "./belfry.ts";

let hub: Hub;
beforeAll(async () => {
  hub = await startHub(inject("bundle"));
});
afterAll(() => hub.stop());

const publish = (args: string[], more: object = {}) =>
  run(["publish", ...args], { url: hub.url, ...more });

async function inboxOf(user: string) {
  return (await call(hub.url, "GET", `/v1/users/${user}/notifications`)).json.notifications;
}

describe("one message", () => {
  it("the text is the title of a notification", async () => {
    const { code, out, errors } = await publish(["user:ada", "Build passed"]);
    expect({ code, errors }).toEqual({ code: 0, errors: [] });
    expect(parsed(out)).toMatchObject([{ offset: 1, duplicate: false }]);
    const [{ notification }] = await inboxOf("ada");
    expect(notification).toEqual({ title: "Build passed" });
  });

  it("with a title, the text is the body, and every option sets its field", async () => {
    const { code } = await publish([
      ...["user:bob", "main is live", "--title", "Build passed", "--url", "/builds/118"],
      ...["--type", "build.passed", "--data", '{"build":118}', "--category", "ci", "--ttl", "1h"],
      ...["--id", "build-118"],
    ]);
    expect(code).toBe(0);
    const [{ time, expires, ...message }] = await inboxOf("bob");
    expect(message).toMatchObject({
      id: "build-118",
      type: "build.passed",
      category: "ci",
      notification: { title: "Build passed", body: "main is live", url: "/builds/118" },
      data: { build: 118 },
    });
    expect(Date.parse(expires) - Date.parse(time)).toBe(3_600_000);
  });

  it("prints one line for a person, and with --json the same as for a program", async () => {
    const args = ["topic:lines", "One", "--id", "one"];
    expect((await publish(args, { terminal: true })).out).toEqual(["topic:lines  at 1  one"]);
    expect((await publish(args, { terminal: true })).out).toEqual([
      "topic:lines  there already, at 1  one",
    ]);
    expect(parsed((await publish([...args, "--json"], { terminal: true })).out)[0]).toMatchObject({
      id: "one",
      duplicate: true,
    });
  });

  it.each([
    ["no text and no content", ["user:ada"]],
    ["an empty text", ["user:ada", ""]],
    ["only what is about a message", ["user:ada", "--category", "ci"]],
    ["an address of no kind", ["ada", "Hello"]],
    ["a word too many", ["user:ada", "Build", "passed"]],
    ["an option that is not there", ["user:ada", "Hello", "--colour", "red"]],
    ["data that is not JSON", ["user:ada", "--data", "{build: 118}"]],
    ["data that JSON.parse would lose some of", ["user:ada", "--data", '{"a":1,"a":2}']],
    ["a time that is none", ["user:ada", "Hello", "--ttl", "soon"]],
    ["one id for many", ["user:ada", "-", "--id", "one"]],
  ])("%s is a wrong call (exit code 2)", async (_what, args) => {
    const { code, out, errors } = await publish(args);
    expect({ code, out }).toEqual({ code: 2, out: [] });
    expect(errors.at(-1)).toBe("`belfry publish --help` says how it is called");
  });

  it("a refusal by the hub is exit code 1, and is printed with its advice", async () => {
    await publish(["user:carol", "One", "--id", "one"]);
    const { code, out, errors } = await publish(["user:carol", "Two", "--id", "one"]);
    expect({ code, out }).toEqual({ code: 1, out: [] });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/^belfry publish: The id was used for another message: .+request r_/);
  });
});

describe("piped input", () => {
  const input = (...messages: unknown[]) => messages.map((each) => JSON.stringify(each)).join("\n");

  it("is one message a line; an option counts where the line does not set the field", async () => {
    const { code, out, errors } = await publish(["topic:piped", "-", "--category", "ci"], {
      input: input({ type: "a", id: "1" }, { type: "b", category: "own" }),
    });
    expect({ code, errors }).toEqual({ code: 0, errors: ["2 stored, 0 there already, 0 failed"] });
    expect(parsed(out)).toMatchObject([
      { to: "topic:piped", status: 201, id: "1", offset: 1 },
      { to: "topic:piped", status: 201, offset: 2 },
    ]);
    const { json } = await call(hub.url, "GET", "/v1/topics/piped/messages");
    expect(json.messages).toMatchObject([
      { type: "a", category: "ci" },
      { type: "b", category: "own" },
    ]);
  });

  it.each([
    ["an array over several lines", JSON.stringify([{ type: "a" }, { type: "b" }], null, 2)],
    ["an array on one line", JSON.stringify([{ type: "a" }, { type: "b" }])],
    ["lines that end as on Windows", '{"type":"a"}\r\n{"type":"b"}\r\n'],
    ["empty lines between", '\n\n{"type":"a"}\n\n{"type":"b"}\n\n'],
  ])("may be %s", async (_what, text) => {
    const { code, out } = await publish(["topic:forms", "-"], { input: text });
    expect(code).toBe(0);
    expect(parsed(out)).toMatchObject([{ status: 201 }, { status: 201 }]);
  });

  it("may be one message over several lines", async () => {
    const text = JSON.stringify({ type: "a", data: { b: "ü" } }, null, 2);
    const { code, out } = await publish(["topic:form", "-", "--quiet"], { input: text });
    expect(code).toBe(0);
    expect(out).toHaveLength(1);
  });

  it("is sent as it comes", async () => {
    const belfry = new Belfry(["publish", "topic:typed", "-"], { url: hub.url });
    belfry.type('{"type":"a"}\n');
    expect(parsed(await belfry.lines(1))).toMatchObject([{ offset: 1 }]);
    belfry.type('{"type":"b"}\n');
    expect(parsed(await belfry.lines(2))).toMatchObject([{ offset: 1 }, { offset: 2 }]);
    await belfry.stop();
  });

  it("says from which line on nothing is known to be stored, when the hub goes away", async () => {
    const away = await startHub(inject("bundle"));
    const belfry = new Belfry(["publish", "topic:away", "-"], { url: away.url });
    belfry.type('{"type":"a"}\n');
    await belfry.lines(1);
    await away.stop();
    belfry.type('{"type":"b"}\n');
    belfry.finish();
    const { code, errors } = await belfry.ended();
    expect(code).toBe(3);
    expect(errors[0]).toBe("line 2: from here on nothing is known to be stored");
  });

  it("is sent to its end even if nobody reads the results any more", async () => {
    const belfry = new Belfry(["publish", "topic:unread", "-"], { url: hub.url });
    belfry.type('{"type":"a"}\n');
    await belfry.lines(1);
    belfry.leave();
    belfry.type(`${'{"type":"b"}\n'.repeat(1_500)}{"type":"c"}\n`);
    belfry.finish();
    const { code, errors } = await belfry.ended();
    expect({ code, errors }).toEqual({
      code: 0,
      errors: ["1502 stored, 0 there already, 0 failed"],
    });
    const { json } = await call(hub.url, "GET", "/v1/topics/unread/messages?limit=1");
    expect(json.messages).toMatchObject([{ type: "c", offset: 1_502 }]);
  });

  it("is sent to its end even if nobody reads the errors any more", async () => {
    const belfry = new Belfry(["publish", "topic:unheard", "-"], { url: hub.url });
    belfry.type('{"type":"a"}\n');
    await belfry.lines(1);
    belfry.leaveErrors();
    belfry.type('{bad\n{bad\n{"type":"b"}\n');
    await belfry.lines(2);
    belfry.finish();
    expect((await belfry.ended()).code).toBe(1);
  });

  it("a bad line fails alone, is named, and makes the exit code 1", async () => {
    const lines = ['{"type":"a"}', "{bad", "{}", '"text"', '{"type":"b"}'];
    const { code, out, errors } = await publish(["topic:bad", "-"], { input: lines.join("\n") });
    expect(code).toBe(1);
    expect(parsed(out).map(({ status }) => status)).toEqual([201, 400, 201]);
    expect(errors).toEqual([
      expect.stringMatching(/^line 2: not JSON: /),
      "line 4: a message is an object",
      expect.stringMatching(/^line 3: bad_request: the message is empty/),
      "2 stored, 0 there already, 3 failed",
      "belfry publish: 3 of 5 failed, each listed above",
    ]);
  });

  it("a bad first line fails alone too", async () => {
    const lines = ['{"type":"a","data":"cut o', '{"type":"b"}', "{bad}", '{"type":"c"}'];
    const { code, out, errors } = await publish(["topic:cut", "-"], { input: lines.join("\n") });
    expect(code).toBe(1);
    expect(parsed(out).map(({ status }) => status)).toEqual([201, 201]);
    expect(errors.slice(0, 2)).toEqual([
      expect.stringMatching(/^line 1: not JSON: /),
      expect.stringMatching(/^line 3: not JSON: /),
    ]);
  });

  it.each([
    ["names a member twice", '{"data":{"a":1,"a":2}}'],
    ["has a number that is too large", '{"data":1e999}'],
    ["nests too deeply", `{"data":${"[".repeat(100)}${"]".repeat(100)}}`],
  ])(
    "a message that %s is refused alone, and nothing of it is lost quietly",
    async (_what, bad) => {
      const lines = ['{"type":"a"}', bad, '{"type":"b"}'];
      const { code, out, errors } = await publish(["topic:lossy", "-"], {
        input: lines.join("\n"),
      });
      expect(code).toBe(1);
      expect(parsed(out).map(({ status }) => status)).toEqual([201, 201]);
      expect(errors[0]).toMatch(/^line 2: /);
    },
  );

  it("2,500 messages that take several reads all arrive, in order", async () => {
    const messages = Array.from({ length: 2_500 }, (_, i) => ({
      data: { i, pad: "x".repeat(90) },
    }));
    const { code, errors } = await publish(["topic:many", "-"], { input: input(...messages) });
    expect({ code, errors }).toEqual({
      code: 0,
      errors: ["2500 stored, 0 there already, 0 failed"],
    });
    const { json } = await call(hub.url, "GET", "/v1/topics/many/messages");
    expect(json.messages.at(-1)).toMatchObject({ offset: 2_500, data: { i: 2_499 } });
  });

  it("1,000 messages all arrive, however much the options add to each", async () => {
    const messages = Array.from({ length: 1_000 }, (_, i) => ({ id: String(i) }));
    const data = JSON.stringify("x".repeat(2_000));
    const { code, errors } = await publish(["topic:wide", "-", "--data", data], {
      input: input(...messages),
    });
    expect({ code, errors }).toEqual({
      code: 0,
      errors: ["1000 stored, 0 there already, 0 failed"],
    });
  });

  it("prints for each message the same line as for a single one", async () => {
    const text = input(
      { type: "a", id: "1" },
      { type: "a", id: "1" },
      { type: "b", id: "2", ttl: 0 },
    );
    const { out } = await publish(["topic:told", "-"], { input: text, terminal: true });
    expect(out).toEqual([
      "topic:told  at 1  1",
      "topic:told  there already, at 1  1",
      "topic:told  sent, and kept nowhere  2",
    ]);
  });

  it("may be empty", async () => {
    const { code, out } = await publish(["topic:none", "-"], { input: "" });
    expect({ code, out }).toEqual({ code: 0, out: [] });
  });
});
