// Keys of an issuer on this machine: their changes, their use while the issuer is away, and its answers.
// The test sets the clock.

import { decodeProtectedHeader, errors, jwtVerify } from "jose";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { Issuer } from "../../src/trust/issuer.ts";
import { refusedSocket } from "../support/attack.ts";
import { bearer, call } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import {
  ISSUER,
  newSigningKey,
  type SigningKey,
  signedBy,
  startIssuer,
  type TestIssuer,
} from "../support/issuer.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const START = Date.now();

const [one, two, unnamed, other] = [
  newSigningKey("one"),
  newSigningKey("two"),
  newSigningKey(),
  newSigningKey(),
];

let source: TestIssuer;
let issuer: Issuer;
beforeEach(async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  source = await startIssuer(one);
  issuer = new Issuer(source.url);
});
afterEach(() => {
  source.stop();
  vi.restoreAllMocks();
});

/** Checks a token signed by a key, at a time after the start; returns its user, or the refusal. */
async function checked(
  key: SigningKey,
  afterMs: number,
  header: object = {},
  claims: object = {},
): Promise<string> {
  const token = await signedBy(key, claims, header);
  const [, payload = "", signature = ""] = token.split(".");
  const verify = async (each: CryptoKey) => (await jwtVerify(token, each)).payload.sub as string;
  const { alg = "", ...rest } = decodeProtectedHeader(token);
  try {
    return await issuer.check({ ...rest, alg }, { payload, signature }, START + afterMs, verify);
  } catch (cause) {
    if (cause instanceof errors.JOSEError) return cause.code;
    return (cause as { refusal: { code: string } }).refusal.code;
  }
}

const away = () =>
  source.answer((_request, response) => {
    response.statusCode = 500;
    response.end("away");
  });

describe("a new key", () => {
  it("[CON12] is refused for now while the keys were fetched just before, and then looked for", async () => {
    expect(await checked(one, 0)).toBe("ada");
    source.answer([one, two]);
    expect(await checked(two, 29 * SECOND)).toBe("temporary");
    expect(source.fetched).toBe(1);
    expect(await checked(two, 30 * SECOND)).toBe("ada");
    expect(source.fetched).toBe(2);
  });

  it("[CON12] that the issuer does not have after all is refused for good", async () => {
    expect(await checked(one, 0)).toBe("ada");
    expect(await checked(two, 30 * SECOND)).toBe("ERR_JWKS_NO_MATCHING_KEY");
    expect(source.fetched).toBe(2);
  });

  it("[CON12] without a name takes the place of the one before", async () => {
    source.answer([unnamed]);
    expect(await checked(unnamed, 0)).toBe("ada");
    source.answer([other]);
    expect(await checked(other, SECOND)).toBe("temporary");
    expect(await checked(other, 30 * SECOND)).toBe("ada");
    expect(await checked(unnamed, 60 * SECOND)).toBe("ERR_JWS_SIGNATURE_VERIFICATION_FAILED");
  });

  it("[CON12] under a known name is not looked for: the token is refused", async () => {
    expect(await checked(one, 0)).toBe("ada");
    const forged = { ...two, jwk: { kid: "one" } };
    expect(await checked(forged, 30 * SECOND)).toBe("ERR_JWS_SIGNATURE_VERIFICATION_FAILED");
    const ofAnotherKind = newSigningKey("one", "EdDSA");
    expect(await checked(ofAnotherKind, 30 * SECOND)).toBe("ERR_JWKS_NO_MATCHING_KEY");
    expect(source.fetched).toBe(1);
  });
});

describe("two keys", () => {
  it("[CON12] are both tried where the token names none", async () => {
    source.answer([one, two]);
    for (const { privateKey, alg } of [one, two])
      expect(await checked({ privateKey, alg, jwk: {} }, 0)).toBe("ada");
    expect(source.fetched).toBe(1);
  });

  it("[CON12] are both tried where they have no name themselves", async () => {
    source.answer([unnamed, other]);
    for (const key of [unnamed, other]) expect(await checked(key, 0)).toBe("ada");
  });

  it("[CON12] do not hide that a token by one of them has ended", async () => {
    source.answer([unnamed, other]);
    const exp = Math.floor(START / 1000) - HOUR / SECOND;
    for (const key of [unnamed, other])
      expect(await checked(key, 0, {}, { exp })).toBe("ERR_JWT_EXPIRED");
  });

  it("[CON12] and up to 16 are tried where the token names none", async () => {
    const many = Array.from({ length: 15 }, () => newSigningKey());
    source.answer([...many, unnamed, other]);
    expect(await checked(unnamed, 0)).toBe("ada");
    expect(await checked(other, 0)).not.toBe("ada");
  });
});

describe("an issuer that is away", () => {
  it("[CON13] is asked every 30 seconds, and its known keys are used for a day", async () => {
    expect(await checked(one, 0)).toBe("ada");
    away();
    for (let ms = 10 * MINUTE; ms < 20 * MINUTE; ms += SECOND)
      if ((await checked(one, ms)) !== "ada") throw new Error(`refused after ${ms} ms`);
    expect(source.fetched).toBe(1 + 20);
    expect(await checked(one, 24 * HOUR - SECOND)).toBe("ada");
    expect(await checked(one, 24 * HOUR + MINUTE)).toBe("temporary");
    source.answer([one]);
    expect(await checked(one, 24 * HOUR + 2 * MINUTE)).toBe("ada");
  });

  it("[CON13] is asked every 3 seconds while the hub has no keys yet", async () => {
    away();
    for (let ms = 0; ms < 3 * SECOND; ms += 100) expect(await checked(one, ms)).toBe("temporary");
    expect(source.fetched).toBe(1);
    source.answer([one]);
    expect(await checked(one, 3 * SECOND)).toBe("ada");
  });

  it("[CON13] ends a removed key within ten minutes of use", async () => {
    source.answer([one, two]);
    expect(await checked(one, 0)).toBe("ada");
    source.answer([two]);
    expect(await checked(one, 10 * MINUTE - 1)).toBe("ada");
    expect(await checked(two, 10 * MINUTE)).toBe("ada");
    expect(await checked(one, 10 * MINUTE + 30 * SECOND)).toBe("ERR_JWKS_NO_MATCHING_KEY");
  });

  it("[CON13] leaves one line in the log for each try", async () => {
    away();
    for (let i = 0; i < 5; i++) await checked(one, i);
    expect(vi.mocked(console.error).mock.calls).toEqual([
      ['{"event":"keys_unavailable","cause":"Error: JWKS_URL answered 500"}'],
    ]);
  });
});

describe("an issuer that is slow", () => {
  /** Makes an issuer whose answers wait until the test sends them, one by one. */
  function slowly() {
    const given: ((keys: SigningKey[]) => void)[] = [];
    issuer = new Issuer(source.url, () => {
      return new Promise<Response>((resolve) => {
        given.push((keys) => resolve(Response.json({ keys: keys.map(({ jwk }) => jwk) })));
      });
    });
    return given;
  }

  /** Begins a check, and waits until the issuer has had `asked` requests. */
  async function begin(given: unknown[], asked: number, ...args: Parameters<typeof checked>) {
    const result = checked(...args);
    await vi.waitUntil(() => given.length === asked);
    return { result };
  }

  it("[CON13] is asked once, and the known keys are used meanwhile", async () => {
    const given = slowly();
    const first = await begin(given, 1, one, 0);
    given[0]?.([one]);
    expect(await first.result).toBe("ada");
    const second = await begin(given, 2, one, 10 * MINUTE);
    expect(await checked(one, 10 * MINUTE)).toBe("ada");
    expect(given).toHaveLength(2);
    given[1]?.([one]);
    expect(await second.result).toBe("ada");
  });

  it("[CON13] does not put older keys in place of newer ones", async () => {
    const given = slowly();
    const first = await begin(given, 1, one, 0);
    const second = await begin(given, 2, two, SECOND);
    given[1]?.([two]);
    expect(await second.result).toBe("ada");
    given[0]?.([one]);
    expect(await first.result).toBe("ada");
    expect(await checked(two, 2 * SECOND)).toBe("ada");
  });
});

describe("an answer that is no set of keys", () => {
  it("[CON13] such as keys in an error or behind a redirect is not used", async () => {
    const elsewhere = await startIssuer(two);
    for (const [status, headers] of [
      [404, {}],
      [302, { location: elsewhere.url }],
    ] as const) {
      issuer = new Issuer(source.url);
      source.answer((_request, response) => {
        response.writeHead(status, headers).end(JSON.stringify({ keys: [two.jwk] }));
      });
      expect(await checked(two, 0)).toBe("temporary");
    }
    expect(elsewhere.fetched).toBe(0);
    elsewhere.stop();
  });

  it.each([
    ["a page", (_: unknown, r: { end(text: string): void }) => r.end("<!doctype html>")],
    ["nothing", (_: unknown, r: { end(): void }) => r.end()],
    ["null", (_: unknown, r: { end(text: string): void }) => r.end("null")],
    ["an object without keys", (_: unknown, r: { end(text: string): void }) => r.end("{}")],
    [
      "keys that are no objects",
      (_: unknown, r: { end(text: string): void }) => r.end('{"keys":[1]}'),
    ],
    [
      "a redirect",
      (_: unknown, r: { writeHead(status: number, headers: object): { end(): void } }) =>
        r.writeHead(302, { location: "/elsewhere" }).end(),
    ],
    [
      "more than 256 KiB",
      (_: unknown, r: { end(text: string): void }) =>
        r.end(JSON.stringify({ keys: [one.jwk], more: "x".repeat(256 * 1024) })),
    ],
    [
      "a connection that breaks",
      (_: unknown, r: { write(text: string): void; destroy(): void }) => {
        r.write("{");
        r.destroy();
      },
    ],
  ] as const)("[CON13] such as %s leaves the known keys as they are", async (_what, answer) => {
    expect(await checked(one, 0)).toBe("ada");
    source.answer(answer as Parameters<TestIssuer["answer"]>[0]);
    expect(await checked(one, 10 * MINUTE)).toBe("ada");
    expect(await checked(two, 11 * MINUTE)).toBe("temporary");
    expect(console.error).toHaveBeenCalledTimes(2);
  });

  it("[CON13] is waited for by ten requests at once, and the others are refused for now", async () => {
    let answer: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    source.answer(async (_request, response) => {
      await held;
      response.statusCode = 500;
      response.end();
    });
    const all = Array.from({ length: 100 }, () => checked(one, 0));
    await Promise.race(all);
    answer();
    expect(new Set(await Promise.all(all))).toEqual(new Set(["temporary"]));
    expect(source.fetched).toBe(10);
  });

  it("[CON13] that never comes is given up after five seconds", async () => {
    source.answer(() => undefined);
    const began = performance.now();
    expect(await checked(one, 0)).toBe("temporary");
    expect(performance.now() - began).toBeGreaterThan(4_900);
  });
});

describe("a hub", () => {
  let hub: Hub;
  const ed = newSigningKey("ed", "Ed25519");
  const start = async (...keys: SigningKey[]) => {
    source.answer(keys);
    hub = await startHub(inject("bundle"), {
      JWT_SECRETS: undefined,
      JWKS_URL: source.url,
      JWT_ISSUER: ISSUER,
    });
  };
  const mine = async (token: string) =>
    call(hub.url, "GET", "/v1/users/me/notifications", undefined, bearer(token));
  afterEach(() => hub.stop());

  it("[CON12] lets a socket with a new key come back", async () => {
    await start(one);
    expect((await mine(await signedBy(one))).status).toBe(200);
    source.answer([one, two]);
    const token = await signedBy(two);
    expect((await mine(token)).json).toMatchObject({ status: 503, code: "temporary" });
    expect(await refusedSocket(hub.url, "/v1/connect", token)).toEqual({
      code: "temporary",
      close: 4001,
    });
  });

  it("[CON12] tries both keys of a set for a token that names none", async () => {
    await start(unnamed, other);
    for (const key of [unnamed, other]) expect((await mine(await signedBy(key))).status).toBe(200);
    const forged = await signedBy(newSigningKey());
    expect((await mine(forged)).json.code).toBe("temporary");
  });

  it.each([
    ["Ed25519", "EdDSA"],
    ["EdDSA", "Ed25519"],
    ["Ed25519", undefined],
    ["EdDSA", undefined],
  ])("[CON2] takes a token by %s where the key says %s", async (alg, said) => {
    await start({ ...ed, jwk: { ...ed.jwk, ...(said === undefined ? {} : { alg: said }) } });
    expect((await mine(await signedBy({ ...ed, alg }))).status).toBe(200);
  });

  it("[CON14] lets `nbf` and `iat` lie a minute ahead, and refuses later ones for now", async () => {
    await start(one);
    const at = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
    expect((await mine(await signedBy(one, { nbf: at(55), iat: at(55) }))).status).toBe(200);
    for (const claims of [{ nbf: at(75) }, { iat: at(75) }]) {
      const token = await signedBy(one, claims);
      expect((await mine(token)).json).toMatchObject({ code: "temporary", temporary: true });
      expect((await refusedSocket(hub.url, "/v1/connect", token)).close).toBe(4001);
    }
    expect((await mine(await signedBy(one, { exp: at(0) }))).json.code).toBe("token_expired");
  });
});
