// Users' tokens for the servers that check them, signed for each run. Every connection is another user
// with a token of its own, so that no check can be answered from memory.

import { createHmac, randomBytes } from "node:crypto";
import type { Address } from "./server.ts";

const TOKEN_SECONDS = 3600;

export const jwtSecret = randomBytes(32).toString("base64url");

/** Returns the header for a connection: on a user's address of that user, else of its number. */
export function tokenHeader(address: Address, client: number): string {
  return `Authorization: Bearer ${userToken(address, client)}`;
}

function userToken(address: Address, client: number): string {
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    sub: address.kind === "user" ? address.name : `client-${client}`,
    iat,
    exp: iat + TOKEN_SECONDS,
    caps: { "topic:*": ["subscribe", "publish"] },
  };
  const signed = [{ alg: "HS256", typ: "JWT" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${signed}.${createHmac("sha256", jwtSecret).update(signed).digest("base64url")}`;
}
