// Users' tokens: secrets in rotation, keys of an issuer, and tokens the hub itself signs.

import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { allOf, expectRefusal, fresh, messages } from "../support/attack.ts";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { TestSocket } from "../support/socket.ts";

const CURRENT = "the current secret, of more than thirty-two characters";
const PREVIOUS = "the previous secret, of more than thirty-two characters";
const ISSUER = "https://login.example.com/";
const KEYS = {
  RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
  EdDSA: generateKeyPairSync("ed25519"),
};
type Algorithm = keyof typeof KEYS;

let issuer: Server;
let rotating: Hub;
let keyed: Hub;
/** Counts the fetches of the key set. */
let fetched = 0;

beforeAll(async () => {
  const jwk = (alg: string, key: KeyObject) => ({
    ...key.export({ format: "jwk" }),
    kid: alg,
    alg,
  });
  const keys = Object.entries(KEYS).map(([alg, { publicKey }]) => jwk(alg, publicKey));
  issuer = createServer((_request, response) => {
    fetched += 1;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve));
  const { port } = issuer.address() as AddressInfo;
  const bundle = inject("bundle");
  [rotating, keyed] = await Promise.all([
    startHub(bundle, { JWT_SECRETS: JSON.stringify([CURRENT, PREVIOUS]) }),
    startHub(bundle, {
      JWT_SECRETS: undefined,
      JWKS_URL: `http://127.0.0.1:${port}/jwks.json`,
      JWT_ISSUER: ISSUER,
    }),
  ]);
});
afterAll(async () => {
  await Promise.all([rotating.stop(), keyed.stop()]);
  issuer.close();
});

const mine = (hub: Hub, token: string) =>
  call(hub.url, "GET", "/v1/users/me/notifications", undefined, bearer(token));

describe("a rotation of secrets", () => {
  it("[CON2] takes tokens signed with the current secret and with the previous one", async () => {
    for (const secret of [CURRENT, PREVIOUS])
      expect((await mine(rotating, await tokenOf("ada", {}, {}, secret))).status).toBe(200);
    const other = await tokenOf("ada", {}, {}, `${CURRENT}.`);
    expectRefusal(await mine(rotating, other), 401, "invalid_token");
  });

  it("[CON2] reports an expired token of the previous secret as expired", async () => {
    const exp = Math.floor(Date.now() / 1000) - 1;
    const ended = await tokenOf("ada", {}, { exp }, PREVIOUS);
    expectRefusal(await mine(rotating, ended), 401, "token_expired");
  });

  it("[SOC3] a socket is refreshed from a token of the previous secret to one of the current", async () => {
    const headers = bearer(await tokenOf("ada", {}, {}, PREVIOUS));
    const socket = new TestSocket(rotating.url, "/v1/connect", { headers });
    await socket.nextOf("connected");
    socket.send({ type: "refresh", id: 1, token: await tokenOf("ada", {}, {}, CURRENT) });
    expect(await socket.nextOf("reply")).toMatchObject({
      id: 1,
      expires_in: expect.closeTo(3600, -1),
    });
    socket.drop();
  });

  it("[CON2] [TOP1] the hub's own tokens are signed with the current one, and carry their caps", async () => {
    const [user, topic] = [fresh(), fresh()];
    const body = { user, ttl: 60, caps: allOf(topic) };
    const { status, json } = await call(rotating.url, "POST", "/v1/tokens", body);
    expect(status).toBe(201);
    const left = Date.parse(json.expires_at) - Date.now();
    expect(left).toBeGreaterThan(57_000);
    expect(left).toBeLessThanOrEqual(60_000);
    expect((await mine(rotating, json.token)).status).toBe(200);
    const write = (to: string) =>
      call(rotating.url, "POST", messages(to), { data: 1 }, bearer(json.token));
    expect((await write(topic)).status).toBe(201);
    expectRefusal(await write(fresh()), 403, "insufficient_scope", "topic");
    const after = await startHub(inject("bundle"), { JWT_SECRETS: CURRENT });
    expect((await mine(after, json.token)).status).toBe(200);
    const old = await tokenOf("ada", {}, {}, PREVIOUS);
    expectRefusal(await mine(after, old), 401, "invalid_token");
    await after.stop();
  });
});

describe("an issuer's keys", () => {
  const signed = (alg: Algorithm, claims: object = {}, header: object = {}) => {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ sub: "ada", iat: now, exp: now + 3600, iss: ISSUER, ...claims })
      .setProtectedHeader({ alg, kid: alg, ...header })
      .sign(KEYS[alg].privateKey);
  };

  it.each(Object.keys(KEYS) as Algorithm[])("[CON2] take tokens signed with %s", async (alg) => {
    const token = await signed(alg);
    expect((await mine(keyed, token)).status).toBe(200);
    const socket = new TestSocket(keyed.url, "/v1/connect", { headers: bearer(token) });
    await socket.nextOf("connected");
    socket.drop();
  });

  it("[CON2] are fetched once for many tokens", async () => {
    await mine(keyed, await signed("RS256"));
    const before = fetched;
    for (let i = 0; i < 5; i++) expect((await mine(keyed, await signed("ES256"))).status).toBe(200);
    expect(fetched).toBe(before);
    expect(fetched).toBeGreaterThan(0);
  });

  it("[CON2] take no token of another issuer, key or algorithm", async () => {
    for (const token of [
      await signed("RS256", { iss: "https://elsewhere.example/" }),
      await signed("ES256", {}, { kid: "RS256" }),
      await tokenOf("ada", {}, { iss: ISSUER }),
    ])
      expectRefusal(await mine(keyed, token), 401, "invalid_token");
  });

  it("[SOC3] a socket is refreshed with a token of the issuer's", async () => {
    const socket = new TestSocket(keyed.url, "/v1/connect", {
      headers: bearer(await signed("RS256")),
    });
    await socket.nextOf("connected");
    socket.send({ type: "refresh", id: 1, token: await signed("EdDSA") });
    expect(await socket.nextOf("reply")).toMatchObject({
      id: 1,
      expires_in: expect.closeTo(3600, -1),
    });
    socket.drop();
  });

  it("[CON4] a hub with an issuer and no secret signs no tokens itself", async () => {
    const refused = await call(keyed.url, "POST", "/v1/tokens", { user: "ada" });
    expectRefusal(refused, 501, "not_supported");
  });
});
