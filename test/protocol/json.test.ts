// JSON from strangers: the texts that the parser refuses before other code walks the value.

import fc from "fast-check";
import { expect, it } from "vitest";
import { parseJson } from "../../src/protocol/json.ts";
import { decodeUp } from "../../src/protocol/up.ts";

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
  "9007199254740991",
  "-9007199254740991",
  '"9007199254740993"',
  "0.12345678901234567",
  "1e300",
])("[PUB6] %s is taken", (text) => {
  expect(parseJson(text)).toEqual({ value: JSON.parse(text) });
});

it.each([
  "9007199254740992",
  "9007199254740993",
  "[-9007199254740993]",
  '{"a":12345678901234567890}',
])("[PUB6] %s is refused, and `fix` asks for a string", (text) => {
  const fix = expect.stringContaining("as a string");
  expect(parseJson(text)).toMatchObject({ code: "bad_request", fix });
  // Frames go through the same parser.
  const frame = `{"type":"publish","id":1,"topic":"t","message":{"data":${text}}}`;
  expect(decodeUp(frame)).toMatchObject({ refusal: { code: "bad_request", fix } });
});

it.each([
  ['{"type":"x"', "Expected ',' or '}' after property value at position 11"],
  ['{"type":"x"}}', "Unexpected non-whitespace character after JSON at position 12"],
  ['{"secret":"a\nb"}', "Bad control character in string literal at position 12"],
  ['{"secret":undefined}', "Unexpected token 'u'"],
  [`["${"a, ".repeat(99)}", "secret" , s]`, "Unexpected token 's'"],
  ["", "Unexpected end of JSON input"],
])("[PUB1] %s is refused with the fault, and with nothing else of the text", (text, reason) => {
  expect(parseJson(text)).toMatchObject({ fix: `send well-formed JSON (${reason})` });
});

it("[PUB1] the refusal of a text that is no JSON at all does not quote it", () => {
  expect(parseJson("NaN")).toMatchObject({ fix: "send well-formed JSON" });
});

it("[PUB1] every value that JSON can print is accepted, at any spacing", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), fc.constantFrom(0, 2), (value, space) => {
      const text = JSON.stringify(value, null, space);
      fc.pre(!/\d{16}/.test(text));
      expect(parseJson(text)).toEqual({ value: JSON.parse(text) });
    }),
    { numRuns: 300 },
  );
});
