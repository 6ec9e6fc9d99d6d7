/** One row a measured query, column by column, as `results/query-columns.ts` defines them. */
import { Kind, newAttribution } from '../../sim/serving/attribution.ts';
import type { RequestState } from '../../protocols/systems/request-state.ts';
import { ATTRIBUTION_PARTS, HIDDEN_PARTS, QUERY_COLUMNS } from '../results/query-columns.ts';
import type { QueryColumn, QueryTable } from '../results/trial-result.ts';
import type { OutcomeCounts } from './outcome-counts.ts';

export class QueryRecorder {
  readonly #columns = new Map<string, number[]>(QUERY_COLUMNS.map(({ name }) => [name, []]));
  readonly #attribution = newAttribution();
  readonly #parts = ATTRIBUTION_PARTS.map((kind) => ({ position: Kind[kind], values: this.#columns.get(`${kind}Ns`)! }));
  readonly #hidden = HIDDEN_PARTS.map((kind) => ({ position: Kind[kind], values: this.#columns.get(`hidden${kind[0].toUpperCase()}${kind.slice(1)}Ns`)! }));
  #rows = 0;

  get rows(): number {
    return this.#rows;
  }

  /** Values of one column so far. */
  column(name: string): readonly number[] {
    return this.#columns.get(name)!;
  }

  add(state: RequestState, { local, remote, missed }: OutcomeCounts): void {
    this.#rows++;
    const set = (name: string, value: number): void => {
      this.#columns.get(name)!.push(value);
    };
    const { request, sequence, node } = state;
    set('request', request.id);
    set('node', node.host);
    set('arrivalNs', request.arrivalNs);
    set('ttftNs', sequence.firstTokenNs - request.arrivalNs);
    set('e2eNs', sequence.finishedNs - request.arrivalNs);
    set('outputTokens', sequence.outputTokens);
    set('promptTokens', sequence.promptTokens);
    set('unitsLocal', local);
    set('unitsRemote', remote);
    set('unitsMissed', missed);
    let bytesFetched = 0;
    let sources = 0;
    let hops = 0;
    for (const { cost } of state.jobs) {
      bytesFetched += cost.bytesFetched;
      sources = Math.max(sources, cost.sourcesAtOnce);
      hops += cost.hops;
    }
    set('bytesFetched', bytesFetched);
    set('sources', sources);
    set('hops', hops);
    set('waitNs', state.headNs - sequence.enqueuedNs);
    set('predictedWaitNs', state.predictedWaitNs);
    set('bytesPrefetched', state.prefetchedBytes);
    const { parts, hidden } = state.activities.attribute(state.lastActivity, this.#attribution);
    for (const { position, values } of this.#parts) values.push(parts[position]);
    for (const { position, values } of this.#hidden) values.push(hidden[position]);
  }

  /** The rows in order of request id, so that the table does not depend on the order in which requests end. */
  table(): QueryTable {
    const ids = this.column('request');
    const order = Array.from(ids.keys()).sort((a, b) => ids[a] - ids[b]);
    return Object.fromEntries(
      QUERY_COLUMNS.map(({ name, type }): [string, QueryColumn] => {
        const column = this.column(name);
        const ordered = type === 'int32' ? new Int32Array(order.length) : new Float64Array(order.length);
        for (let row = 0; row < order.length; row++) ordered[row] = column[order[row]];
        return [name, ordered];
      }),
    );
  }
}
