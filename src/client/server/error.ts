// The error of a call that the hub refuses.

import type { Problem } from "../problem.ts";

/** A refusal by the hub, with the members of its problem details (RFC 9457). */
export class HubError extends Error {
  override readonly name = "HubError";
  readonly status: number;
  /** The hub's code, such as `invalid_params`; `not_the_hub` if something else has answered. */
  readonly code: string;
  /** Whether the same call may succeed later, unchanged. */
  readonly temporary: boolean;
  /** The field at fault, such as `notification.url`, if there is one. */
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
