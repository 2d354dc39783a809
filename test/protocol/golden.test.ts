// The frames of belfry.v1, byte for byte, and the other forms that outlive a deploy: the errors, the close
// codes, a socket's attachment and a log's checkpoint.

import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import type { InboxMeta } from "../../src/inbox/state.ts";
import { printState } from "../../src/inbox/state.ts";
import {
  type Checkpoint,
  emptyCheckpoint,
  parseCheckpoint,
  printCheckpoint,
} from "../../src/log/checkpoint.ts";
import { printEntry } from "../../src/log/entry.ts";
import { CLOSES, type CloseCode, comesBack } from "../../src/protocol/close.ts";
import {
  type DownFrame,
  type MessagesDraft,
  PING,
  PONG,
  printConnected,
  printDisconnect,
  printError,
  printMessages,
  printReply,
} from "../../src/protocol/down.ts";
import { ERRORS, refusal } from "../../src/protocol/error.ts";
import { FRAME_BYTES_MAX } from "../../src/protocol/limits.ts";
import { decodeUp, UP_TYPES } from "../../src/protocol/up.ts";
import { draftFromMessage } from "../../src/publish/draft.ts";
import { type Attachment, readAttachment } from "../../src/socket/attachment.ts";
import { SUBPROTOCOL } from "../../src/socket/upgrade.ts";
import type { TopicMeta } from "../../src/topic/log-policy.ts";
import { connect, freshInbox } from "../support/object.ts";
import golden from "./frames.golden.json" with { type: "json" };

const CHANGED =
  "A frame of belfry.v1 has changed. Clients that are out there read it as it was: add members, " +
  "and never take one away or change what it means. Where that cannot be, raise the version " +
  "(SUBPROTOCOL in src/socket/upgrade.ts) and keep the old clients working. Only then write the " +
  "new text into test/protocol/frames.golden.json, and the rule into docs/protocol.md.";

const STORED =
  "What an older release has written is read by the next one, and the other way round for minutes " +
  "after a deploy. Keep reading the form as it was and give the new one another version.";

const TIME = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const counts = { unread: 1, unseen: 1, total: 2 };

/** Returns a message as the edge prints it and the log completes it. */
async function entry(offset: number | null, expires: number | null, state: string) {
  const draft = await draftFromMessage(
    {
      id: "build-118",
      type: "build.passed",
      category: "ci",
      urgency: "high",
      notification: { title: "Build 118", url: "/builds/118" },
      data: { build: 118 },
    },
    "ci-server",
    null,
  );
  if ("code" in draft) throw new Error(draft.fix);
  return printEntry({ offset, time: TIME, expires, body: draft.body }, state);
}

const one = (draft: MessagesDraft) => printMessages(draft)[0];
const fresh = printState({ seen_at: null, read_at: null, archived_at: null });
const handled = printState({ seen_at: TIME, read_at: TIME + 1, archived_at: TIME + 2 });
const at = new Date(TIME).toISOString();

/** Each kind of frame to a client, printed as the hub prints it. */
const DOWN: Record<Exclude<DownFrame["type"], "pong">, Record<string, () => unknown>> = {
  connected: {
    "an inbox": () =>
      printConnected({
        connection: "c_1",
        epoch: "k3x9",
        offset: 41,
        recovered: true,
        oldest: 3,
        counts,
        time: at,
        expires_in: 3600,
      }),
    "a topic, by API key": () =>
      printConnected({
        connection: "c_1",
        topic: "orders.42",
        epoch: "k3x9",
        offset: 41,
        recovered: false,
        oldest: 3,
        time: at,
        expires_in: null,
      }),
  },
  messages: {
    "what was published to an inbox": async () =>
      one({
        epoch: "k3x9",
        oldest: 3,
        counts,
        since: 41,
        to: 42,
        messages: [await entry(42, TIME + 60_000, fresh)],
        removed: [17],
      }),
    "what is sent live only": async () =>
      one({
        epoch: "k3x9",
        oldest: 3,
        counts,
        since: 42,
        to: 42,
        messages: [await entry(null, null, fresh)],
      }),
    "a change of state": () =>
      one({
        epoch: "k3x9",
        oldest: 3,
        counts,
        since: 42,
        to: 43,
        messages: [],
        states: [
          { up_to: 40, seen_at: at, changed: 43 },
          { up_to: 40, read_at: at, changed: 43 },
        ],
        removed: [],
      }),
    "a replay": async () =>
      one({
        epoch: "k3x9",
        since: 41,
        to: 47,
        oldest: 3,
        counts,
        messages: [await entry(42, null, handled)],
        states: [{ offsets: [12], seen_at: at, read_at: null, archived_at: null, changed: 45 }],
        removed: [17],
      }),
    "a snapshot": async () =>
      one({
        epoch: "k3x9",
        since: null,
        to: 47,
        snapshot: true,
        messages: [await entry(42, null, fresh)],
        oldest: 3,
        counts,
      }),
    "a topic's": async () =>
      one({
        topic: "orders.42",
        epoch: "k3x9",
        since: 41,
        to: 42,
        messages: [await entry(42, null, "")],
        oldest: 3,
      }),
  },
  reply: {
    "with nothing to say": () => printReply(5, "{}"),
    "with members": () => printReply("five", '{"expires_in":3600}'),
    "to a frame without an id": () => printReply(null, '{"changed":true}'),
  },
  error: {
    "of a frame": () => printError(5, refusal("bad_request", "say what", "epoch")),
    "of no frame": () => printError(null, refusal("too_many_requests", "slow down")),
    "of a subscription": () => printError(null, refusal("insufficient_scope", "ask"), "orders.42"),
  },
  disconnect: Object.fromEntries(
    codes().map((code) => [`${code}`, () => printDisconnect(code)] as const),
  ),
};

function codes(): CloseCode[] {
  return Object.keys(CLOSES).map((code) => Number(code) as CloseCode);
}

it("the golden frames are of the version that the hub speaks", () => {
  expect(SUBPROTOCOL, CHANGED).toBe(golden.version);
});

describe("frames to a client are printed as", () => {
  const known: Record<string, Record<string, string>> = golden.down;
  for (const [type, frames] of Object.entries(DOWN)) {
    for (const [name, print] of Object.entries(frames))
      it(`${type}: ${name}`, async () => {
        expect(await print(), CHANGED).toBe(known[type]?.[name]);
      });
    it(`${type}: nothing else is pinned`, () => {
      expect(Object.keys(known[type] ?? {}).sort()).toEqual(Object.keys(frames).sort());
    });
  }

  it("pong, to the text ping", () => {
    expect([PING, PONG], CHANGED).toEqual([golden.ping, golden.pong]);
  });
});

it("[CUR9] the parts of a long frame share `since` and `to`, and the last carries the rest", () => {
  const text = JSON.stringify({ offset: 1, data: "x".repeat(60 * 1024) });
  const messages = Array.from({ length: 6 }, () => text);
  const draft = { epoch: "k3x9", since: 41, to: 47, messages, removed: [17], oldest: 3, counts };
  const parts = printMessages(draft);
  const empty = parts.map((part) => part.replaceAll(text, "…").replaceAll("…,", ""));
  expect(empty, CHANGED).toEqual(golden.split);
  for (const part of parts) expect(part.length).toBeLessThanOrEqual(FRAME_BYTES_MAX);
});

describe("frames from a client are read as", () => {
  for (const { text, frame } of golden.up)
    it(text, () => {
      expect(decodeUp(text), CHANGED).toEqual(frame);
    });

  it("every type there is", () => {
    const pinned = new Set(golden.up.map(({ frame }) => frame.type));
    expect([...pinned].sort()).toEqual([...UP_TYPES].sort());
  });

  // The text of `fix` is for people and may change, so it is not compared.
  for (const { text, id, code, field } of golden.malformed)
    it(`an error: ${text}`, () => {
      const decoded = decodeUp(text);
      if (!("refusal" in decoded)) throw new Error("it was taken for a frame");
      const { refusal: refused } = decoded;
      expect([decoded.id, refused.code, refused.field ?? null], CHANGED).toEqual([id, code, field]);
    });
});

describe("the tables that a client decides by", () => {
  it("the codes of errors, with their statuses and the close codes for a browser's socket", () => {
    const table = Object.entries(ERRORS).map(([code, { status, temporary, close }]) => [
      code,
      status,
      temporary,
      close,
    ]);
    expect(table, CHANGED).toEqual(golden.errors);
  });

  it("[SOC15] the close codes: those below 4500 come back", () => {
    const table = codes().map((code) => [code, CLOSES[code], comesBack(code)]);
    expect(table, CHANGED).toEqual(golden.closes);
    for (const code of codes()) expect(comesBack(code)).toBe(code >= 4000 && code < 4500);
  });
});

describe("the stored forms that outlive a deploy", () => {
  it("the attachment of a socket", async () => {
    const stub = freshInbox();
    const caps = { "topic:builds": ["subscribe" as const] };
    const caller = { connection: "c_1", user: "ada", source: "user:ada", exp: 4102444800, iat: 1 };
    vi.useFakeTimers({ toFake: ["Date"], now: golden.attachment.accepted * 1000 });
    const socket = await connect(stub, "snapshot", { ...caller, caps });
    await socket.nextOf("connected");
    vi.useRealTimers();
    await runInDurableObject(stub, (_inbox, ctx) => {
      const [ws] = ctx.getWebSockets();
      expect(ws?.deserializeAttachment(), STORED).toEqual(golden.attachment);
    });
  });

  it("the attachment of a socket of an earlier release", () => {
    const { accepted: _, ...earlier } = golden.attachment;
    const ws = { deserializeAttachment: () => earlier } as unknown as WebSocket;
    expect(readAttachment(ws)).toEqual(earlier);
  });

  it("an attachment of another version is read as none", () => {
    const written = (value: unknown) =>
      ({ deserializeAttachment: () => value }) as unknown as WebSocket;
    expect(readAttachment(written(golden.attachment)), STORED).toEqual(golden.attachment);
    for (const other of [null, "text", {}, { ...golden.attachment, v: 2 }])
      expect(readAttachment(written(other))).toBeNull();
    const version: Attachment["v"] = 1;
    expect(golden.attachment.v).toBe(version);
  });

  const CHECKPOINTS: Record<string, Checkpoint<InboxMeta | TopicMeta>> = {
    "an inbox's": {
      epoch: "k3x9",
      head: 47,
      time: TIME,
      rows: 41,
      oldest: 3,
      lost: 2,
      due: TIME + 60_000,
      ageMs: 7_776_000_000,
      alarm: TIME + 7_776_000_000,
      identities: { table: 1, since: TIME - 1_000, count: 12 },
      evictionQueue: [
        { offset: 4, rank: 0, unseen: false, mayCarryCursor: false },
        { offset: 9, rank: 1, unseen: true, mayCarryCursor: true },
        { offset: 3, rank: 3, unseen: true, mayCarryCursor: false },
      ],
      lowestUnqueued: 5,
      meta: {
        unread: 1,
        unseen: 1,
        total: 2,
        removed: 30,
        seen: [{ upTo: 40, at: TIME, changed: 43 }],
        read: [],
        notBefore: null,
        follows: 2,
      },
    },
    "an inbox's, with what its user may still do": {
      ...emptyCheckpoint({}, 604_800_000),
      meta: {
        ...{ unread: 0, unseen: 0, total: 0, removed: 0, seen: [] },
        read: [{ upTo: 1, at: TIME, changed: 2 }],
        notBefore: 1_767_323_045,
        follows: 0,
        left: { follows: [299, TIME], marks: [1_500, TIME] },
      },
    },
    "a topic's, in the middle of a round": {
      ...emptyCheckpoint({}, 604_800_000),
      meta: { delivered: 4, settings: null, round: { to: 7, after: "user:ada" } },
    },
    "a topic's": {
      epoch: "k3x9",
      head: 1,
      time: TIME,
      rows: 1,
      oldest: 1,
      lost: 0,
      due: null,
      ageMs: 604_800_000,
      alarm: null,
      identities: null,
      evictionQueue: [],
      lowestUnqueued: 0,
      meta: { delivered: 1, settings: { access: "public" } },
    },
  };
  const texts: Record<string, string> = golden.checkpoints;
  for (const [name, checkpoint] of Object.entries(CHECKPOINTS))
    it(`${name} checkpoint`, () => {
      expect(printCheckpoint(checkpoint), STORED).toBe(texts[name]);
      expect(parseCheckpoint(texts[name] ?? "", {}), STORED).toEqual(checkpoint);
    });
});
