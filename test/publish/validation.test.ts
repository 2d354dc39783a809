// The faults that validation finds in a body, as refusals that name the field.

import * as v from "valibot";
import { expect, it } from "vitest";
import { refusalFromIssue } from "../../src/publish/validation.ts";

it("[PUB1] a refusal has the beginning of a field's name, however long the name is", () => {
  const body = { ["x".repeat(1_000_000)]: 1 };
  const { issues } = v.safeParse(v.strictObject({}), body);
  const { field, fix } = refusalFromIssue((issues as [v.BaseIssue<unknown>])[0]);
  expect(field).toBe("x".repeat(128));
  expect(fix).toBe(`\`${field}\` is not a known field`);
});
