// Close codes. The range is the policy: a client reconnects after 4000 to 4499 and not after 4500 to 4999, so
// it needs no table. A browser shows its page only the code, so each reaction of a client has its own.

export const CLOSES = {
  4001: "please reconnect",
  4002: "token expired",
  4003: "too slow",
  4004: "silent too long",
  4008: "too many frames or connections",
  4500: "invalid token",
  4501: "forbidden",
  4502: "not the protocol belfry.v1",
  4503: "disconnected by the operator",
  4504: "unsupported protocol version",
} as const;

export type CloseCode = keyof typeof CLOSES;

export function comesBack(code: CloseCode): boolean {
  return code < 4500;
}
