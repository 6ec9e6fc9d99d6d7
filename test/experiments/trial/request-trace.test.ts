import { describe, expect, it } from 'vitest';
import { executeTrial } from '../../../experiments/engines/execute-trial.ts';
import { planTrials } from '../../../experiments/plan.ts';
import * as simulation from '../../../experiments/trial.ts';
import { decodeQueries } from '../../../experiments/writer/query-file.ts';
import { study } from '../config/study-source.ts';

interface TraceEvent {
  readonly ph: string;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly name: string;
  readonly id?: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

function traced(system: string): { events: TraceEvent[]; ttftNs: Float64Array; digests: string[] } {
  const [{ key, config }] = planTrials(study(`name: a\nseeds: 1\nsystems: [${system}]\nmeasure: {warmup: 0, requests: 30}\ncluster: {nodes: 5}\nworkload: {chunks: 60, rate: 20/s, topK: 3, outputTokens: 4}`));
  const plain = executeTrial(simulation, { key, config });
  const run = executeTrial(simulation, { key, config, trace: true });
  const { traceEvents } = JSON.parse(run.trace!) as { traceEvents: TraceEvent[] };
  return { events: traceEvents, ttftNs: decodeQueries(run.queries!)!['ttftNs'] as Float64Array, digests: [plain.outcome.digest, run.outcome.digest] };
}

describe.each(['p2p', 'no-reuse', 'central-memory'])('a trace of %s', (system) => {
  const { events, ttftNs, digests } = traced(system);
  const rows = new Map(events.filter(({ ph, name }) => ph === 'M' && name === 'thread_name').map(({ tid, args }) => [tid, String(args!['name'])]));
  const isRequestTrack = (tid: number): boolean => /^node-\d+\.requests(\.\d+)?$/.test(rows.get(tid) ?? '');

  it('changes nothing', () => {
    expect(digests[1]).toBe(digests[0]);
  });

  it('has each request once on a track of its node, with parts that add up to its time to first token', () => {
    const slices = events.filter(({ ph, tid }) => ph === 'X' && isRequestTrack(tid));
    const requests = slices.filter(({ name }) => name.startsWith('request '));
    expect(requests).toHaveLength(30);
    for (const request of requests) {
      const inside = slices.filter((slice) => slice.tid === request.tid && slice !== request && slice.ts >= request.ts && slice.ts + slice.dur! <= request.ts + request.dur! + 1e-6);
      const parts = inside.filter(({ name }) => name !== 'decode');
      const ttft = parts.reduce((sum, part) => sum + part.dur!, 0);
      expect(ttft * 1000).toBeCloseTo(ttftNs[Number(request.name.slice('request '.length))], 0);
      expect(ttft + inside.find(({ name }) => name === 'decode')!.dur!).toBeCloseTo(request.dur!, 3);
    }
  });

  it('follows each request from the front end to its node and into the engine step of its first token', () => {
    const starts = events.filter(({ ph, name }) => ph === 's' && name.startsWith('request '));
    const ends = new Map(events.filter(({ ph }) => ph === 'f').map((event) => [event.id, event]));
    expect(starts).toHaveLength(60);
    const kind = (tid: number): string => (rows.get(tid) === 'front-end' || rows.get(tid)!.startsWith('front-end (') ? 'front end' : isRequestTrack(tid) ? 'requests' : 'engine');
    const ways = starts.map((start) => `${kind(start.tid)} → ${kind(ends.get(start.id)!.tid)}`);
    expect(ways.filter((way) => way === 'front end → requests')).toHaveLength(30);
    expect(ways.filter((way) => way === 'requests → engine')).toHaveLength(30);
    for (const start of starts) expect(ends.get(start.id)!.ts).toBeGreaterThanOrEqual(start.ts);
  });

  it('counts what links, drives and GPUs of each node do between two moments, and its queue', () => {
    const of = (name: string): { ts: number; value: number }[] => events.filter((event) => event.ph === 'C' && event.name === name).map(({ ts, args }) => ({ ts, value: Number(args!['value']) }));
    for (let node = 0; node < 5; node++) {
      for (const name of ['GPU busy (%)', 'NIC up (%)', 'NIC down (%)', 'queue']) {
        const values = of(`node-${node} ${name}`);
        expect(values.length).toBeGreaterThan(5);
        for (const { value } of values) expect(value).toBeGreaterThanOrEqual(0);
        if (name !== 'queue') for (const { value } of values) expect(value).toBeLessThanOrEqual(100.1);
      }
    }
    // Whatever one node has received, another has sent.
    const carried = (name: string, nodes: readonly string[]): number =>
      nodes.reduce((sum, node) => {
        const values = of(`${node} ${name}`);
        return sum + values.slice(0, -1).reduce((area, { ts, value }, i) => area + value * (values[i + 1].ts - ts), 0);
      }, 0);
    const nodes = [0, 1, 2, 3, 4].map((node) => `node-${node}`);
    if (system === 'p2p') expect(carried('NIC down (%)', nodes) / carried('NIC up (%)', nodes)).toBeCloseTo(1, 1);
    if (system === 'central-memory') expect(carried('NIC up (%)', ['central store'])).toBeGreaterThan(10 * carried('NIC up (%)', nodes));
    expect(events.some(({ ph, name }) => ph === 'C' && name === 'node-0 disk reads (%)')).toBe(system === 'p2p');
  });

  it('counts the requests in flight, back to none', () => {
    const counts = events.filter(({ ph, name }) => ph === 'C' && name === 'cluster requests in flight').map(({ args }) => Number(args!['value']));
    expect(counts).toHaveLength(60);
    expect(Math.min(...counts)).toBe(0);
    expect(counts.at(-1)).toBe(0);
  });
});
