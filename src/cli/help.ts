// The help texts: of the whole program, and of one command.

import { COMMON, type Command, type Option } from "./command.ts";

export function helpOf(command: Command): string {
  const { name, operands, about, details, options, examples } = command;
  return [
    `belfry ${name} ${operands}`.trim(),
    "",
    `${about}${details === undefined ? "" : `\n${details}`}`,
    "",
    ...table([...Object.entries(options), ...Object.entries(COMMON)].map(optionRow)),
    "",
    ...examples.map((example) => `  ${example}`),
  ].join("\n");
}

export function helpOfAll(commands: readonly Command[]): string {
  return [
    "belfry <command>",
    "",
    ...table(
      commands.map(({ name, operands, about }) => [`${name} ${operands}`, firstSentence(about)]),
    ),
    "",
    "`belfry <command> --help` has a command's options; `belfry --version` the version.",
    "",
    "The hub is the one at BELFRY_URL, with the API key in BELFRY_KEY; without them the one that",
    "`npm start` runs on this machine.",
    "",
    "Exit codes: 0 done, 1 refused by the hub, 2 called wrongly, 3 no hub answers.",
  ].join("\n");
}

function optionRow([name, { value, repeated, about }]: [string, Option]): [string, string] {
  const form = `--${name}${value === undefined ? "" : ` <${value}>`}`;
  return [form, repeated ? `${about}; may be repeated` : about];
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

const firstSentence = (text: string) => text.split(". ")[0]?.replace(/\.$/, "") ?? text;
