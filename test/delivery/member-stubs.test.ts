// The cached stubs of members.

import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { MemberStubs } from "../../src/delivery/member-stubs.ts";
import type { Env } from "../../src/objects/env.ts";

it("[DEL2] a member gets a new stub after its cached one has failed", () => {
  const inboxes = new MemberStubs(env as unknown as Env);
  const first = inboxes.of("user:ada");
  expect(inboxes.of("user:ada")).toBe(first);
  inboxes.forget("user:ada");
  expect(inboxes.of("user:ada")).not.toBe(first);
});
