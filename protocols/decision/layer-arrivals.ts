/**
 * When the layers of a request's KV arrive, and when the computation behind them may begin and can end at the earliest.
 *
 * A layer of the question's computation needs the KV of that layer alone. With `p` the time of one of `L` layers, and a segment whose first layer is `l` landing at
 * `a`, layers from l on run after it, so that the first token comes no sooner than a + (L − l)·p, for every segment. A computation that starts at
 * max(a − l·p) meets that bound without ever waiting in the GPU; it is when the engine is told to begin.
 */
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { ActivityIndex } from '../../sim/serving/attribution.ts';

export interface LayerSegment {
  readonly firstLayer: number;
  readonly sizeBytes: number;
  /** When it landed in GPU memory, and by which activity; undefined where it is on its way. */
  readonly landed: { readonly ns: Nanoseconds; readonly activity: ActivityIndex } | undefined;
}

/** The earliest end of the computation, all segments having landed, and the arrival that decides it. */
export function earliestEnd(segments: readonly LayerSegment[], layers: number, layerNs: number): { readonly ns: Nanoseconds; readonly activity: ActivityIndex } | undefined {
  let bound: { ns: Nanoseconds; activity: ActivityIndex } | undefined;
  for (const { firstLayer, landed } of segments) {
    if (landed === undefined) throw new Error('a layer has not landed');
    const ns = Math.round(landed.ns + (layers - firstLayer) * layerNs);
    if (bound === undefined || ns > bound.ns) bound = { ns, activity: landed.activity };
  }
  return bound;
}

/** The latest start that is not expected to cost anything, where what has not landed comes in the order of layers at this pace. */
export function latestStart(segments: readonly LayerSegment[], nowNs: Nanoseconds, bytesPerNs: number, layerNs: number): Nanoseconds {
  const left = segments.filter(({ landed }) => landed === undefined).sort((a, b) => a.firstLayer - b.firstLayer);
  let startNs = 0;
  let bytes = 0;
  for (const { firstLayer, sizeBytes } of left) {
    bytes += sizeBytes;
    startNs = Math.max(startNs, nowNs + bytes / bytesPerNs - firstLayer * layerNs);
  }
  return Math.ceil(startNs);
}
