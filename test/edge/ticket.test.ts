// The ticket that lets an event stream come back: for one token, made with a secret that the hub still has.

import { expect, it } from "vitest";
import { isTicketOf, ticketOf } from "../../src/edge/ticket.ts";
import type { Env } from "../../src/objects/env.ts";
import { type Settings, settingsOf } from "../../src/settings/settings.ts";
import { JWT_SECRET, TEST_VARS } from "../support/vars.ts";

const PREVIOUS = "the secret before this one, of more than thirty-two characters";
const settings = (vars: object = {}) =>
  settingsOf({ ...TEST_VARS, ...vars } as unknown as Env) as Settings;

it("[SSE5] a ticket opens for exactly the token that it was issued for", async () => {
  const ticket = await ticketOf(settings(), "a.b.c");
  expect(ticket).toMatch(/^[\w-]{43}$/);
  const opens = await Promise.all(
    ["a.b.c", "a.b.d"].map((token) => isTicketOf(settings(), token, ticket)),
  );
  expect(opens).toEqual([true, false]);
  for (const other of ["", "x", ticket.slice(1), `${ticket}x`])
    expect(await isTicketOf(settings(), "a.b.c", other)).toBe(false);
});

it("[SSE5] a ticket outlives a rotation of the secret, but not the secret itself", async () => {
  const ticket = await ticketOf(settings({ JWT_SECRETS: PREVIOUS }), "a.b.c");
  const during = settings({ JWT_SECRETS: JSON.stringify([JWT_SECRET, PREVIOUS]) });
  expect(await isTicketOf(during, "a.b.c", ticket)).toBe(true);
  expect(await isTicketOf(settings(), "a.b.c", ticket)).toBe(false);
});

it("[SSE5] a hub with an issuer and no secret makes tickets that no other hub can make", async () => {
  const JWKS_URL = "https://login.example.com/jwks.json";
  const issuer = { JWT_SECRETS: undefined, JWKS_URL, JWT_AUDIENCE: "hub" };
  const of = (API_KEYS: string) => settings({ ...issuer, API_KEYS });
  const own = of(TEST_VARS.API_KEYS);
  const other = of(TEST_VARS.API_KEYS.replace('"sha256":"1', '"sha256":"2'));
  const ticket = await ticketOf(own, "a.b.c");
  expect(await isTicketOf(own, "a.b.c", ticket)).toBe(true);
  expect(await isTicketOf(other, "a.b.c", ticket)).toBe(false);
});
