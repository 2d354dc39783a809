// Attacks by text of other people, and by text that a script passes on unchecked: one attack a test.

import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { call } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { Belfry, parsed, run } from "./belfry.ts";

let hub: Hub;
beforeAll(async () => {
  hub = await startHub(inject("bundle"));
});
afterAll(() => hub.stop());

/** Control codes of 7 and 8 bits: clear the screen, rename the window, set a colour, reverse text. */
const OBEYED = "\u001b[2J\u001b]0;owned\u0007 \u009b31m \u202egpj.exe";
const isObeyed = (text: string) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern looks for control characters.
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(text);

it.each([
  ["inbox", "mallory"],
  ["tail", "user:mallory", "--since", "1h", "--count", "1"],
])("%s shows a title without the control codes that a terminal would obey", async (...args) => {
  const notification = { title: OBEYED, body: `one\r\ntwo${OBEYED}` };
  const { status } = await call(hub.url, "POST", "/v1/users/mallory/notifications", {
    notification,
  });
  expect(status).toBe(201);
  const { out } = await run(args, { url: hub.url, terminal: true });
  expect(out[0]).toContain("owned");
  expect(out.filter(isObeyed)).toEqual([]);
  const [message] = parsed((await run([...args, "--json"], { url: hub.url, terminal: true })).out);
  expect(message.notification.title).toBe(OBEYED);
});

it("a message about wrong arguments contains none of their control codes", async () => {
  const { code, errors } = await run(["inbox", OBEYED], { url: hub.url });
  expect(code).toBe(2);
  expect(errors.filter(isObeyed)).toEqual([]);
});

it.each([
  ["..", 2],
  [".", 2],
  ["../topics/news", 2],
  ["%2e%2e", 2],
  ["ada?state=all", 2],
  ["ada#", 2],
  ["me", 2],
  ["", 2],
  ["a".repeat(129), 2],
  ["__proto__", 0],
  ["ada|x@example.com", 0],
])("the user name %j leads to no other path", async (user, code) => {
  expect((await run(["inbox", user], { url: hub.url })).code).toBe(code);
});

it("a piped message cannot choose another address", async () => {
  const { code } = await run(["publish", "user:ada", "-"], {
    url: hub.url,
    input: '{"to":"user:eve","type":"a"}\n{"to":["user:eve"],"type":"b"}\n',
  });
  expect(code).toBe(1);
  const { json } = await call(hub.url, "GET", "/v1/users/eve/notifications");
  expect(json.notifications).toEqual([]);
});

it.each([
  ["bytes that are no text", Buffer.from([0xff, 0xfe, 0x00, 0x0a, 0x80])],
  ["a prototype", '{"__proto__":{"type":"a"}}'],
  ["a thousand brackets", "[".repeat(1_000)],
  ["a message of a megabyte", JSON.stringify({ data: "x".repeat(1_100_000) })],
])("%s on stdin is refused, and the command ends as it should", async (_what, input) => {
  const { code, out } = await run(["publish", "user:ada", "-"], { url: hub.url, input });
  expect(code).toBe(1);
  expect(parsed(out).filter(({ status }) => status < 400)).toEqual([]);
});

it("a line without an end does not fill the memory", async () => {
  const input = Buffer.alloc(17 * 1024 * 1024, 0x20);
  const { code, errors } = await run(["publish", "user:ada", "-"], { url: hub.url, input });
  expect(code).toBe(2);
  expect(errors[0]).toContain("send one message a line");
});

/** Runs a server that is no hub, or a hub that was taken over, and passes its address to `use`. */
async function serve(answer: RequestListener, use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const EVENT_STREAM = { "content-type": "text/event-stream" };
const frame = (event: string, body: object) =>
  `event: ${event}\ndata: ${JSON.stringify({ type: event, ...body })}\n\n`;

it.each([
  ["a redirect to another address", 302, { location: "https://hub.example.com/" }, ""],
  ["a problem that a terminal would obey", 403, {}, JSON.stringify({ code: "x", fix: OBEYED })],
  ["a problem that is null", 500, {}, "null"],
  ["nothing", 200, {}, ""],
  ["a list that is none", 200, {}, '{"notifications":7}'],
  ["the JSON of something else", 404, {}, '{"message":"no such route"}'],
  ["a page", 200, {}, "<!doctype html>"],
])("%s as an answer is reported harmlessly as no hub's", async (_what, status, headers, body) => {
  const commands = [
    ["inbox", "ada"],
    ["publish", "user:ada", "Hello"],
    ["token", "--user", "ada"],
    ["tail", "user:ada", "--since", "1h"],
  ];
  await serve(
    (_request, response) => response.writeHead(status, headers as Record<string, string>).end(body),
    async (url) => {
      const ended = await Promise.all(commands.map((command) => run(command, { url })));
      for (const { code, errors } of ended) {
        expect(code).toBe(3);
        expect(errors.filter(isObeyed)).toEqual([]);
        expect(errors).toEqual([expect.stringMatching(/^belfry \w+: (the server at|no hub)/)]);
      }
    },
  );
});

it("a token is printed without the control codes that a terminal would obey", async () => {
  await serve(
    (_request, response) => response.end(JSON.stringify({ token: OBEYED, expires_at: OBEYED })),
    async (url) => {
      const { out, errors } = await run(["token", "--user", "ada"], { url, terminal: true });
      expect(out[0]).toContain("owned");
      expect([...out, ...errors].filter(isObeyed)).toEqual([]);
    },
  );
});

it.each([
  ["an event that never ends", "data: ".padEnd(3 * 1024 * 1024, "x")],
  ["an event that is not JSON", "event: messages\ndata: {\n\n"],
])("%s in a stream is not taken for a frame", async (_what, text) => {
  await serve(
    (_request, response) => response.writeHead(200, EVENT_STREAM).end(text),
    async (url) => {
      const { code, out } = await run(["tail", "topic:news"], { url });
      expect({ code, out }).toEqual({ code: 3, out: [] });
    },
  );
});

it("a stream that repeats and reorders shows each message once and asks for the missing ones", async () => {
  const asked: (string | null)[] = [];
  const messages = (since: number, to: number) =>
    frame("messages", {
      epoch: "e",
      since,
      to,
      messages: Array.from({ length: to - since }, (_, i) => ({
        id: String(since + i + 1),
        offset: since + i + 1,
        time: "2026-11-21T00:00:00Z",
      })),
    });
  await serve(
    (request, response) => {
      const since = new URL(request.url ?? "", "http://hub").searchParams.get("since");
      asked.push(since);
      response.writeHead(200, EVENT_STREAM);
      response.write(
        frame("connected", { epoch: "e", offset: 0, recovered: true, reconnect_spread: 0 }),
      );
      // The first stream has 1 and 2, then a hole. The next ones send the requested messages, each twice.
      if (asked.length === 1) response.end(messages(0, 2) + messages(3, 4));
      else response.end(messages(2, 4) + messages(2, 4));
    },
    async (url) => {
      const belfry = new Belfry(["tail", "topic:news", "--since", "e:0"], { url });
      await belfry.lines(4);
      await belfry.stop();
      expect(parsed(belfry.out).map(({ offset }) => offset)).toEqual([1, 2, 3, 4]);
      expect(asked.slice(0, 2)).toEqual(["e:0", "e:2"]);
    },
  );
});

it.each(["topic:news", "user:ada"])(
  "a tail of %s whose first answer comes from no hub does not wait for one",
  async (address) => {
    await serve(
      (_request, response) => response.writeHead(502).end("<h1>Bad gateway</h1>"),
      async (url) => {
        const { code, errors } = await run(["tail", address], { url });
        expect(code).toBe(3);
        expect(errors).toEqual([expect.stringContaining("is no hub: HTTP 502")]);
      },
    );
  },
);

it.each([
  ["a page that is not there", 404],
  ["a page", 200],
  ["a gateway's fault", 502],
])("a tail that was connected goes on after %s has answered in between", async (_what, status) => {
  const connected = { epoch: "e", offset: 1, recovered: true, reconnect_spread: 0 };
  const message = { id: "2", offset: 2, time: "2026-11-21T00:00:00Z" };
  let asked = 0;
  await serve(
    (_request, response) => {
      asked += 1;
      if (asked === 2) return response.writeHead(status).end("<h1>Elsewhere</h1>");
      response.writeHead(200, EVENT_STREAM);
      response.write(frame("connected", connected));
      if (asked === 1) return response.end();
      response.write(frame("messages", { epoch: "e", since: 1, to: 2, messages: [message] }));
    },
    async (url) => {
      const { code, out } = await run(["tail", "topic:news", "--count", "1"], { url });
      expect(code).toBe(0);
      expect(parsed(out)).toMatchObject([message]);
    },
  );
});
