/** Hit rates of eviction policies against capacity, with the optimum drawn as the bound. */
import { writeFileSync } from 'node:fs';
import { drawPng, drawSvg } from '../reports/figures/render.ts';
import { CHART_CONFIG, FIGURE_WIDTH_PX, LIGHT, SYSTEM_DASHES, SYSTEM_SHAPES } from '../reports/figures/theme.ts';

/** Hit rates by capacity. */
export interface HitRates {
  readonly name: string;
  readonly rates: readonly number[];
}

/** @param bound what no policy can be above */
export async function drawHitRates(file: string, title: string, unit: string, capacities: readonly number[], policies: readonly HitRates[], bound: HitRates): Promise<void> {
  const lines = [bound, ...policies];
  const names = lines.map(({ name }) => name);
  const values = lines.flatMap(({ name, rates }) => rates.map((rate, i) => ({ name, capacity: capacities[i], percent: 100 * rate })));
  const scale = <T>(own: T, others: readonly T[]): { domain: string[]; range: T[] } => ({ domain: names, range: [own, ...policies.map((_, i) => others[i])] });
  const legend = { title: null, orient: 'right', symbolSize: 60 };
  const { svg } = await drawSvg({
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    config: CHART_CONFIG,
    title: { text: title },
    width: FIGURE_WIDTH_PX - 60,
    height: 300,
    data: { values },
    mark: { type: 'line', point: { size: 50 } },
    encoding: {
      x: { field: 'capacity', type: 'quantitative', title: unit, scale: { type: 'log', nice: false, padding: 12 }, axis: { values: capacities } },
      y: { field: 'percent', type: 'quantitative', title: 'Hit rate (%)', scale: { domain: [0, 100] } },
      color: { field: 'name', type: 'nominal', scale: scale<string>(LIGHT.text, LIGHT.systems), legend },
      shape: { field: 'name', type: 'nominal', scale: scale<string>('stroke', SYSTEM_SHAPES), legend },
      strokeDash: { field: 'name', type: 'nominal', scale: scale<readonly number[]>([8, 4], SYSTEM_DASHES), legend },
    },
  });
  writeFileSync(file, drawPng(svg));
}
