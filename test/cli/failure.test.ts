// The error text of a command, in a case that takes too long to wait for.

import { once } from "node:events";
import { expect, it } from "vitest";
import { EXIT, explain } from "../../src/cli/failure.ts";

it("a hub that takes a call and never answers it is reported as one that does not answer", async () => {
  const limit = AbortSignal.timeout(1);
  if (!limit.aborted) await once(limit, "abort");
  const { code, text } = explain(limit.reason, "http://127.0.0.1:8787") ?? {};
  expect(code).toBe(EXIT.unreachable);
  expect(text).toMatch(/^no hub answers at http:\/\/127\.0\.0\.1:8787 \(.* timeout\)\. Start one/);
});
