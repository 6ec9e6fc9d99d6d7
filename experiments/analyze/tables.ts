/** The analysis in tables: the unbounded cache, hits by size of cache, hits by number of nodes. */
import { tokenHitRate, unitHitRate } from '../../workloads/analysis/leading-hits.ts';
import type { TraceAnalysis } from '../../workloads/analysis/trace-analysis.ts';
import { bytesText, countText, percentText, tokensText } from './number-text.ts';
import { bar, textTable } from './table.ts';
import type { Setting } from './words.ts';

const BAR_WIDTH = 30;
const MOST_SIZES = 12;

/** Empty where nothing repeats. */
export function cacheTable(analysis: TraceAnalysis, { kvBytesPerToken, model }: Setting): string[] {
  const whole = analysis.missRatioCurve;
  const best = 1 - (whole.at(-1)?.missRatio ?? 1);
  // Sizes that hit next to nothing say nothing.
  const curve = whole.filter(({ missRatio }) => 1 - missRatio >= 0.02 * best);
  if (best <= 0 || curve.length === 0) return [];
  const step = Math.max(1, Math.ceil((curve.length - 1) / (MOST_SIZES - 1)));
  const shown = curve.filter((_, index) => (curve.length - 1 - index) % step === 0);
  return textTable(
    ['LRU cache', `KV of ${model}`, 'tokens hit', ''],
    shown.map(({ capacityTokens, missRatio }) => [`${tokensText(capacityTokens)} tokens`, bytesText(capacityTokens * kvBytesPerToken), percentText(1 - missRatio), bar(1 - missRatio, BAR_WIDTH).padEnd(BAR_WIDTH)]),
  );
}

export function nodeTable(analysis: TraceAnalysis): string[] {
  if (analysis.nodes.length === 0 || analysis.reuse === 'none') return [];
  const sessions = analysis.nodes.some(({ bySession }) => bySession !== undefined);
  return textTable(
    ['nodes', 'own caches, in turn', ...(sessions ? ['own caches, by session'] : []), 'shared cache'],
    analysis.nodes.map(({ nodes, independent, bySession, shared }) => [
      countText(nodes),
      percentText(tokenHitRate(independent)),
      ...(sessions ? [bySession === undefined ? '' : percentText(tokenHitRate(bySession))] : []),
      percentText(tokenHitRate(shared)),
    ]),
  );
}

export function unboundedTable(analysis: TraceAnalysis): string[] {
  if (analysis.reuse === 'none') return [];
  return textTable(
    ['unbounded cache', analysis.reuse === 'chunk' ? 'chunks hit' : 'blocks hit', 'tokens hit'],
    analysis.unbounded.map(({ usableAfterSeconds, counts }) => [
      usableAfterSeconds === 0 ? 'usable at once' : `usable ${usableAfterSeconds} s later`,
      percentText(unitHitRate(counts), 2),
      percentText(tokenHitRate(counts), 2),
    ]),
  );
}
