// The outcome for one address of a list when its object fails.

import { afterEach, expect, it, vi } from "vitest";
import type { Env } from "../../src/objects/env.ts";
import { publishTo, readDeliveries } from "../../src/publish/deliveries.ts";
import { TEST_VARS } from "../support/vars.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

it.each([
  { marks: { overloaded: true, retryable: true }, code: "overloaded" },
  { marks: { remote: true }, code: "temporary" },
  { marks: {}, code: "temporary" },
])("[PUB2] an object that fails with $marks is $code, and fails alone", async ({ marks, code }) => {
  vi.spyOn(console, "error").mockReturnValue();
  const namespace = {
    getByName: (name: string) => ({
      publish: async (drafts: { id: string }[]) => {
        if (name.endsWith("/busy")) throw Object.assign(new Error("no"), marks);
        return drafts.map(({ id }) => ({ status: "stored", id, offset: 1, epoch: "e" }));
      },
    }),
  };
  const env = { ...TEST_VARS, INBOX: namespace } as unknown as Env;
  const item = { value: { to: ["user:busy", "user:ada"], type: "x" } };
  const publisher = { source: "test", isUser: false, others: [], requestId: "r_1" };
  const deliveries = await readDeliveries([item], publisher, false, null);
  expect(await publishTo(env, deliveries, "r_1")).toMatchObject([{ code }, { status: "stored" }]);
});
