import { describe, expect, it } from 'vitest';
import { RandomStreams } from '../../../sim/kernel/random-streams.ts';
import { MILLISECOND, SECOND } from '../../../sim/kernel/time.ts';
import type { Request } from '../../../sim/serving/request.ts';
import { tokenHitRate, unitHitRate } from '../../../workloads/analysis/leading-hits.ts';
import { analyseTrace } from '../../../workloads/analysis/trace-analysis.ts';
import type { TraceAnalysis } from '../../../workloads/analysis/trace-analysis.ts';
import { PoissonArrivals } from '../../../workloads/arrivals/poisson.ts';
import { OpenLoopWorkload } from '../../../workloads/open-loop.ts';
import type { PromptSource } from '../../../workloads/prompt-source.ts';
import { RagPrompts } from '../../../workloads/rag.ts';
import { SharedPrefixPrompts } from '../../../workloads/shared-prefix.ts';
import type { SharedPrefixOptions } from '../../../workloads/shared-prefix.ts';
import type { LongBenchItem } from '../../../workloads/corpora/longbench.ts';
import { MS_MARCO_LIKE, NQ_LIKE } from '../../../workloads/trace-generators/corpus-presets.ts';
import { GENERATED_TRACES, generatedTrace } from '../../../workloads/trace-generators/generated-trace.ts';
import { AZURE_CODE_LIKE, lengthsOnlyRecords } from '../../../workloads/trace-generators/lengths-only.ts';
import { longBenchPrompts, longContextPrompts } from '../../../workloads/trace-generators/long-context.ts';
import { MMLU_SUBJECTS, mmluLikePrompts, mmluPrompts } from '../../../workloads/trace-generators/mmlu-like.ts';
import { mooncakeLikeRecords } from '../../../workloads/trace-generators/mooncake-like.ts';
import { TraceReplay } from '../../../workloads/trace-replay.ts';
import { formatMooncake, mooncakeRecords } from '../../../workloads/traces/mooncake.ts';

function generated(name: string, requests: number, seed = 1): TraceAnalysis {
  return analyseTrace(new TraceReplay({ name, open: () => generatedTrace(name, new RandomStreams(seed), requests) }).requests(), { nodeCounts: [] });
}

function asked(prompts: PromptSource, limit: number, seed = 1): Request[] {
  return [...new OpenLoopWorkload({ prompts, arrivals: new PoissonArrivals(5), limit }).requests(new RandomStreams(seed))];
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Half-widths: sessions are few and long, so runs of 12 000 requests differ among seeds by 4 % in length and 1 point in hits. */
describe('generated:mooncake', () => {
  const analysis = generated('mooncake', 12_000);

  it('has the lengths that docs/models/workloads.md states', () => {
    expect(Math.abs(analysis.inputTokens.mean / 15_700 - 1)).toBeLessThan(0.08);
    expect(Math.abs(analysis.outputTokens.mean / 149 - 1)).toBeLessThan(0.05);
    expect(analysis.inputTokens.p50).toBeLessThan(0.8 * analysis.inputTokens.mean);
    expect(analysis.inputTokens.max).toBeLessThanOrEqual(200_000);
    // Sessions build up over the first minutes, so the mean rate is a little under 3.9.
    expect(analysis.arrivals.ratePerSecond).toBeGreaterThan(3.5);
    expect(analysis.arrivals.ratePerSecond).toBeLessThan(4.1);
  });

  it('has the hits that it states, and nearly keeps them with blocks usable 5 s later', () => {
    const [atOnce, later] = analysis.unbounded.map(({ counts }) => unitHitRate(counts));
    expect(Math.abs(atOnce - 0.661)).toBeLessThan(0.03);
    expect(atOnce - later).toBeLessThan(0.005);
    expect(later).toBeLessThanOrEqual(atOnce);
  });

  it('is closed under prefixes: a block always follows the same one', () => {
    const parent = new Map<number, number>();
    for (const { blocks, inputTokens } of mooncakeLikeRecords(new RandomStreams(3), { requests: 2000 })) {
      expect(blocks).toHaveLength(Math.ceil(inputTokens / 512));
      blocks!.forEach((block, index) => {
        const before = index === 0 ? -1 : blocks![index - 1];
        expect(parent.get(block) ?? before).toBe(before);
        parent.set(block, before);
      });
    }
  });

  it('each turn of a session begins with the full blocks of the one before, and is longer', () => {
    const last = new Map<number, { blocks: readonly number[]; inputTokens: number; outputTokens: number }>();
    let followUps = 0;
    for (const { session, blocks, inputTokens, outputTokens } of mooncakeLikeRecords(new RandomStreams(2), { requests: 3000 })) {
      const before = last.get(session!);
      if (before !== undefined) {
        followUps++;
        expect(inputTokens).toBeGreaterThan(before.inputTokens + before.outputTokens);
        const full = Math.floor(before.inputTokens / 512);
        expect(blocks!.slice(0, full)).toEqual(before.blocks.slice(0, full));
      }
      last.set(session!, { blocks: blocks!, inputTokens, outputTokens });
    }
    // 2.6 turns a session: 1.6 of 2.6 requests follow up, less those still to come at the end.
    expect(followUps / 3000).toBeGreaterThan(0.52);
    expect(followUps / 3000).toBeLessThan(0.64);
  });

  it('written to a file and read back is the same trace', () => {
    const records = [...mooncakeLikeRecords(new RandomStreams(1), { requests: 500, tenants: 3 })];
    expect(records.every(({ arrivalNs }) => arrivalNs % MILLISECOND === 0)).toBe(true);
    const read = [...mooncakeRecords(records.map(formatMooncake), { file: 'f' })];
    const hits = (list: typeof records): unknown => analyseTrace(new TraceReplay({ name: 'f', open: () => list }).requests(), { nodeCounts: [] }).unbounded;
    expect(read.map(({ arrivalNs, inputTokens, outputTokens }) => [arrivalNs, inputTokens, outputTokens])).toEqual(records.map(({ arrivalNs, inputTokens, outputTokens }) => [arrivalNs, inputTokens, outputTokens]));
    expect(hits(read)).toEqual(hits(records));
    expect(new Set(records.map(({ tenant }) => tenant))).toEqual(new Set([0, 1, 2]));
  });

  it('without system prompts, documents and follow-ups repeats nothing', () => {
    const options = { requests: 300, systemPrompts: { count: 0, zipf: 0, tokens: 1 }, documents: { count: 0, zipf: 0, tokens: 1, share: 0 }, sessions: { meanTurns: 1, thinkTimeNs: 0 } };
    const all = [...mooncakeLikeRecords(new RandomStreams(1), options)].flatMap(({ blocks }) => blocks!);
    expect(new Set(all).size).toBe(all.length);
  });

  it('should not change: golden vector of seed 1', () => {
    const golden = [...mooncakeLikeRecords(new RandomStreams(1), { requests: 4 })].map(({ arrivalNs, inputTokens, outputTokens, blocks }) => [arrivalNs / MILLISECOND, inputTokens, outputTokens, blocks![0], blocks!.at(-1)].join(' '));
    expect(golden).toMatchInlineSnapshot(`
      [
        "189 10810 42 0 21",
        "1485 6898 339 22 35",
        "3134 45186 562 22 122",
        "4964 1931 405 22 124",
      ]
    `);
  });

  it('refuses what cannot be', () => {
    expect(() => [...mooncakeLikeRecords(new RandomStreams(1), { requests: -1 })]).toThrow('requests is -1');
    expect(() => [...mooncakeLikeRecords(new RandomStreams(1), { requests: 1, documents: { count: 1, zipf: 0, tokens: 1, share: 2 } })]).toThrow('documents.share is 2');
    expect([...mooncakeLikeRecords(new RandomStreams(1), { requests: 0 })]).toEqual([]);
  });
});

describe('traces of lengths alone', () => {
  // Means of 12 000: variation 2.1 ÷ √12 000 = 1.9 % for the outputs of azure-code; three of those.
  it.each([
    ['azure-code', 2048, 28, 2.57, 4],
    ['azure-conversation', 1221, 199, 5.4, 1.2],
    ['burstgpt', 617, 248, 1, 3],
  ])('generated:%s has means of %d in and %d out, %d requests a second, gaps that vary %d times their mean', (name, input, output, rate, variation) => {
    const analysis = generated(name, 12_000);
    expect(Math.abs(analysis.inputTokens.mean / input - 1)).toBeLessThan(0.05);
    expect(Math.abs(analysis.outputTokens.mean / output - 1)).toBeLessThan(0.06);
    // Gaps: variation ÷ √12 000, at most 3.7 %; three of those.
    expect(Math.abs(analysis.arrivals.ratePerSecond / rate - 1)).toBeLessThan(0.11);
    expect(Math.abs(analysis.arrivals.gapVariation / variation - 1)).toBeLessThan(0.15);
    expect(analysis.reuse).toBe('none');
  });

  it('have medians near those of Splitwise §III: code 1 500 and 13, conversation 1 020 and 129', () => {
    const code = generated('azure-code', 12_000);
    const conversation = generated('azure-conversation', 12_000);
    expect(Math.abs(code.inputTokens.p50 / 1500 - 1)).toBeLessThan(0.1);
    expect(Math.abs(code.outputTokens.p50 / 13 - 1)).toBeLessThan(0.12);
    expect(Math.abs(conversation.inputTokens.p50 / 1020 - 1)).toBeLessThan(0.03);
    expect(Math.abs(conversation.outputTokens.p50 / 129 - 1)).toBeLessThan(0.04);
  });

  it('lengths do not depend on arrivals', () => {
    const lengths = (rate: number): unknown => [...lengthsOnlyRecords(new RandomStreams(1), AZURE_CODE_LIKE, { requests: 50, arrivals: new PoissonArrivals(rate) })].map(({ inputTokens, outputTokens }) => [inputTokens, outputTokens]);
    expect(lengths(1)).toEqual(lengths(50));
  });

  it('are found by name, with the nearest suggested', () => {
    for (const name of GENERATED_TRACES) expect([...generatedTrace(`generated:${name}`, new RandomStreams(1), 2)]).toHaveLength(2);
    expect(() => generatedTrace('generated:burstgtp', new RandomStreams(1), 1)).toThrow('generated trace "burstgtp": expected one of mooncake, azure-code, azure-conversation, burstgpt; did you mean "burstgpt"?');
    expect(() => generatedTrace('__proto__', new RandomStreams(1), 1)).toThrow(RangeError);
  });
});

describe('MMLU', () => {
  it('has 57 subjects, each with a prefix of its own in blocks of 16, uniformly asked', () => {
    const requests = asked(mmluLikePrompts(), 11_400);
    const uses = new Map<number, number>();
    for (const { units, reuse, suffixTokens } of requests) {
      expect(reuse).toBe('prefix');
      expect(units.every(({ tokens }) => tokens === 16)).toBe(true);
      expect(suffixTokens).toBeGreaterThanOrEqual(20);
      const subject = units[0].document!;
      uses.set(subject, (uses.get(subject) ?? 0) + 1);
    }
    expect(uses.size).toBe(MMLU_SUBJECTS);
    const chiSquare = [...uses.values()].reduce((sum, count) => sum + ((count - 200) * (count - 200)) / 200, 0);
    // 56 degrees of freedom: standard deviation 10.6; four of those.
    expect(chiSquare).toBeLessThan(56 + 4 * 10.6);
    // Prefixes of 57 subjects, log-normal with variation 0.7: standard error 9 %; questions of mean 110 lie in the suffix.
    const prefix = mean(requests.map(({ units }) => units.length * 16));
    expect(Math.abs(prefix / 700 - 1)).toBeLessThan(0.3);
  });

  it('can be skewed, and share a head: blocks of the head are the same for all subjects', () => {
    const requests = asked(mmluLikePrompts({ zipf: 1.2, headTokens: 40, subjects: 10 }), 3000);
    for (const { units } of requests) expect(units.slice(0, 2).map(({ id, document }) => [id, document])).toEqual([[0, undefined], [1, undefined]]);
    const subjects = requests.map(({ units }) => units[2].document!);
    const counts = [...new Set(subjects)].map((subject) => subjects.filter((one) => one === subject).length).sort((a, b) => b - a);
    // P(rank 1) = 1 ÷ Σ r^−1.2 for r to 10 = 0.374. Four standard errors.
    expect(Math.abs(counts[0] / 3000 - 0.374)).toBeLessThan(0.0354);
  });

  it('from files has the real lengths, by the stated rule', () => {
    const item = { line: 1, question: 'one two three', choices: ['a', 'b', 'c', 'd'], answer: 'B' } as const;
    const prompts = mmluPrompts([{ subject: 'college_biology', examples: [item, item], questions: [item] }], { blockTokens: 8 });
    const [request] = asked(prompts, 1);
    // Words: 11 of the instruction, 13 of each example with its answer, 12 of the question: 4/3 tokens each, parts rounded up.
    expect(request.units).toHaveLength(Math.floor(Math.ceil((37 * 4) / 3) / 8));
    expect(request.suffixTokens).toBe((Math.ceil((37 * 4) / 3) % 8) + 16);
  });
});

describe('long context', () => {
  it('prompts have 50 000 tokens and more, and come back', () => {
    const requests = asked(longContextPrompts(), 600);
    const lengths = requests.map(({ units }) => units.reduce((sum, { tokens }) => sum + tokens, 0));
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(50_000);
    expect(Math.abs(mean(lengths) / 74_000 - 1)).toBeLessThan(0.1);
    expect(tokenHitRate(analyseTrace(requests, { nodeCounts: [] }).unbounded[0].counts)).toBeGreaterThan(0.6);
  });

  it('by prefix leaves the last, partly filled block to the question; by chunk it is a unit', () => {
    const base: SharedPrefixOptions = { name: 't', prefixTokens: [1000, 300], zipf: 0, questionTokens: 10, outputTokens: 1, blockTokens: 512, reuse: 'chunk', headTokens: 100 };
    const seen = (reuse: 'chunk' | 'prefix'): Set<string> => new Set(asked(new SharedPrefixPrompts({ ...base, reuse }), 40).map(({ units, suffixTokens }) => `${units.map(({ id, tokens }) => `${id}:${tokens}`).join(' ')} +${suffixTokens}`));
    expect(seen('chunk')).toEqual(new Set(['0:100 1:512 2:488 +10', '0:100 3:300 +10']));
    expect(seen('prefix')).toEqual(new Set(['0:512 1:512 +86', ' +410']));
  });

  it('LongBench items with one context are one document', () => {
    const item = (input: string, context: string): LongBenchItem => ({ line: 1, key: 'k', dataset: 'd', input, context, answers: [] });
    const prompts = longBenchPrompts([item('what is it', 'alpha '.repeat(600)), item('and why', 'alpha '.repeat(600)), item('', 'beta '.repeat(30))]);
    expect(prompts.catalogue.size).toBe(2 + 1);
    expect(() => longBenchPrompts([])).toThrow('expected at least one');
  });

  it('refuses what cannot be', () => {
    expect(() => longContextPrompts({ documents: 0 })).toThrow('documents is 0');
    expect(() => mmluLikePrompts({ subjects: 0.5 })).toThrow('subjects is 0.5');
    expect(() => mmluLikePrompts({ blockTokens: 0 })).toThrow('block tokens is 0');
    expect(() => mmluLikePrompts({ headTokens: -1 })).toThrow('length of a shared text is -1');
    expect(() => mmluLikePrompts().catalogue.tokens(1e9)).toThrow('unit 1000000000');
  });
});

describe('corpora after public ones', () => {
  it.each([
    ['nq', NQ_LIKE, 133, 12.2, 3.5, 1],
    ['ms-marco', MS_MARCO_LIKE, 75, 8, 24, 10],
  ])('%s has the stated chunk, question and answer lengths', (name, options, chunk, question, answer, spread) => {
    const prompts = new RagPrompts(options);
    expect(prompts.name).toBe(name);
    const lengths = Array.from({ length: prompts.catalogue!.size }, (_, id) => prompts.catalogue!.tokens(id));
    expect(lengths).toHaveLength(200_000);
    // Clipping and rounding move means by up to 2 %.
    expect(Math.abs(mean(lengths) / chunk - 1)).toBeLessThan(0.02);
    expect(new Set(lengths).size).toBeGreaterThanOrEqual(spread);
    const requests = asked(prompts, 4000);
    expect(Math.abs(mean(requests.map(({ suffixTokens }) => suffixTokens)) / question - 1)).toBeLessThan(0.04);
    expect(Math.abs(mean(requests.map(({ outputTokens }) => outputTokens)) / answer - 1)).toBeLessThan(0.08);
  });
});

describe('open loop', () => {
  it('ends with recorded arrivals, and follow-ups after the last start still come', () => {
    const arrivals = { name: 'two', ratePerSecond: undefined, times: () => [0, SECOND], scaled: () => arrivals };
    const requests = [...new OpenLoopWorkload({ prompts: mmluLikePrompts(), arrivals, sessions: { meanTurns: 5, thinkTimeNs: SECOND } }).requests(new RandomStreams(4))];
    expect(requests.length).toBeGreaterThan(2);
    expect(new Set(requests.map(({ session }) => session))).toEqual(new Set([0, 1]));
    expect(requests.map(({ id }) => id)).toEqual(requests.map((_, index) => index));
  });
});
