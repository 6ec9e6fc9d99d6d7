/** Requests in a trace: each on the track of its node, from arrival to last token, with the parts of its time to first token inside. */
import type { RequestState } from '../../protocols/systems/request-state.ts';
import type { TraceSink } from '../../sim/kernel/trace.ts';
import type { HostId } from '../../sim/network/topology.ts';
import { Kind, newAttribution } from '../../sim/serving/attribution.ts';
import type { Request } from '../../sim/serving/request.ts';
import { ATTRIBUTION_PARTS } from '../results/query-columns.ts';

/** Most requests of a trial that are traced; of more, evenly spaced ones. */
const MOST_REQUESTS = 2000;
const FRONT_END = 'front-end';

export class RequestTrace {
  readonly #trace: TraceSink;
  /** Every how manieth request is traced. */
  readonly #every: number;
  readonly #attribution = newAttribution();
  /** What is drawn on each track of a node. */
  readonly #drawn = new Map<HostId, { readonly startNs: number; readonly endNs: number }[][]>();
  #inFlight = 0;

  /** @param requests how many the trial runs */
  constructor(trace: TraceSink, requests: number) {
    this.#trace = trace;
    this.#every = Math.max(1, Math.ceil(requests / MOST_REQUESTS));
  }

  /** A request has arrived. */
  started(request: Request): void {
    this.#count(1, request.arrivalNs);
  }

  /** A request has ended; it is drawn if it was served and is one of the sample. */
  ended(request: Request, state: RequestState | undefined, nowNs: number): void {
    this.#count(-1, nowNs);
    if (state === undefined || state.sequence.firstTokenNs < 0 || request.id % this.#every !== 0) return;
    const { sequence, node, outcomes } = state;
    const { arrivalNs } = request;
    const track = this.#trackOf(node.host, arrivalNs, sequence.finishedNs);
    const name = `request ${request.id}`;
    const count = (wanted: string): number => outcomes.filter((outcome) => outcome === wanted).length;
    this.#trace.complete(track, name, arrivalNs, sequence.finishedNs - arrivalNs, {
      promptTokens: sequence.promptTokens, outputTokens: sequence.outputTokens, local: count('local'), remote: count('remote'), missed: count('missed'),
    });
    const { parts } = state.activities.attribute(state.lastActivity, this.#attribution);
    let at = arrivalNs;
    for (const part of ATTRIBUTION_PARTS) {
      const ns = parts[Kind[part]];
      if (ns === 0) continue;
      this.#trace.complete(track, part, at, ns);
      at += ns;
    }
    this.#trace.complete(track, 'decode', at, sequence.finishedNs - at);
    const routedNs = arrivalNs + parts[Kind.routing];
    this.#trace.complete(FRONT_END, name, arrivalNs, parts[Kind.routing]);
    this.#trace.flow(name, FRONT_END, arrivalNs, track, routedNs);
    // Into the engine step that ends with its first token.
    const prefilledNs = Math.max(sequence.firstTokenNs - 1, arrivalNs);
    this.#trace.flow(name, track, prefilledNs, `node-${node.host}`, prefilledNs);
  }

  /**
   * A track of the node on which no other request is drawn at that time: slices of requests that overlap must not nest in each other.
   * Requests come in the order of their ends, so a gap may be free before what a track ends with.
   */
  #trackOf(host: HostId, startNs: number, endNs: number): string {
    const tracks = this.#drawn.get(host) ?? [];
    this.#drawn.set(host, tracks);
    let free = tracks.findIndex((drawn) => drawn.every((other) => other.endNs <= startNs || other.startNs >= endNs));
    if (free < 0) free = tracks.push([]) - 1;
    tracks[free].push({ startNs, endNs });
    return `node-${host}.requests${free === 0 ? '' : `.${free + 1}`}`;
  }

  #count(change: number, nowNs: number): void {
    this.#inFlight += change;
    this.#trace.counter('cluster', 'requests in flight', nowNs, this.#inFlight);
  }
}
