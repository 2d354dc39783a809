// Publishing of many messages to many addresses, with one call to each address and one outcome for each
// delivery. An address that fails does not affect the others.

import type { Draft, Outcome } from "../log/entry.ts";
import type { Env } from "../objects/env.ts";
import { failureOf, logOf } from "../objects/stubs.ts";
import { type Address, parseAddress } from "../protocol/address.ts";
import { isRefusal, type Refusal, RefusalError, refusal } from "../protocol/error.ts";
import { ADDRESSES_MAX, LIST_MESSAGES_MAX } from "../protocol/limits.ts";
import { report } from "../protocol/report.ts";
import type { Item } from "./body-items.ts";
import { type Prepared, type Publisher, prepare } from "./prepare.ts";

/** One message to one address. `to` is the address as it was sent, for the reply. */
export interface Delivery {
  to: string | null;
  /** Whether the message named one address rather than a list. */
  isSingle: boolean;
  prepared: Prepared | Refusal;
}

/** The most calls to objects at a time. */
const CALLS_MAX = 32;

/**
 * Takes items with `to`; returns one delivery for each address of each item. Throws a RefusalError when
 * there are too many addresses or deliveries.
 */
export async function readDeliveries(
  items: Item[],
  publisher: Publisher,
  isList: boolean,
  key: string | null,
): Promise<Delivery[]> {
  const addressed = items.map((item) => (isRefusal(item) ? item : addressesOf(item.value)));
  const all = new Set(addressed.flatMap((each) => (isRefusal(each) ? [] : each.addresses)));
  if (all.size > ADDRESSES_MAX)
    throw new RefusalError(
      refusal(
        "payload_too_large",
        `publish to a topic, or split the request: it names ${all.size} addresses, at most ${ADDRESSES_MAX} go in one`,
        "to",
      ),
    );
  const count = addressed.reduce(
    (sum, each) => sum + (isRefusal(each) ? 0 : each.addresses.length),
    0,
  );
  if (count > LIST_MESSAGES_MAX)
    throw new RefusalError(
      refusal(
        "payload_too_large",
        `split the request: it makes ${count} deliveries, at most ${LIST_MESSAGES_MAX} go in one`,
        "to",
      ),
    );
  const deliveries = addressed.flatMap((each, i): Promise<Delivery>[] => {
    if (isRefusal(each)) return [Promise.resolve({ to: null, isSingle: true, prepared: each })];
    const id = key === null || !isList ? key : `${key}/${i}`;
    return each.addresses.map(async (to) => {
      const address = parseAddress(to);
      const prepared = isRefusal(address)
        ? address
        : await prepare(each.message, address, publisher, id);
      return { to, isSingle: each.isSingle, prepared };
    });
  });
  return Promise.all(deliveries);
}

/**
 * Publishes the deliveries, in order at each address; returns the outcomes in the order of the
 * deliveries.
 */
export async function publishTo(
  env: Env,
  deliveries: Delivery[],
  requestId: string,
): Promise<(Outcome | Refusal)[]> {
  const outcomes: (Outcome | Refusal)[] = [];
  const byAddress = new Map<string, { address: Address; places: number[]; drafts: Draft[] }>();
  deliveries.forEach(({ prepared }, place) => {
    if (isRefusal(prepared)) {
      outcomes[place] = prepared;
      return;
    }
    const { to } = prepared;
    const name = `${to.kind}:${to.name}`;
    const group = byAddress.get(name) ?? { address: to, places: [], drafts: [] };
    group.places.push(place);
    group.drafts.push(prepared.draft);
    byAddress.set(name, group);
  });
  const groups = [...byAddress.values()];
  const next = groups.values();
  const call = async () => {
    for (const { address, places, drafts } of next) {
      const results = await publishAt(env, address, drafts, requestId);
      places.forEach((place, i) => {
        outcomes[place] = results[i] as Outcome | Refusal;
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(CALLS_MAX, groups.length) }, call));
  return outcomes;
}

async function publishAt(
  env: Env,
  address: Address,
  drafts: Draft[],
  requestId: string,
): Promise<(Outcome | Refusal)[]> {
  try {
    return await logOf(env, address).publish(drafts, requestId);
  } catch (cause) {
    const to = `${address.kind}:${address.name}`;
    report("publish_failed", { request_id: requestId, to }, cause);
    const fix = "send it again, with an `id` so that it is stored once";
    const failure = failureOf(cause) ?? refusal("temporary", fix);
    return drafts.map(() => failure);
  }
}

function addressesOf(
  value: unknown,
): { addresses: string[]; isSingle: boolean; message: unknown } | Refusal {
  const fix = "say where it goes: `to` is an address such as `user:ada`, or a list of them";
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return refusal("invalid_params", "a message is a JSON object");
  const { to, ...message } = value as { to?: unknown };
  if (typeof to === "string") return { addresses: [to], isSingle: true, message };
  const isList = Array.isArray(to) && to.length > 0 && to.every((each) => typeof each === "string");
  return isList
    ? { addresses: [...new Set<string>(to)], isSingle: false, message }
    : refusal("invalid_params", fix, "to");
}
