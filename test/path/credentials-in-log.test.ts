// Many people read a hub's log, and it is kept: no line holds a credential, for any refusal and any place
// of the credential.

import { expect, inject, it } from "vitest";
import { fresh, messages, offer } from "../support/attack.ts";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { startHub } from "../support/hub.ts";
import { TestSocket } from "../support/socket.ts";
import { API_KEY, JWT_SECRET } from "../support/vars.ts";

const STRANGE_KEY = API_KEY.replace("bk_test_", "bk_stranger_").toUpperCase().replace("BK_", "bk_");
const TICKET = "dGlja2V0-of_nobody_that-is_43_characters_ok";

const seconds = () => Math.floor(Date.now() / 1000);

/** Returns a token for each reason of a refusal, and a good one. */
async function tokens(): Promise<Record<string, string>> {
  const user = fresh();
  return {
    good: await tokenOf(user),
    old: await tokenOf(user, {}, { iat: seconds() - 1_000 }),
    ended: await tokenOf(user, {}, { exp: seconds() - 10 }),
    early: await tokenOf(user, {}, { nbf: seconds() + 1_000 }),
    forged: await tokenOf(user, {}, {}, "another secret, also of more than thirty-two"),
    nobodys: await tokenOf(user, {}, { sub: 7 }),
    halved: (await tokenOf(user)).split(".").slice(0, 2).join("."),
  };
}

it("no line of the log has a key, a token, a part of one, or a ticket", async () => {
  const hub = await startHub(inject("bundle"));
  const { url } = hub;
  const all = await tokens();
  const stream = { accept: "text/event-stream" };
  const statuses: number[] = [];
  const get = async (path: string, headers: Record<string, string> = {}, method = "GET") => {
    const aborter = new AbortController();
    const response = await fetch(url + path, { method, headers, signal: aborter.signal });
    statuses.push(response.status);
    aborter.abort();
  };
  const closed = async (path: string, options: ConstructorParameters<typeof TestSocket>[2]) => {
    const socket = new TestSocket(url, path, options);
    // An accepted socket is not closed by the hub.
    const first = await socket.next();
    if (first.type === "connected") socket.drop();
  };

  for (const credential of [API_KEY, STRANGE_KEY, ...Object.values(all)]) {
    await get("/v1/connect", { ...stream, ...bearer(credential) });
    await get(`/v1/connect?access_token=${credential}`, stream);
    await get(`/v1/connect?access_token=${credential}`, {
      ...stream,
      "last-event-id": `0:0;${TICKET}`,
    });
    await get(`/v1/connect?lastEventId=0:0;${TICKET}&access_token=${credential}`, stream);
    await get(`/v1/topics/${credential}/connect`, stream);
    await get(`/v1/topics/news/messages?${credential}=1`, bearer(credential));
    await get(`/v1/topics/news/messages?limit=${credential}`, bearer(API_KEY));
    await get(`/v1/${credential}`, bearer(credential));
    await get(
      `/v1/users/me/notifications?access_token=${credential}`,
      bearer(credential),
      "DELETE",
    );
    await get("/v1/users/me/notifications", { authorization: credential });
    await get("/v1/users/me/notifications", { ...bearer(credential), origin: "https://evil.test" });
    await get("/v1/tokens", bearer(credential), "POST");
    await call(url, "POST", messages("news"), `{"data":"${credential}"`, bearer(credential));
    await call(url, "POST", messages("news"), { [credential]: 1 });
    await closed("/v1/connect", { protocols: offer(credential) });
    await closed(`/v1/connect?topics=${credential}`, { protocols: offer(credential) });
    await closed(`/v1/connect?access_token=${credential}`, { protocols: ["belfry.v2"] });
  }

  const log = hub.log.join("\n");
  await hub.stop();
  // Each refusal has its line: an empty log would pass the checks below.
  const refused = statuses.filter((status) => status >= 400).length;
  expect(hub.log.length).toBeGreaterThanOrEqual(refused);
  const parts = Object.values(all).flatMap((token) => token.split("."));
  const secrets = [API_KEY, STRANGE_KEY, TICKET, JWT_SECRET, ...parts];
  for (const secret of secrets.filter((part) => part !== "")) {
    expect(log).not.toContain(secret);
    expect(log).not.toContain(secret.slice(0, 40));
  }
});
