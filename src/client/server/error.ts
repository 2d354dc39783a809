// What a backend is told when the hub refuses a call.

import type { Problem } from "../problem.ts";

/** The hub's refusal, as RFC 9457 has it. */
export class HubError extends Error {
  override readonly name = "HubError";
  readonly status: number;
  /** Such as `invalid_params`; `not_the_hub` where something else has answered. */
  readonly code: string;
  /** Whether the same call may succeed later, unchanged. */
  readonly temporary: boolean;
  /** The field at fault, such as `notification.url`, where there is one. */
  readonly field: string | undefined;
  readonly requestId: string | undefined;

  constructor(status: number, problem: Problem) {
    super(`${problem.title}: ${problem.fix}`);
    this.status = status;
    this.code = problem.code;
    this.temporary = problem.temporary;
    this.field = problem.field;
    this.requestId = problem.request_id;
  }
}
