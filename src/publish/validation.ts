// The refusal for an issue that valibot finds in a value.

import * as v from "valibot";
import { type Refusal, refusal } from "../protocol/error.ts";

const FIELD_LENGTH_MAX = 128;

/**
 * Takes the first issue of a check, and a function that returns advice on an unknown field; returns a
 * refusal that names the field.
 */
export function refusalFromIssue(
  issue: v.BaseIssue<unknown>,
  adviceOn: (path: unknown[]) => string | null = () => null,
): Refusal {
  // An unknown field's name may be as long as the body.
  const field = v.getDotPath(issue)?.slice(0, FIELD_LENGTH_MAX);
  const where = field === undefined ? "the body" : `\`${field}\``;
  if (issue.kind === "schema" && issue.expected === "never") {
    const advice = adviceOn((issue.path ?? []).map(({ key }) => key));
    const fix = `${where} is not a known field${advice === null ? "" : `: ${advice}`}`;
    return refusal("invalid_params", fix, field);
  }
  if (issue.kind === "schema" && issue.received === "undefined")
    return refusal("invalid_params", `${where} is required`, field);
  const isOurs = issue.kind === "validation" || issue.type === "picklist";
  const expected = (issue.expected ?? "").toLowerCase();
  const article = /^[aeio]/.test(expected) ? "an" : "a";
  const fix = isOurs ? issue.message : `is ${article} ${expected}`;
  return refusal("invalid_params", `${where} ${fix}`, field);
}
