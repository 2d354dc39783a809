// The requests of tests to a topic.

import type { HistoryQuery } from "../../src/objects/topic-rpc.ts";
import type { LogMessage } from "../../src/protocol/message.ts";
import type { Topic } from "../../src/topic/topic.ts";

export interface History {
  messages: LogMessage[];
  recovered: boolean;
  cursor: string;
  next: string | null;
}

/** Returns a page of a topic: the newest hundred unless the query says otherwise. */
export async function history(
  stub: DurableObjectStub<Topic>,
  query: Partial<HistoryQuery> = {},
): Promise<History> {
  const page = await stub.history({ since: null, before: null, limit: 100, ...query });
  if (typeof page !== "string") throw new Error(`refused: ${page.code}`);
  return JSON.parse(page) as History;
}
