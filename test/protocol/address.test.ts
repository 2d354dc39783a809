// Addresses and the names in them.

import { expect, it } from "vitest";
import { parseAddress, topicFault, userFault } from "../../src/protocol/address.ts";
import { refusal } from "../../src/protocol/error.ts";

it.each([
  ["user:ada", { kind: "user", name: "ada" }],
  ["user:auth0|5f7c", { kind: "user", name: "auth0|5f7c" }],
  ["user:ada+x@example.com", { kind: "user", name: "ada+x@example.com" }],
  ["user:a:b", { kind: "user", name: "a:b" }],
  ["topic:orders.42", { kind: "topic", name: "orders.42" }],
  ["topic:user:ada", { kind: "topic", name: "user:ada" }],
])("[PUB2] %s is an address", (text, address) => {
  expect(parseAddress(text)).toEqual(address);
});

it.each([
  "",
  "ada",
  "user:",
  "topic:",
  ":ada",
  "User:ada",
  "users:ada",
  "user:me",
  "topic:everyone",
  "user:.",
  "user:..",
  "topic:.",
  "topic:..",
])("[PUB2] %j is no address", (text) => {
  expect(parseAddress(text)).toEqual(refusal("invalid_params", expect.stringMatching(/\w/), "to"));
});

it("[PUB2] one dot or two are no name, since no path could lead to it", () => {
  for (const fault of [userFault, topicFault]) {
    for (const name of [".", ".."]) expect(fault(name)).toContain("no path");
    for (const name of ["...", ".a", "a..", "." + "-"]) expect(fault(name)).toBeNull();
  }
});

it("[PUB2] a name has 1 to 128 characters of its alphabet", () => {
  for (const fault of [userFault, topicFault]) {
    expect(fault("n".repeat(128))).toBeNull();
    expect(fault("n".repeat(129))).not.toBeNull();
    expect(fault("")).not.toBeNull();
    for (const character of "/ *$%#?&\\\"'<>\n\0é") expect(fault(`a${character}`)).not.toBeNull();
    for (const character of "._@:=-Zz9") expect(fault(`a${character}`)).toBeNull();
  }
  for (const character of "~|+") {
    expect(userFault(`a${character}`)).toBeNull();
    expect(topicFault(`a${character}`)).not.toBeNull();
  }
});
