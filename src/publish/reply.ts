// The replies to a publisher.

import type { Outcome } from "../log/entry.ts";
import { ERRORS, isRefusal, type Refusal, refusal } from "../protocol/error.ts";

/** A message that is in its log. `duplicate` is true when an earlier publish has put it there. */
export interface Published {
  id: string;
  offset: number | null;
  epoch: string;
  duplicate: boolean;
}

/** One message of a list: published or refused. `to` is there where the list names addresses. */
export type Result = { to?: string } & (
  | { status: 200 | 201; id: string; offset: number | null; epoch: string }
  | ({ status: number } & Refusal)
);

export function publishedOf(outcome: Outcome | Refusal): Published | Refusal {
  if (isRefusal(outcome)) return outcome;
  switch (outcome.status) {
    case "stored":
      return published(outcome, false);
    case "duplicate":
      return published(outcome, true);
    case "mismatch":
      return MISMATCH;
    case "failed":
      return FAILED;
  }
}

const published = ({ id, offset, epoch }: Omit<Published, "duplicate">, duplicate: boolean) => ({
  id,
  offset,
  epoch,
  duplicate,
});

const MISMATCH = refusal(
  "idempotency_mismatch",
  "this id was used for another message: choose a new one",
  "id",
);
const FAILED = refusal("temporary", "send it again, with an `id` so that it is stored once");

const statusOf = ({ duplicate }: Published) => (duplicate ? 200 : 201);

export function resultOf(outcome: Outcome | Refusal): Result {
  const result = publishedOf(outcome);
  if (isRefusal(result)) return { status: ERRORS[result.code].status, ...result };
  const { id, offset, epoch } = result;
  return { status: statusOf(result), id, offset, epoch };
}

/**
 * Returns the reply to one message: 201, or 200 for a duplicate, or a refusal for the caller to throw.
 */
export function replyToOne(outcome: Outcome | Refusal): Response | Refusal {
  const result = publishedOf(outcome);
  if (isRefusal(result)) return result;
  return new Response(JSON.stringify(result), {
    status: statusOf(result),
    headers: result.duplicate ? REPLAYED : JSON_TYPE,
  });
}

const JSON_TYPE = { "content-type": "application/json" };
const REPLAYED = { ...JSON_TYPE, "idempotency-replayed": "true" };

/**
 * Returns the reply to a list that could be read: always 200, with the result of each message in order.
 */
export function replyToList(results: Result[]): Response {
  const counts = { stored: 0, duplicate: 0, failed: 0 };
  for (const result of results) counts[isRefusal(result) ? "failed" : COUNTED[result.status]] += 1;
  return Response.json({ ...counts, results });
}

const COUNTED = { 201: "stored", 200: "duplicate" } as const;
