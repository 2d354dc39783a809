// The replies to a publisher.

import type { Outcome } from "../log/entry.ts";
import { ERRORS, isRefusal, type Refusal, refusal } from "../protocol/error.ts";

/**
 * One message of a list: stored, a duplicate, or refused. `to` is there where the list names addresses.
 */
export type Result = { to?: string } & (
  | { status: number; id: string; offset: number | null; epoch: string }
  | ({ status: number } & Refusal)
);

export function refusalOfOutcome(status: "mismatch" | "failed"): Refusal {
  return status === "mismatch"
    ? refusal(
        "idempotency_mismatch",
        "this id was used for another message: choose a new one",
        "id",
      )
    : refusal("temporary", "send it again, with an `id` so that it is stored once");
}

export function resultOf(outcome: Outcome | Refusal): Result {
  if (isRefusal(outcome)) return { status: ERRORS[outcome.code].status, ...outcome };
  if (!("offset" in outcome)) return resultOf(refusalOfOutcome(outcome.status));
  const { id, offset, epoch } = outcome;
  return { status: outcome.status === "duplicate" ? 200 : 201, id, offset, epoch };
}

/**
 * Returns the reply to one message: 201, or 200 for a duplicate, or a refusal for the caller to throw.
 */
export function replyToOne(outcome: Outcome | Refusal): Response | Refusal {
  const result = resultOf(outcome);
  if (isRefusal(result)) return refusal(result.code, result.fix, result.field);
  const { status, id, offset, epoch } = result;
  const duplicate = status === 200;
  return new Response(JSON.stringify({ id, offset, epoch, duplicate }), {
    status,
    headers: duplicate ? REPLAYED : JSON_TYPE,
  });
}

const JSON_TYPE = { "content-type": "application/json" };
const REPLAYED = { ...JSON_TYPE, "idempotency-replayed": "true" };

/**
 * Returns the reply to a list that could be read: always 200, with the result of each message in order.
 */
export function replyToList(results: Result[]): Response {
  const failed = results.filter(({ status }) => status >= 400).length;
  const duplicate = results.filter(({ status }) => status === 200).length;
  const stored = results.length - failed - duplicate;
  return Response.json({ stored, duplicate, failed, results });
}
