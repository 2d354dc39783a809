import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";

it("works", async () => {
  const stub = env.INBOX.getByName("v1/-/user/x");
  const r = await stub.publish([
    { id: "a", body: '"id":"a"', ttl: null, category: null, identity: null },
  ]);
  expect(r[0]?.status).toBe("stored");
  await evictDurableObject(stub);
  const l = await stub.list(
    { limit: 10, before: null, state: null, category: null, since: null },
    "backend",
  );
  expect(l).toContain('"offset":1');
});
