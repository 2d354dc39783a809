// An issuer of tokens on this machine, with answers that a test sets.

import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { SignJWT } from "jose";

export const ISSUER = "https://login.example.com/";

export interface SigningKey {
  /** Its entry in the key set. */
  jwk: Record<string, unknown>;
  privateKey: KeyObject;
  alg: string;
}

/** A key of a set; without a name it has no `kid`. */
export function newSigningKey(kid?: string, alg = "ES256"): SigningKey {
  const { publicKey, privateKey } =
    alg === "ES256"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("ed25519");
  const jwk = { ...publicKey.export({ format: "jwk" }), ...(kid === undefined ? {} : { kid }) };
  return { jwk, privateKey, alg };
}

/** Signs a token of ada's with the key; the header names the key as the set does. */
export function signedBy(
  { jwk, privateKey, alg }: SigningKey,
  claims: object = {},
  header: object = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const { kid } = jwk as { kid?: string };
  return new SignJWT({ sub: "ada", iat: now, exp: now + 3600, iss: ISSUER, ...claims })
    .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }), ...header })
    .sign(privateKey);
}

export interface TestIssuer {
  readonly url: string;
  /** The number of requests so far. */
  readonly fetched: number;
  /** Sets its answer from now on: these keys, or the work of a listener. */
  answer(how: readonly SigningKey[] | RequestListener): void;
  stop(): void;
}

export async function startIssuer(...keys: SigningKey[]): Promise<TestIssuer> {
  const withKeys =
    (given: readonly SigningKey[]): RequestListener =>
    (_request, response) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ keys: given.map(({ jwk }) => jwk) }));
    };
  let answer = withKeys(keys);
  let fetched = 0;
  const server = createServer((request, response) => {
    fetched += 1;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    get fetched() {
      return fetched;
    },
    answer(how) {
      answer = typeof how === "function" ? how : withKeys(how);
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
