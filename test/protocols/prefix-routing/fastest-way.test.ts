import { describe, expect, it } from 'vitest';
import { fastestWay } from '../../../protocols/prefix-routing/fastest-way.ts';
import type { Place } from '../../../protocols/prefix-routing/fastest-way.ts';

/** A prompt of 1000 tokens, 10 ns each to compute; fetching costs what the test says. */
const costs = (fetchNsPerToken: number) => ({ prefillNs: (cached: number) => 10 * (1000 - cached), fetchNs: (_host: number, tokens: number) => fetchNsPerToken * tokens });
const home: Place = { host: 0, tokens: 100, waitNs: 0, latencyNs: 0 };
const peer = (tokens: number, waitNs: number, latencyNs: number): Place => ({ host: 1, tokens, waitNs, latencyNs });

describe('the fastest way', () => {
  it('to an idle peer near by', () => {
    expect(fastestWay(home, [peer(900, 0, 50)], costs(9), 1)).toMatchObject({ kind: 'route' });
  });

  it('fetches from a peer that is busy, if that is faster than to compute', () => {
    // Route 50 + 9000 + 1000; fetch 800 · 9 + 1000 = 8200; here 9000.
    expect(fastestWay(home, [peer(900, 9000, 50)], costs(9), 1)).toMatchObject({ kind: 'fetch' });
    expect(fastestWay(home, [peer(900, 9000, 50)], costs(11), 1)).toMatchObject({ kind: 'here' });
  });

  it('hides a fetch behind the wait at home', () => {
    // Here 20 000 + 9000; fetch max(20 000, 16 000) + 1000; route 50 + 21 000 + 1000.
    expect(fastestWay({ ...home, waitNs: 20_000 }, [peer(900, 21_000, 50)], costs(20), 1)).toMatchObject({ kind: 'fetch' });
  });

  it('does not move for less than the least gain', () => {
    expect(fastestWay(home, [peer(200, 0, 0)], costs(0), 101)).toMatchObject({ kind: 'here' });
    expect(fastestWay(home, [peer(200, 0, 0)], costs(0), 100)).toMatchObject({ kind: 'route' });
  });
});
