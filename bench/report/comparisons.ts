// The table that answers the question of the bench: the hub beside each other server, the ratio of the
// medians, the range of the ratio over the rounds, and whether the target was met.

import { MEASURES } from "../measures/catalogue.ts";
import { median } from "./median.ts";
import { outcomesOf, type Row } from "./row.ts";
import { number, table } from "./table.ts";
import { COMPARISONS, type Comparison } from "./targets.ts";

const HEAD = [
  "measure",
  "belfry",
  "compared with",
  "ratio",
  "range",
  "target",
  "",
  "generator CPU",
];

/** One of the two figures that are compared. */
interface Side {
  measure: Row["measure"];
  figure: string;
  server: Row["server"];
}

export function comparisonTable(rows: readonly Row[]): string {
  return table(
    HEAD,
    COMPARISONS.flatMap((comparison) => {
      const cells = compare(rows, comparison);
      return cells ? [cells] : [];
    }),
  );
}

/** Returns the cells of one comparison, or undefined unless both sides were asked to run. */
function compare(rows: readonly Row[], comparison: Comparison): string[] | undefined {
  const { measure, figure, against, againstMeasure, target } = comparison;
  const { ourSide, theirSide } = sidesOf(comparison);
  if (!wasAsked(rows, ourSide) || !wasAsked(rows, theirSide)) return;

  const ours = median(valuesOf(rows, ourSide));
  const theirs = median(valuesOf(rows, theirSide));
  const ratio = ours !== undefined && theirs !== undefined ? ours / theirs : undefined;
  const ratios = ratiosByRound(rows, comparison);
  const { title, figures } = MEASURES[measure];
  const unit = figures.find(({ key }) => key === figure)?.unit ?? figure;
  return [
    comparison.of ? `the same, ${comparison.of} in place of the hub` : `${title}: ${unit}`,
    number(ours),
    `${againstMeasure ? `${against}, ${againstMeasure}` : against} ${number(theirs)}`,
    number(ratio),
    ratios.length > 0 ? `${number(Math.min(...ratios))}–${number(Math.max(...ratios))}` : "–",
    targetText(target),
    verdict(ratio, target),
    [number(generatorCpu(rows, ourSide)), number(generatorCpu(rows, theirSide))].join(" / "),
  ];
}

function sidesOf({ measure, figure, of = "belfry", against, againstMeasure }: Comparison): {
  ourSide: Side;
  theirSide: Side;
} {
  return {
    ourSide: { measure, figure, server: of },
    theirSide: { measure: againstMeasure ?? measure, figure, server: against },
  };
}

function wasAsked(rows: readonly Row[], { measure, server }: Side): boolean {
  return rows.some((row) => row.measure === measure && row.server === server);
}

function valuesOf(rows: readonly Row[], { measure, figure, server }: Side): number[] {
  return outcomesOf(rows, measure, server).flatMap(({ values }) => values[figure] ?? []);
}

function generatorCpu(rows: readonly Row[], { measure, server }: Side): number | undefined {
  return median(outcomesOf(rows, measure, server).map(({ usage }) => usage.generatorCpu));
}

/** Both sides of a round ran within minutes, so other work on the machine affected both. */
function ratiosByRound(rows: readonly Row[], comparison: Comparison): number[] {
  const { ourSide, theirSide } = sidesOf(comparison);
  const rounds = new Set(rows.map((row) => row.round));
  return [...rounds].flatMap((round) => {
    const ofRound = rows.filter((row) => row.round === round);
    const [ours] = valuesOf(ofRound, ourSide);
    const [theirs] = valuesOf(ofRound, theirSide);
    return ours !== undefined && theirs !== undefined ? [ours / theirs] : [];
  });
}

function targetText(target: Comparison["target"]): string {
  if (!target) return "–";
  return "atLeast" in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
}

function verdict(ratio: number | undefined, target: Comparison["target"]): string {
  if (!target) return "";
  if (ratio === undefined) return "**failed**";
  const isMet = "atLeast" in target ? ratio >= target.atLeast : ratio <= target.atMost;
  return isMet ? "met" : "**missed**";
}
