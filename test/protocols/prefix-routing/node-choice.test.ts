import { describe, expect, it } from 'vitest';
import { chooseNode } from '../../../protocols/prefix-routing/node-choice.ts';
import type { Candidate, ChoiceRules } from '../../../protocols/prefix-routing/node-choice.ts';
import { RandomStream } from '../../../sim/kernel/random-stream.ts';

const RULES: ChoiceRules = { minGainTokens: 100, tieBreak: 'least-loaded', spill: undefined };
const at = (host: number, tokens: number, load = 0, latencyNs = 1000): Candidate => ({ host, tokens, load, latencyNs });
const choose = (candidates: readonly Candidate[], rules: Partial<ChoiceRules> = {}, isHome = true) =>
  chooseNode(candidates, isHome ? candidates[0] : undefined, { ...RULES, ...rules }, new RandomStream('test'));

describe('which node', () => {
  it('the longest match, where it gains enough over home', () => {
    expect(choose([at(0, 50), at(1, 149), at(2, 150)]).candidate.host).toBe(2);
    expect(choose([at(0, 50), at(1, 149)]).candidate.host).toBe(0);
  });

  it('of equal matches the least loaded, or the nearest', () => {
    const tied = [at(0, 0), at(1, 500, 4, 10), at(2, 500, 2, 90)];
    expect(choose(tied).candidate.host).toBe(2);
    expect(choose(tied, { tieBreak: 'nearest' }).candidate.host).toBe(1);
  });

  it('passes an overloaded node over for the next match, and says so', () => {
    const crowd = [at(0, 0), at(1, 900, 9), at(2, 400, 1)];
    expect(choose(crowd)).toMatchObject({ candidate: { host: 1 }, spilled: false });
    expect(choose(crowd, { spill: 9 })).toMatchObject({ candidate: { host: 1 }, spilled: false });
    expect(choose(crowd, { spill: 8 })).toMatchObject({ candidate: { host: 2 }, spilled: true });
  });

  it('leaves an overloaded home for the least loaded where no match is worth it', () => {
    expect(choose([at(0, 90, 9), at(1, 0, 3), at(2, 0, 1)], { spill: 4 })).toMatchObject({ candidate: { host: 2 }, spilled: true });
  });

  it('without a home, the least loaded where nothing is cached', () => {
    expect(choose([at(0, 0, 5), at(1, 99, 4), at(2, 0, 1)], {}, false).candidate.host).toBe(2);
    expect(choose([at(0, 0, 5), at(1, 100, 4), at(2, 0, 1)], {}, false).candidate.host).toBe(1);
  });
});
