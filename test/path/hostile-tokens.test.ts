// Hostile tokens and stolen identities, one test for each attack: nobody can act as somebody else, over
// HTTP or over sockets.

import { createHmac, generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Caps } from "../../src/protocol/caps.ts";
import {
  expectRefusal,
  fresh,
  inbox,
  messages,
  offer,
  raw,
  refusedSocket,
  UPGRADE,
} from "../support/attack.ts";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { TestSocket } from "../support/socket.ts";
import { API_KEY, JWT_SECRET } from "../support/vars.ts";

const ISSUER = "https://login.example.com/";
const AUDIENCE = "belfry";
const ours = generateKeyPairSync("rsa", { modulusLength: 2048 });
const theirs = generateKeyPairSync("rsa", { modulusLength: 2048 });
const jwkOf = (key: KeyObject, more = {}) => ({
  n: "",
  ...key.export({ format: "jwk" }),
  kid: "k1",
  ...more,
});

const hubs: Hub[] = [];
let issuer: Server;
let jwksUrl = "";
/** The hub `url` takes tokens of its secret, and `keyed` those of an issuer as well. */
let url = "";
let keyed = "";

beforeAll(async () => {
  issuer = createServer((_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ keys: [jwkOf(ours.publicKey, { alg: "RS256", use: "sig" })] }));
  });
  await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve));
  jwksUrl = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/jwks.json`;
  const vars = { JWKS_URL: jwksUrl, JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE };
  [url, keyed] = (await Promise.all([start({}), start(vars)])).map((hub) => hub.url) as [
    string,
    string,
  ];
});
afterAll(async () => {
  await Promise.all(hubs.map((hub) => hub.stop()));
  issuer.close();
});

async function start(vars: Record<string, string | undefined>): Promise<Hub> {
  const hub = await startHub(inject("bundle"), vars);
  hubs.push(hub);
  return hub;
}

const mine = "/v1/users/me/notifications";
const seconds = () => Math.floor(Date.now() / 1000);
const claims = (more = {}) => ({ sub: "ada", iat: seconds(), exp: seconds() + 3600, ...more });
const base64url = (value: unknown) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** Returns a token made by hand, signed by HMAC with any key. */
function forged(
  header: object,
  payload: object | string,
  secret: string | Buffer = JWT_SECRET,
  hash = "sha256",
) {
  const content = `${base64url(header)}.${base64url(payload)}`;
  return `${content}.${createHmac(hash, secret).update(content).digest("base64url")}`;
}
const hs256 = (payload: object | string) => forged({ alg: "HS256" }, payload);
const rsa = (key: KeyObject, payload: object, header: object = {}) =>
  new SignJWT({ ...payload }).setProtectedHeader({ alg: "RS256", kid: "k1", ...header }).sign(key);

/** Expects a refusal of the token by HTTP, as a stream, and as a browser's socket. */
async function expectUseless(hub: string, token: string, code = "invalid_token"): Promise<void> {
  const status = code === "temporary" ? 503 : 401;
  const headers = bearer(token);
  expectRefusal(await raw(hub, mine, { headers }), status, code);
  const stream = { ...headers, accept: "text/event-stream" };
  expectRefusal(await raw(hub, "/v1/connect", { headers: stream }), status, code);
  const upgrade = { ...headers, ...UPGRADE };
  expectRefusal(await raw(hub, "/v1/connect", { headers: upgrade }), status, code);
  if (/[^\w.-]/.test(token)) return;
  const close = { token_expired: 4002, temporary: 4001 }[code] ?? 4500;
  expect(await refusedSocket(hub, "/v1/connect", token)).toEqual({ code, close });
}

type TokenAttack = [attack: string, token: () => string | Promise<string>, code?: string];

/** Sets the unused bits of the last character: another spelling of the same signature. */
function respelt(token: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return token.slice(0, -1) + alphabet[alphabet.indexOf(token.slice(-1)) | 1];
}

const of = (more: object) => () => hs256(claims(more));
const SECRET_OF_ANOTHER = "another secret, of more than thirty-two characters";
const SHA512: [string, string] = [JWT_SECRET, "sha512"];
const CAPS_5_KIB = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`topic:${i}`, []]));
const IN_PROTOTYPE = '{"caps":{"__proto__":{"topic:x":["publish"]}},';

const tokens: TokenAttack[] = [
  ["alg none and no signature", () => `${base64url({ alg: "none" })}.${base64url(claims())}.`],
  ["alg None", () => forged({ alg: "None" }, claims())],
  ["alg none and a good signature", () => forged({ alg: "none" }, claims())],
  ["no alg", () => forged({}, claims())],
  ["a list of algs", () => forged({ alg: ["HS256"] }, claims())],
  ["alg HS512", () => forged({ alg: "HS512" }, claims(), ...SHA512)],
  ["alg RS256 where there are no keys", () => rsa(ours.privateKey, claims())],
  ["another secret", () => forged({ alg: "HS256" }, claims(), SECRET_OF_ANOTHER)],
  ["an empty secret", () => forged({ alg: "HS256" }, claims(), "")],
  ["claims changed after signing", () => spliced(claims(), claims({ sub: "bob" }))],
  ["no signature", () => hs256(claims()).replace(/[^.]+$/, "")],
  ["a critical header of its own", () => forged({ alg: "HS256", crit: ["x"], x: 1 }, claims())],
  ["an unencoded payload", () => forged({ alg: "HS256", crit: ["b64"], b64: false }, claims())],
  ["claims that are no object", () => hs256("[]")],
  ["claims that are no JSON", () => hs256("x")],
  ["a header that is no JSON", () => "AAAA.AAAA.AAAA"],
  ["a header that is null", () => `${base64url("null")}.${base64url(claims())}.AAAA`],
  ["nothing but dots", () => ".."],
  ["two parts", () => hs256(claims()).replace(/\.[^.]+$/, "")],
  ["five parts", () => `${hs256(claims())}.x.x`],
  ["nine kilobytes", of({ x: "x".repeat(9000) })],
  ["a signature spelt otherwise", () => respelt(hs256(claims()))],
  ["padding", () => `${hs256(claims())}=`],
  ["the alphabet of base64", () => hs256(claims()).replace(/\.(?=[^.]+$)/, ".+/")],
  ["an end in the past", of({ exp: seconds() - 1 }), "token_expired"],
  ["an end just now", () => hs256(claims({ exp: seconds() })), "token_expired"],
  ["a beginning in the future", of({ nbf: seconds() + 600 }), "temporary"],
  ["an issue in the future", of({ iat: seconds() + 600 }), "temporary"],
  ["no exp", of({ exp: undefined })],
  ["an exp that is a text", of({ exp: "9999999999" })],
  ["an exp that is null", of({ exp: null })],
  ["an endless exp", () => hs256(JSON.stringify(claims()).replace(/"exp":\d+/, '"exp":1e999'))],
  ["an iat that is a text", of({ iat: "0" })],
  ["no sub", of({ sub: undefined })],
  ["an empty sub", of({ sub: "" })],
  ["a sub that is a number", of({ sub: 42 })],
  ["a sub that is a list", of({ sub: ["ada"] })],
  ["a sub that is a list of `me`", of({ sub: ["me"] })],
  ["a sub that is `true`", of({ sub: true })],
  ["the reserved sub `me`", of({ sub: "me" })],
  ["a sub out of the alphabet", of({ sub: "ada/../bob" })],
  ["a sub of 129 characters", of({ sub: "a".repeat(129) })],
  ["caps that are a list", of({ caps: ["topic:*"] })],
  ["caps that are null", of({ caps: null })],
  ["caps on a user", of({ caps: { "user:bob": ["subscribe"] } })],
  ["caps with a star inside", of({ caps: { "topic:*.x": ["subscribe"] } })],
  ["caps with two stars", of({ caps: { "topic:x.**": ["subscribe"] } })],
  ["caps on a reserved topic", of({ caps: { "topic:$SYS": ["subscribe"] } })],
  ["caps of an unknown action", of({ caps: { "topic:x": ["admin"] } })],
  ["caps that are a text", of({ caps: { "topic:x": "subscribe" } })],
  ["caps in a prototype", () => hs256(JSON.stringify(claims()).replace("{", IN_PROTOTYPE))],
  ["caps above 4 KiB", of({ caps: CAPS_5_KIB })],
];

/** Returns a token with the header and signature of the claims `signed`, and the claims `shown`. */
function spliced(signed: object, shown: object): string {
  const [head, , signature] = hs256(signed).split(".");
  return `${head}.${base64url(shown)}.${signature}`;
}

describe("a token with", () => {
  it.each(tokens)("%s", async (_attack, token, code) => {
    await expectUseless(url, await token(), code);
  });

  const issued = (more: object = {}) => claims({ iss: ISSUER, aud: AUDIENCE, ...more });
  const by = (more: object, header: object = {}) => rsa(ours.privateKey, issued(more), header);
  const byStranger = (header: object = {}) => rsa(theirs.privateKey, issued(), header);
  const confused = (secret: string | Buffer) =>
    forged({ alg: "HS256", kid: "k1" }, issued(), secret);
  const pem = ours.publicKey.export({ type: "spki", format: "pem" }) as string;
  const der = ours.publicKey.export({ type: "spki", format: "der" });
  const jwk = jwkOf(ours.publicKey);
  const es256 = base64url({ alg: "ES256", kid: "k1" });

  it("a good signature of the issuer's (so that the others fail for their reason)", async () => {
    for (const token of [by({}), by({ aud: ["x", AUDIENCE] }), hs256(issued())])
      expect((await raw(keyed, mine, { headers: bearer(await token) })).status).toBe(200);
  });

  it.each<TokenAttack>([
    ["another audience", () => by({ aud: "shop" })],
    ["no audience", () => by({ aud: undefined })],
    ["another audience, by the secret", () => hs256(issued({ aud: "shop" }))],
    ["another issuer", () => by({ iss: "https://evil.example/" })],
    ["an issuer without its slash", () => by({ iss: ISSUER.slice(0, -1) })],
    ["no issuer", () => by({ iss: undefined })],
    ["an end in the past, by the issuer", () => by({ exp: 1 }), "token_expired"],
    ["key confusion: the public PEM as the secret", () => confused(pem)],
    ["key confusion: the PEM without its last newline", () => confused(pem.trim())],
    ["key confusion: the public DER as the secret", () => confused(der)],
    ["key confusion: the JWK as the secret", () => confused(JSON.stringify(jwk))],
    ["key confusion: the modulus as the secret", () => confused(Buffer.from(jwk.n, "base64url"))],
    ["key confusion: RS256 over an HMAC", () => forged({ alg: "RS256", kid: "k1" }, issued())],
    ["a stranger's key under our kid", () => byStranger()],
    ["a stranger's key that it brings along", () => byStranger({ jwk: jwkOf(theirs.publicKey) })],
    [
      "a stranger's key that it points to",
      () => byStranger({ jku: jwksUrl, kid: "k2" }),
      "temporary",
    ],
    // The hub fetched the issuer's keys just before, so it cannot look for this one yet.
    ["an unknown kid", () => by({}, { kid: "../../k1" }), "temporary"],
    ["a kid that is no text", () => by({}, { kid: 1 })],
    ["alg RS512 by the right key", () => by({}, { alg: "RS512" })],
    ["alg PS256 by the right key", () => by({}, { alg: "PS256" })],
    ["alg ES256 by an RSA key", async () => (await by({})).replace(/^[^.]+/, es256)],
    ["a header that is no JSON, where there are keys", () => "AAAA.AAAA.AAAA"],
  ])("%s", async (_attack, token, code) => {
    await expectUseless(keyed, await token(), code);
  });

  it("any issuer at all, where the keys are shared and neither issuer nor audience is set", async () => {
    const hub = await start({ JWKS_URL: jwksUrl, JWT_SECRETS: undefined });
    const token = await rsa(
      ours.privateKey,
      claims({ iss: "https://another-project.example/", aud: "another-project" }),
    );
    expectRefusal(await raw(hub.url, mine, { headers: bearer(token) }), 503, "not_configured");
  });

  it("an RS256 signature, while the issuer's keys cannot be had", async () => {
    const hub = await start({ JWKS_URL: "http://127.0.0.1:1/jwks.json", JWT_ISSUER: ISSUER });
    const token = await by({});
    expectRefusal(await raw(hub.url, mine, { headers: bearer(token) }), 503, "temporary");
    await expectUseless(hub.url, "AAAA.AAAA.AAAA");
    expect((await raw(hub.url, mine, { headers: bearer(hs256(issued())) })).status).toBe(200);
  });

  it("more than five minutes behind it, in a URL", async () => {
    const stream = { accept: "text/event-stream" };
    for (const iat of [seconds() - 302, undefined]) {
      const path = `/v1/connect?access_token=${hs256(claims({ iat }))}`;
      expectRefusal(await raw(url, path, { headers: stream }), 401, "invalid_token");
      expectRefusal(await raw(url, path, { headers: UPGRADE }), 401, "invalid_token");
    }
    const young = hs256(claims({ iat: seconds() - 200 }));
    expect((await raw(url, `/v1/connect?access_token=${young}`, { headers: UPGRADE })).status).toBe(
      101,
    );
    const elsewhere = await raw(url, `${mine}?access_token=${young}`);
    expectRefusal(elsewhere, 422, "invalid_params", "access_token");
  });
});

describe("a token of a user", () => {
  it.each<[string, string, unknown?]>([
    ["GET", inbox("bob")],
    ["PATCH", inbox("bob"), { epoch: "0", up_to: 1, read: true }],
    ["DELETE", `${inbox("bob")}/1`],
    ["POST", inbox("bob"), { type: "x" }],
    ["POST", mine, { type: "x" }],
    ["GET", "/v1/users/bob/export"],
    ["GET", "/v1/users/me/export"],
    ["DELETE", "/v1/users/bob/connections"],
    ["DELETE", "/v1/users/bob"],
    ["DELETE", "/v1/users/me"],
    ["POST", "/v1/publish", { to: "user:bob", type: "x" }],
    ["POST", "/v1/tokens", { user: "bob" }],
  ])("at another's inbox, or at what only backends may: %s %s", async (method, path, body) => {
    await call(url, "POST", inbox("bob"), { id: "secret", notification: { title: "x" } });
    const answer = await call(
      url,
      method,
      path,
      body,
      bearer(await tokenOf("ada", { "topic:*": ["publish"] })),
    );
    expectRefusal(answer, 403, "insufficient_scope");
    expect(answer.text).not.toContain("secret");
    expect((await call(url, "GET", inbox("bob"))).json.counts).toEqual({
      unread: 1,
      unseen: 1,
      total: 1,
    });
  });

  it("whose name differs in case only", async () => {
    const headers = bearer(await tokenOf("Ada"));
    expectRefusal(
      await call(url, "GET", inbox("ada"), undefined, headers),
      403,
      "insufficient_scope",
    );
  });

  const subscribe: Caps = {
    "topic:a.*": ["subscribe"],
    "topic:b": ["subscribe"],
    "topic:c": ["publish"],
  };
  it.each([["a"], ["ab"], ["A.1"], ["x.a.1"], ["topic:a.1"], ["b.1"], ["bb"], ["c"], ["d"]])(
    "without the cap to subscribe to %s",
    async (topic) => {
      const token = await tokenOf("ada", subscribe);
      const read = await call(url, "GET", messages(topic), undefined, bearer(token));
      expectRefusal(read, 403, "insufficient_scope", "topic");
      const path = `/v1/topics/${topic}/connect`;
      const native = await raw(url, path, { headers: { ...UPGRADE, ...bearer(token) } });
      expectRefusal(native, 403, "insufficient_scope", "topic");
      expect(await refusedSocket(url, path, token)).toEqual({
        code: "insufficient_scope",
        close: 4501,
      });
    },
  );

  it("without the cap to publish", async () => {
    const token = await tokenOf("ada", subscribe);
    const http = await call(url, "POST", messages("b"), { type: "x" }, bearer(token));
    expectRefusal(http, 403, "insufficient_scope", "topic");
    for (const [path, topic] of [
      ["/v1/topics/b/connect", undefined],
      ["/v1/topics/b/connect", "a.1"],
      ["/v1/connect", "b"],
    ]) {
      const socket = await opened(url, `${path}?since=latest`, token);
      socket.send({ type: "publish", id: 1, topic, message: { type: "x" } });
      expect(await socket.next()).toMatchObject({
        type: "error",
        id: 1,
        code: "insufficient_scope",
      });
    }
    for (const topic of ["b", "a.1"])
      expect((await call(url, "GET", messages(topic))).json.cursor).toBe("0:0");
  });

  it("that smuggles the hub's own header for another identity", async () => {
    const [ada, bob, topic] = [fresh(), fresh(), fresh()];
    const caller = {
      connection: "c_x",
      user: bob,
      source: "test",
      exp: null,
      iat: null,
      caps: { "topic:*": ["publish"] },
    };
    const smuggled = {
      "belfry-upgrade": JSON.stringify({ caller, since: "snapshot", offered: false }),
    };
    const token = await tokenOf(ada, { [`topic:${topic}`]: ["subscribe"] });
    const alone = await raw(url, "/v1/connect", { headers: { ...UPGRADE, ...smuggled } });
    expectRefusal(alone, 401, "unauthorized");
    const socket = await opened(url, "/v1/connect?since=latest", token, smuggled);
    await call(url, "POST", inbox(bob), { type: "bob's" });
    await call(url, "POST", inbox(ada), { type: "ada's" });
    expect((await socket.messages()).messages.map(({ type }) => type)).toEqual(["ada's"]);
    const watching = await opened(url, `/v1/topics/${topic}/connect?since=latest`, token, smuggled);
    watching.send({ type: "publish", id: 1, message: { type: "x" } });
    expect(await watching.next()).toMatchObject({ type: "error", code: "insufficient_scope" });
    expect((await call(url, "GET", messages(topic))).json.cursor).toBe("0:0");
  });
});

/** Connects as a native client; returns the socket once it is connected. */
async function opened(
  hub: string,
  path: string,
  credential: string,
  headers: Record<string, string> = {},
) {
  const socket = new TestSocket(hub, path, { headers: { ...bearer(credential), ...headers } });
  await socket.nextOf("connected");
  return socket;
}

describe("a refresh", () => {
  const caps: Caps = { "topic:r": ["subscribe", "publish"] };

  it.each<[string, string, () => Promise<string>, string]>([
    ["to another user", "/v1/connect", () => tokenOf("bob", caps), "invalid_token"],
    [
      "to another user, on a topic",
      "/v1/topics/r/connect",
      () => tokenOf("bob", caps),
      "invalid_token",
    ],
    [
      "with an expired token",
      "/v1/connect",
      () => tokenOf("ada", caps, { exp: 1 }),
      "token_expired",
    ],
    [
      "with a forged token",
      "/v1/connect",
      () => tokenOf("ada", caps, {}, "another secret, long enough to be one"),
      "invalid_token",
    ],
    ["with an API key", "/v1/connect", async () => API_KEY, "invalid_token"],
    [
      "without the cap of the topic",
      "/v1/topics/r/connect",
      () => tokenOf("ada"),
      "insufficient_scope",
    ],
  ])("%s", async (_attack, path, token, code) => {
    const before = await tokenOf("ada", caps);
    const socket = await opened(url, `${path}?since=latest`, before);
    socket.send({ type: "refresh", id: 1, token: await token() });
    expect(await socket.next()).toMatchObject({ type: "error", id: 1, code });
    socket.send({ type: "refresh", id: 2, token: before });
    expect(await socket.next()).toMatchObject({ type: "reply", id: 2 });
  });

  it("of an API key's socket, into a user", async () => {
    const socket = await opened(url, "/v1/topics/r/connect?since=latest", API_KEY);
    socket.send({ type: "refresh", id: 1, token: await tokenOf("ada", caps) });
    expect(await socket.next()).toMatchObject({ type: "error", id: 1, code: "invalid_token" });
    socket.send({ type: "publish", id: 2, message: { type: "x" } });
    expect(await socket.next()).toMatchObject({ type: "error", id: 2, code: "insufficient_scope" });
  });

  it("that gives up a cap ends it at once", async () => {
    const socket = await opened(
      url,
      "/v1/topics/r/connect?since=latest",
      await tokenOf("ada", caps),
    );
    socket.send({
      type: "refresh",
      id: 1,
      token: await tokenOf("ada", { "topic:r": ["subscribe"] }),
    });
    expect(await socket.next()).toMatchObject({ type: "reply", id: 1 });
    socket.send({ type: "publish", id: 2, message: { type: "x" } });
    expect(await socket.next()).toMatchObject({ type: "error", id: 2, code: "insufficient_scope" });
  });
});

describe("a revoked token", () => {
  /** Revokes a user's token; returns the time in seconds from which tokens are valid. */
  async function revoked(
    caps: Caps = {},
    more: (token: string, user: string) => Promise<void> = async () => undefined,
  ) {
    const user = fresh();
    const token = await tokenOf(user, caps, { iat: seconds() - 10 });
    await more(token, user);
    const since = seconds() - 1;
    const body = { not_before: new Date(since * 1000).toISOString() };
    expect((await call(url, "DELETE", `/v1/users/${user}/connections`, body)).status).toBe(204);
    return { user, token, since };
  }

  it("opens nothing any more, and a newer one does", async () => {
    const { user, token, since } = await revoked();
    await expectUseless(url, token);
    await expectUseless(url, await tokenOf(user, {}, { iat: undefined }));
    for (const [method, path, body] of [
      ["PATCH", mine, { epoch: "0", up_to: 1, read: true }],
      ["DELETE", `${mine}/1`],
    ] as const)
      expectRefusal(await call(url, method, path, body, bearer(token)), 401, "invalid_token");
    const newer = bearer(await tokenOf(user, {}, { iat: since }));
    expect((await call(url, "GET", mine, undefined, newer)).status).toBe(200);
  });

  it("has its sockets closed for good", async () => {
    const sockets: TestSocket[] = [];
    await revoked({}, async (token) => {
      const socket = await opened(url, "/v1/connect?since=latest", token);
      socket.send("ping");
      await socket.nextOf("pong");
      sockets.push(socket);
    });
    expect(await sockets[0]?.next()).toMatchObject({
      type: "disconnect",
      code: 4503,
      reconnect: false,
    });
    expect(await sockets[0]?.next()).toMatchObject({ type: "closed", code: 4503 });
  });

  it("stays revoked when the user is erased", async () => {
    const { user, token } = await revoked();
    expect((await call(url, "DELETE", `/v1/users/${user}`)).status).toBe(204);
    await expectUseless(url, token);
  });

  it.each([
    "2000-01-01T00:00:00Z",
    "2000-01-01T00:00:00+05",
    "2000-02-31T00:00:00Z",
    "2000-01-01 00:00:00Z",
  ])("stays revoked when an earlier time is set: %s", async (notBefore) => {
    const { user, token } = await revoked();
    await call(url, "DELETE", `/v1/users/${user}/connections`, { not_before: notBefore });
    await expectUseless(url, token);
  });

  it.each([
    "",
    "yesterday",
    "2000-01-01",
    "2000-01-01T00:00:00",
    "2000-01-01T00:00:00+05",
    "2000-13-01T00:00:00Z",
    0,
    null,
  ])("cannot be made by a time that is none: %j", async (notBefore) => {
    const path = `/v1/users/${fresh()}/connections`;
    expectRefusal(
      await call(url, "DELETE", path, { not_before: notBefore }),
      422,
      "invalid_params",
      "not_before",
    );
  });

  it("does not extend a socket that a newer token opened", async () => {
    const { user, token, since } = await revoked();
    const socket = await opened(
      url,
      "/v1/connect?since=latest",
      await tokenOf(user, {}, { iat: since }),
    );
    socket.send({ type: "refresh", id: 1, token });
    expect(await socket.next()).toMatchObject({ type: "error", id: 1, code: "invalid_token" });
  });

  it("neither reads nor publishes at a topic; watching one ends with the token", async () => {
    const topic = fresh();
    const { token } = await revoked({ [`topic:${topic}`]: ["subscribe", "publish"] });
    const headers = bearer(token);
    expectRefusal(
      await call(url, "POST", messages(topic), { type: "x" }, headers),
      401,
      "invalid_token",
    );
    expectRefusal(
      await call(url, "GET", messages(topic), undefined, headers),
      401,
      "invalid_token",
    );
    // docs/decisions/0003: a direct socket asks no inbox, and closes with its token at the latest.
    const socket = new TestSocket(url, `/v1/topics/${topic}/connect`, { headers });
    expect((await socket.nextOf("connected")).expires_in).toBeLessThanOrEqual(3600);
    socket.drop();
  });

  it("publishes and is refreshed on no socket that it has open at a topic", async () => {
    const topic = fresh();
    const sockets: TestSocket[] = [];
    const { token } = await revoked(
      { [`topic:${topic}`]: ["subscribe", "publish"] },
      async (token) => {
        const socket = new TestSocket(url, `/v1/topics/${topic}/connect?since=latest`, {
          protocols: offer(token),
        });
        await socket.nextOf("connected");
        sockets.push(socket);
      },
    );
    const [socket] = sockets as [TestSocket];
    socket.send({ type: "refresh", id: 1, token });
    socket.send({ type: "publish", id: 2, message: { type: "x" } });
    // The hub may refuse each frame or close the socket, but must not reply.
    expect((await socket.next()).type).not.toBe("reply");
    expect((await call(url, "GET", messages(topic))).json.cursor).toBe("0:0");
  });
});

it("nothing of any token or key is in the log", () => {
  const log = hubs.flatMap((hub) => hub.log).join("\n");
  expect(log).toContain('"event":"refused"');
  expect(log).not.toContain("eyJ");
  expect(log).not.toContain(API_KEY);
});
