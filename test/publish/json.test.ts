// JSON from strangers: what is refused before anybody walks the value.

import fc from "fast-check";
import { expect, it } from "vitest";
import { parseJson } from "../../src/protocol/json.ts";

it.each([
  '{"a":1,"b":{"a":2}}',
  '[{"a":1},{"a":1}]',
  '{"a":"{\\"x\\":1}","b":":\\\\"}',
  '"\\\\\\""',
  "[[],{},null,true,-0.5e3]",
  `${"[".repeat(32)}${"]".repeat(32)}`,
  '{"":1}',
  '{"__proto__":1}',
])("[PUB1] %s is taken as it is", (text) => {
  expect(parseJson(text)).toEqual({ value: JSON.parse(text) });
});

it.each([
  ...["", " ", "{", '{"a":1}}', "{a:1}", "[1,]", "'a'", "NaN", "\u0000"],
  ...[
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '[{"b":{"a":1,"a":2}}]',
    '{"__proto__":1,"__proto__":2}',
  ],
  ...[
    "1e999",
    "[-1e400]",
    `${"[".repeat(33)}${"]".repeat(33)}`,
    `${'{"a":'.repeat(33)}1${"}".repeat(33)}`,
  ],
])("[PUB1] %s is refused", (text) => {
  expect(parseJson(text)).toMatchObject({ code: "bad_request", fix: expect.stringMatching(/\w/) });
});

it.each([
  ['{"type":"x"', "Expected ',' or '}' after property value at position 11"],
  ['{"type":"x"}}', "Unexpected non-whitespace character after JSON at position 12"],
  ['{"secret":"a\nb"}', "Bad control character in string literal at position 12"],
  ['{"secret":undefined}', "Unexpected token 'u'"],
  [`["${"a, ".repeat(99)}", "secret" , s]`, "Unexpected token 's'"],
  ["", "Unexpected end of JSON input"],
])("[PUB1] %s is refused with what is wrong, and nothing else of the text", (text, reason) => {
  expect(parseJson(text)).toMatchObject({ fix: `send well-formed JSON (${reason})` });
});

it("[PUB1] what is no JSON from its first to its last letter is not told back", () => {
  expect(parseJson("NaN")).toMatchObject({ fix: "send well-formed JSON" });
});

it("[PUB1] whatever can be printed is taken, at any spacing", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), fc.constantFrom(0, 2), (value, space) => {
      const text = JSON.stringify(value, null, space);
      expect(parseJson(text)).toEqual({ value: JSON.parse(text) });
    }),
    { numRuns: 300 },
  );
});
