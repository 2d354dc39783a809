// GET /v1/health: the Worker is up. The route calls no object and needs no secret.

import type { Context } from "hono";
import type { Hub } from "./request.ts";

export function health(c: Context<Hub>): Response {
  return c.json({ status: "ok" });
}
