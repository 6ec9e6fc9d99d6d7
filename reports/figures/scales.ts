import { roundSignificant } from '../study/number-format.ts';

/** A quantitative axis: its scale and the values marked on it. */
export interface AxisScale {
  readonly log: boolean;
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
}

/** Largest ÷ smallest from which small values would vanish on a linear axis. */
const LOG_FROM_RATIO = 8;

/** Share of what is possible from which values come near it. */
const NEAR_CEILING = 0.2;

/**
 * The scale for measured values: logarithmic where they are all positive and their largest is eight times their smallest or more, else
 * linear from zero. Constant and empty data get an axis too.
 *
 * @param ceiling what no value can exceed (100 for a share in percent), so that no axis goes on beyond it; values that come near it
 *   get a linear axis, on which the rest is seen as well
 */
export function measureScale(values: readonly number[], ceiling = Infinity): AxisScale {
  const finite = values.filter((v) => Number.isFinite(v));
  const high = Math.max(0, ...finite);
  const positive = finite.filter((v) => v > 0);
  const low = Math.min(...positive);
  if (finite.length > 0 && finite.every((v) => v > 0) && high / low >= LOG_FROM_RATIO && high < NEAR_CEILING * ceiling) return logScale(low, high);
  const below = Math.min(0, ...finite);
  // Headroom, so that the largest value does not lie on the frame.
  return linearScale(below, high > below ? (high <= ceiling ? Math.min(ceiling, high * 1.03) : high * 1.03) : below + 1);
}

/** Linear axis over `low` … `high`, with at most six steps between ticks at multiples of 1, 2, 2.5 or 5. */
export function linearScale(low: number, high: number): AxisScale {
  const power = Number(`1e${decade((high - low) / 6)}`);
  const steps = [1, 2, 2.5, 5, 10, 20].map((lead) => lead * power);
  const span = (step: number): [number, number] => [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)];
  const step = steps.find((s) => span(s)[1] - span(s)[0] <= 6)!;
  const [first, last] = span(step);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => roundSignificant((first + i) * step, 12));
  return { log: false, domain: [ticks[0], ticks.at(-1)!], ticks };
}

/** Logarithmic axis with ticks at 1, 2, 5 within three decades, at each decade within six, and at every so many beyond. */
export function logScale(low: number, high: number): AxisScale {
  const first = decade(low * 0.9);
  const last = decade(high * 1.1) + 1;
  const fine = Array.from({ length: last - first + 1 }, (_, i) => first + i).flatMap((d) => [1, 2, 5].map((s) => Number(`${s}e${d}`)));
  const below = fine.filter((t) => t <= low * 0.95).at(-1) ?? fine[0];
  const above = fine.find((t) => t >= high * 1.05) ?? fine.at(-1)!;
  const inside = fine.filter((t) => t >= below && t <= above);
  if (inside.length <= 9) return { log: true, domain: [below, above], ticks: inside };
  const powers = inside.filter((t) => t.toExponential().startsWith('1e'));
  const every = Math.ceil(powers.length / 7);
  return { log: true, domain: [below, above], ticks: powers.filter((_, i) => i % every === 0) };
}

/** Floor of the decimal logarithm, exact at powers of ten. */
function decade(value: number): number {
  return Number(value.toExponential().split('e')[1]);
}

/** Whether a swept variable's values read better on a logarithmic axis: positive, and spread over a factor of eight. */
export function sweptOnLog(numbers: readonly number[]): boolean {
  return numbers.every((n) => n > 0) && Math.max(...numbers) / Math.min(...numbers) >= 8;
}

/** The title of an axis; one on a logarithmic scale says so. */
function axisTitle(title: string, log: boolean): string {
  if (!log) return title;
  return title.endsWith(')') ? `${title.slice(0, -1)}, log scale)` : `${title} (log scale)`;
}

/** The `title`, `scale` and `axis` entries of a Vega-Lite channel. */
export function axisChannel(scale: AxisScale, title: string, extra: { axis?: object; scale?: object } = {}): Record<string, unknown> {
  return {
    title: axisTitle(title, scale.log),
    scale: { type: scale.log ? 'log' : 'linear', domain: scale.domain, nice: false, ...(scale.log ? {} : { zero: false }), ...extra.scale },
    // Vega thins out given values to the tick count, so both are stated.
    axis: { values: scale.ticks, tickCount: scale.ticks.length, format: tickFormat(scale), ...extra.axis },
  };
}

/** d3 format of an axis that shows every tick fully and no more; log ticks differ in size, so each keeps its own digits. */
function tickFormat({ log, ticks }: AxisScale): string {
  return log ? exactFormat(ticks) : `,.${decimals(ticks)}f`;
}

/** d3 format that shows each of these numbers fully. The precision is stated because an axis makes one up from its step otherwise: 16 becomes 20. */
export function exactFormat(numbers: readonly number[]): string {
  return `,.${decimals(numbers)}~f`;
}

/** Digits after the point that the longest of the numbers needs; d3 takes at most 20. */
function decimals(numbers: readonly number[]): number {
  return Math.min(20, Math.max(0, ...numbers.map((n) => {
    const [digits, exponent = '0'] = String(n).split('e');
    return (digits.split('.')[1]?.length ?? 0) - Number(exponent);
  })));
}

/**
 * Vega-Lite transforms that bring the ends of intervals onto an axis: a logarithm has no place for zero and below, where Vega would draw the end at
 * the far side. They stand below the domain, and the clipping of the mark does the rest.
 */
export function endsOnScale(scale: AxisScale, ...fields: readonly string[]): object[] {
  return scale.log ? fields.map((field) => ({ calculate: `max(datum.${field}, ${scale.domain[0] / 2})`, as: field })) : [];
}
