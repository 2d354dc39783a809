// A revocation outlives a crash during an erase: a real hub is killed with SIGKILL, again and again,
// within milliseconds of a request to erase a user. A revoked token stays revoked each time.

import { expect, inject, it } from "vitest";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { startHub } from "../support/hub.ts";

const ROUNDS = 40;
const KILLED_WITHIN_MS = 6;

it("[LOG14] [CON8] a revoked token is refused after SIGKILL in the erase of its user", {
  timeout: 240_000,
}, async () => {
  let hub = await startHub(inject("bundle"));
  const killed = { before: 0, after: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const user = `user-${round}`;
    const revoked = bearer(await tokenOf(user, {}, { iat: Math.floor(Date.now() / 1000) - 100 }));
    const path = `/v1/users/${user}`;
    await call(hub.url, "POST", `${path}/notifications`, { id: "one", data: round });
    const not_before = new Date(Date.now() - 10_000).toISOString();
    const body = { reconnect: false, not_before };
    expect((await call(hub.url, "DELETE", `${path}/connections`, body)).status).toBe(204);

    const answer = call(hub.url, "DELETE", path).then(
      ({ status }) => status,
      () => "killed" as const,
    );
    // No event of the hub may decide the moment of the kill, so it comes after a random time.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * KILLED_WITHIN_MS));
    hub = await hub.restart();
    killed[(await answer) === "killed" ? "before" : "after"] += 1;

    const refusedAs = async () => {
      const { status, json } = await call(
        hub.url,
        "GET",
        "/v1/users/me/notifications",
        undefined,
        revoked,
      );
      return [status, json.code];
    };
    expect(await refusedAs()).toEqual([401, "invalid_token"]);
    expect((await call(hub.url, "DELETE", path)).status).toBe(204);
    expect(await refusedAs()).toEqual([401, "invalid_token"]);
  }
  expect(killed.before, "some of the kills must come before the answer").toBeGreaterThan(0);
  await hub.stop();
});
