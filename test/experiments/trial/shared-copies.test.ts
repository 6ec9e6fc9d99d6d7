/** Copies of hot chunks that other nodes find: by whom, at what cost, and what becomes of news that are old. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runTrial } from '../../../experiments/trial.ts';
import { CopyDirectory } from '../../../protocols/placement/copy-directory.ts';
import { trialConfig } from './trial-config.ts';

const CHUNK_BYTES = 512 * 512 * 1024;
const NODES = 6;
/** All want one of a few chunks, each on one node, over uplinks of 5 Gbps: owners are busy. */
const BUSY = {
  'measure.warmup': 0, 'measure.requests': 80, 'cluster.nodes': NODES, 'workload.rate': '6/s', 'workload.chunks': 12, 'workload.topK': 1, 'workload.outputTokens': 1, 'workload.zipf': 1.5,
  'placement.replicas': 1, 'placement.keys': 'chunk', 'placement.hotAfter': 2, 'network.up': '5Gbps',
};

function run(settings: Readonly<Record<string, string | number>>): Readonly<Record<string, number>> {
  return runTrial(trialConfig({ ...BUSY, ...settings }), { index: 0, cell: {}, system: 'p2p', seed: '1' }).metrics;
}

describe('copies that others find', () => {
  const alone = run({});
  const shared = run({ 'placement.copyLease': '60s' });

  it('take load off the busiest uplink, and time off the mean TTFT', () => {
    expect(shared['bytesFromCopies']).toBeGreaterThan(0);
    expect(shared['segmentsRedirected']).toBeGreaterThan(0);
    expect(shared['linkUpUtilisationMax']).toBeLessThan(alone['linkUpUtilisationMax']);
    expect(shared['ttftMeanMs']).toBeLessThan(alone['ttftMeanMs']);
  });

  it('cost messages, and no bytes of KV: what is fetched and kept is the same', () => {
    // Control messages cross the downlinks too; they are counted in kilobytes.
    expect(Math.round(shared['bytesFetched'] / CHUNK_BYTES)).toBe(Math.round(alone['bytesFetched'] / CHUNK_BYTES));
    expect(shared['bytesHotCopies']).toBe(alone['bytesHotCopies']);
    expect(shared['bytesCopyMessages']).toBeGreaterThan(0);
    expect(alone).not.toHaveProperty('bytesCopyMessages');
    expect(shared['hitRate']).toBe(1);
  });

  it('are told again at half of the lease: four times the messages of a lease four times as long', () => {
    const quiet = { 'workload.rate': '0.5/s', 'measure.requests': 100 };
    const often = run({ ...quiet, 'placement.copyLease': '10s' })['bytesCopyMessages'];
    const seldom = run({ ...quiet, 'placement.copyLease': '40s' })['bytesCopyMessages'];
    // Beside the rounds each copy is told once at first, which is the same in both.
    expect(often / seldom).toBeGreaterThan(2.5);
    expect(often / seldom).toBeLessThan(4);
  });

  it('that have gone are found out, told of and had elsewhere: stores so small that copies leave again', () => {
    const small = run({ 'cluster.memory': '1GiB', 'cluster.ssd.capacity': '0B', 'placement.copyLease': '600s', 'placement.hotAfter': 1, 'measure.requests': 200 });
    expect(small['staleRedirects']).toBeGreaterThan(0);
    expect(small['staleRedirects']).toBeLessThan(small['segmentsRedirected']);
    expect(small['requestsCompleted']).toBe(200);
  });

  it('on nodes that crash are given up for the replica', () => {
    const crashed = run({ 'placement.copyLease': '60s', faults: '[{at: 6s, crash: [1, 2]}]', 'placement.replicas': 3, 'fetch.timeout': '200ms', 'placement.hotAfter': 1 });
    expect(crashed['requestsCompleted']).toBe(80);
    expect(crashed['hitRate']).toBeGreaterThan(0.95);
  });
});

describe('the directory of a replica holder', () => {
  it('names who told it, until the time told, and not the asker: against a plain list of news', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('tell' as const), segment: fc.nat(2), host: fc.nat(4), forNs: fc.integer({ min: 1, max: 20 }) }),
      fc.record({ kind: fc.constant('drop' as const), segment: fc.nat(2), host: fc.nat(4) }),
      fc.record({ kind: fc.constant('ask' as const), segment: fc.nat(2), host: fc.nat(4) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const directory = new CopyDirectory();
        let news: { segment: number; host: number; endNs: number }[] = [];
        steps.forEach((each, now) => {
          const about = (other: { segment: number; host: number }): boolean => other.segment === each.segment && other.host === each.host;
          if (each.kind === 'tell') {
            directory.tell(each.segment, each.host, now + each.forNs);
            news = [...news.filter((other) => !about(other)), { segment: each.segment, host: each.host, endNs: now + each.forNs }];
          } else if (each.kind === 'drop') {
            directory.drop(each.segment, each.host);
            news = news.filter((other) => !about(other));
          } else {
            const known = news.filter(({ segment, host, endNs }) => segment === each.segment && host !== each.host && endNs > now).map(({ host }) => host);
            expect(directory.holders(each.segment, each.host, now).sort()).toEqual(known.sort());
          }
        });
      }),
      { seed: 4, numRuns: 300 },
    );
  });
});
