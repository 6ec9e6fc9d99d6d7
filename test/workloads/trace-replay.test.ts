import { describe, expect, it } from 'vitest';
import { SECOND } from '../../sim/kernel/time.ts';
import { TraceReplay } from '../../workloads/trace-replay.ts';
import type { TraceReplayOptions } from '../../workloads/trace-replay.ts';
import type { TraceRecord } from '../../workloads/traces/trace-record.ts';

const records: readonly TraceRecord[] = [
  { arrivalNs: 10 * SECOND, inputTokens: 1100, outputTokens: 5, blocks: [0, 1, 2], session: 3, tenant: 1 },
  { arrivalNs: 14 * SECOND, inputTokens: 1100, outputTokens: 0, blocks: [0, 1] },
  { arrivalNs: 12 * SECOND, inputTokens: 300, outputTokens: 7 },
  { arrivalNs: 20 * SECOND, inputTokens: 1024, outputTokens: 1, blocks: [0, 3] },
];

const replay = (options: Partial<TraceReplayOptions> = {}): TraceReplay => new TraceReplay({ name: 'trace', open: () => records, ...options });

describe('trace replay', () => {
  it('turns records into requests: time from the first one, units by blocks, the last block by its own tokens', () => {
    expect([...replay().requests()]).toEqual([
      { id: 0, arrivalNs: 0, units: [{ id: 0, tokens: 512 }, { id: 1, tokens: 512 }, { id: 2, tokens: 76 }], reuse: 'prefix', suffixTokens: 0, outputTokens: 5, session: 3, tenant: 1 },
      { id: 1, arrivalNs: 2 * SECOND, units: [], reuse: 'prefix', suffixTokens: 300, outputTokens: 7 },
      { id: 2, arrivalNs: 4 * SECOND, units: [{ id: 0, tokens: 512 }, { id: 1, tokens: 512 }], reuse: 'prefix', suffixTokens: 76, outputTokens: 1 },
      { id: 3, arrivalNs: 10 * SECOND, units: [{ id: 0, tokens: 512 }, { id: 3, tokens: 512 }], reuse: 'prefix', suffixTokens: 0, outputTokens: 1 },
    ]);
  });

  it('can be read twice, faster, and through a window whose start becomes 0', () => {
    const part = replay({ fromNs: 2 * SECOND, toNs: 10 * SECOND, rateScale: 4, reuse: 'chunk' });
    const expected = [[0, 0], [1, SECOND / 2]];
    for (let time = 0; time < 2; time++) expect([...part.requests()].map(({ id, arrivalNs }) => [id, arrivalNs])).toEqual(expected);
    expect([...part.requests()][1].reuse).toBe('chunk');
  });

  it('stops at its limit without reading on', () => {
    let read = 0;
    const counting = function* (): Generator<TraceRecord> {
      for (;;) {
        read++;
        yield { arrivalNs: read, inputTokens: 1, outputTokens: 1 };
      }
    };
    expect([...replay({ open: counting, limit: 5, reorderWindow: 3 }).requests()]).toHaveLength(5);
    expect(read).toBe(8);
    expect([...replay({ open: counting, limit: 0 }).requests()]).toHaveLength(0);
    expect(read).toBe(8);
  });

  it('of an empty trace, or of a window with nothing in it, is empty', () => {
    expect([...replay({ open: () => [] }).requests()]).toEqual([]);
    expect([...replay({ fromNs: 1000 * SECOND }).requests()]).toEqual([]);
  });

  it.each<[Partial<TraceReplayOptions>, string]>([
    [{ blockTokens: 0 }, 'block tokens is 0'],
    [{ rateScale: 0 }, 'rate scale is 0'],
    [{ fromNs: -1 }, 'window from -1'],
    [{ fromNs: 5, toNs: 5 }, 'window to 5 ns: expected more than its start, 5 ns'],
    [{ limit: -1 }, 'request limit is -1'],
  ])('refuses %j', (options, message) => {
    expect(() => replay(options)).toThrow(message);
  });
});
