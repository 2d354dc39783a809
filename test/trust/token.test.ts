// The verification of a user's token, by a clock that the test sets: the claims, the signature, the spelling.

import { describe, expect, it, vi } from "vitest";
import type { Env } from "../../src/objects/env.ts";
import { RefusalError } from "../../src/protocol/error.ts";
import { type Settings, settingsOf } from "../../src/settings/settings.ts";
import { verifyRefresh, verifyToken } from "../../src/trust/token.ts";
import { tokenOf } from "../support/backend.ts";
import { JWT_SECRET, TEST_VARS } from "../support/vars.ts";

const NOW = Date.parse("2030-05-01T10:00:00Z");
const SECOND = NOW / 1000;
const GOOD = { iat: SECOND, exp: SECOND + 3600 };
const PREVIOUS = "the secret before this one, of more than thirty-two characters";

const envOf = (vars: Record<string, string | undefined>) =>
  ({ ...TEST_VARS, ...vars }) as unknown as Env;
const settings = (vars: Record<string, string | undefined> = {}) =>
  settingsOf(envOf(vars)) as Settings;

/** Verifies a token; returns its user, or the code and the `fix` of the refusal. */
async function madeOf(token: string, own = settings(), now = NOW): Promise<string[]> {
  try {
    return [(await verifyToken(own, token, now)).user];
  } catch (cause) {
    if (!(cause instanceof RefusalError)) throw cause;
    return [cause.refusal.code, cause.refusal.fix];
  }
}

const signed = (claims: object, secret = JWT_SECRET) =>
  tokenOf("ada", {}, { ...GOOD, ...claims }, secret);

describe("a token", () => {
  it.each(["iat", "nbf"])(
    "[CON14] whose `%s` is 60 s ahead is accepted, and one further ahead is not yet",
    async (claim) => {
      expect(await madeOf(await signed({ [claim]: SECOND + 60 }))).toEqual(["ada"]);
      const early = await signed({ [claim]: SECOND + 61 });
      expect(await madeOf(early)).toEqual(["temporary", expect.stringContaining(`\`${claim}\``)]);
      expect(await madeOf(early, settings(), NOW + 1_000)).toEqual(["ada"]);
    },
  );

  it("[CON2] is good until its `exp`, and not at it", async () => {
    const token = await signed({ exp: SECOND + 10 });
    expect(await madeOf(token, settings(), NOW + 9_999)).toEqual(["ada"]);
    expect((await madeOf(token, settings(), NOW + 10_000))[0]).toBe("token_expired");
    // This is within the leeway of `iat` and `nbf`, which `exp` does not have.
    expect((await madeOf(token, settings(), NOW + 20_000))[0]).toBe("token_expired");
  });

  it.each([
    { what: "without an end", claims: { exp: undefined } },
    { what: "with an endless end", claims: { exp: 1e300 } },
    { what: "whose `nbf` is no time", claims: { nbf: "now" } },
    { what: "whose `iat` is no time", claims: { iat: "now" } },
    { what: "without a user", claims: { sub: undefined } },
    { what: "whose user is a number", claims: { sub: 42 } },
    { what: "whose user no inbox can have", claims: { sub: "a/b" } },
    { what: "with caps that are misspelt", claims: { caps: { "topic:a": ["suscribe"] } } },
    { what: "by another secret", claims: {}, secret: PREVIOUS },
  ])("$what is refused for good", async ({ claims, secret }) => {
    expect((await madeOf(await signed(claims, secret)))[0]).toBe("invalid_token");
  });

  it("of more than 8 KiB is not even decoded", async () => {
    expect(await madeOf(await signed({ filler: "x".repeat(9_000) }))).toEqual([
      "invalid_token",
      expect.stringContaining("send a JWT"),
    ]);
  });

  const withAlgorithm = async (alg: string) => {
    const [, payload, signature] = (await signed({})).split(".");
    return `${btoa(JSON.stringify({ alg })).replace(/=+$/, "")}.${payload}.${signature}`;
  };

  it("by a key of an issuer is refused where the hub has no issuer", async () => {
    const fix = "sign the token with HS256";
    expect(await madeOf(await withAlgorithm("ES256"))).toEqual(["invalid_token", fix]);
  });

  it("by an algorithm that the hub does not take is refused without asking the issuer", async () => {
    const fetched = vi.spyOn(globalThis, "fetch").mockRejectedValue(new Error("away"));
    const own = settings({ JWKS_URL: "https://login.example.com/jwks.json", JWT_AUDIENCE: "hub" });
    expect((await madeOf(await withAlgorithm("HS512"), own))[0]).toBe("invalid_token");
    expect(fetched).not.toHaveBeenCalled();
    fetched.mockRestore();
  });
});

describe("the issuer and the audience of a token", () => {
  const own = settings({ JWT_ISSUER: "https://login.example.com/", JWT_AUDIENCE: "hub" });
  const right = { iss: "https://login.example.com/", aud: "hub" };

  it("[CON2] are those that the hub expects", async () => {
    expect(await madeOf(await signed(right), own)).toEqual(["ada"]);
  });

  it.each([{ iss: "https://evil.example/" }, { aud: "shop" }, { iss: undefined }])(
    "[CON2] are refused where they differ: %j",
    async (wrong) => {
      const [claim] = Object.keys(wrong);
      expect(await madeOf(await signed({ ...right, ...wrong }), own)).toEqual([
        "invalid_token",
        expect.stringContaining(`\`${claim}\``),
      ]);
    },
  );
});

describe("during a rotation", () => {
  const both = settings({ JWT_SECRETS: JSON.stringify([JWT_SECRET, PREVIOUS]) });

  it("[CON2] tokens of both secrets are taken", async () => {
    for (const secret of [JWT_SECRET, PREVIOUS])
      expect(await madeOf(await signed({}, secret), both)).toEqual(["ada"]);
    expect((await madeOf(await signed({}, `${PREVIOUS}!`), both))[0]).toBe("invalid_token");
  });

  it("[CON2] an ended token of either secret is refused as expired", async () => {
    for (const secret of [JWT_SECRET, PREVIOUS])
      for (const exp of [SECOND - 1, SECOND - 100])
        expect((await madeOf(await signed({ exp }, secret), both))[0]).toBe("token_expired");
  });
});

describe("the spelling of a token", () => {
  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  /** Sets a bit that base64url ignores, in the last character: the bytes stay the same. */
  const respelt = (part: string, bit: number) =>
    part.slice(0, -1) + ALPHABET[ALPHABET.indexOf(part.slice(-1)) | bit];

  it("has one accepted form only", async () => {
    const token = await signed({});
    const [header = "", payload = "", signature = ""] = token.split(".");
    // The last character of 32 bytes has two unused bits.
    const others = [
      `${header}.${payload}.${respelt(signature, 1)}`,
      `${header}.${payload}.${respelt(signature, 2)}`,
      `${token}=`,
      `${token}.x.y`,
      `${header}.${payload}`,
    ];
    for (const other of others)
      expect(await madeOf(other)).toEqual(["invalid_token", expect.stringContaining("canonical")]);
  });

  it("has one accepted form only where a part has four unused bits", async () => {
    // The length of a part decides how many bits are unused: one of three headers leaves four.
    const headers = ['{"alg":"HS256"}', '{"alg":"HS256" }', '{"alg":"HS256"  }'];
    const parts = headers.map((header) => btoa(header).replace(/=+$/, ""));
    const part = parts.find(({ length }) => length % 4 === 2) as string;
    const [, payload, signature] = (await signed({})).split(".");
    for (const bit of [1, 2, 4, 8])
      expect(await madeOf(`${respelt(part, bit)}.${payload}.${signature}`)).toEqual([
        "invalid_token",
        expect.stringContaining("canonical"),
      ]);
  });
});

it("[SOC3] a refresh takes a token of the same user only", async () => {
  const env = envOf({});
  const token = await signed({});
  expect(await verifyRefresh(env, "ada", token, NOW)).toMatchObject(GOOD);
  for (const user of ["bob", null])
    await expect(verifyRefresh(env, user, token, NOW)).rejects.toThrow(RefusalError);
});
