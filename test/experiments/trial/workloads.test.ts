/** Workloads as configs name them: when requests come, conversations, text corpora, files. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TrialResult } from '../../../experiments/results/trial-result.ts';
import { runTrial } from '../../../experiments/trial.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { trialConfig } from './trial-config.ts';

const SMALL = { 'cluster.nodes': 3, 'measure.warmup': 5, 'measure.requests': 40 } as const;
const run = (settings: Readonly<Record<string, string | number>>, system = 'no-reuse'): TrialResult => runTrial(trialConfig({ ...SMALL, ...settings }), { index: 0, cell: {}, system, seed: '1' });
const column = (result: TrialResult, name: string): number[] => Array.from(result.queries![name] as ArrayLike<number>);

describe('a closed loop', () => {
  it('never has more requests in the system than clients, and ends after as many as asked for', () => {
    const result = run({ 'workload.arrivals': 'closed-loop', 'workload.clients': 2 });
    const [arrivals, e2e] = [column(result, 'arrivalNs'), column(result, 'e2eNs')];
    const moments = [...arrivals.map((at) => [at, 1]), ...arrivals.map((at, i) => [at + e2e[i], -1])].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    let open = 0;
    let most = 0;
    for (const [, change] of moments) most = Math.max(most, (open += change));
    expect(most).toBeLessThanOrEqual(6);
    expect(result.metrics['requestsCompleted']).toBe(40);
  });

  it('throughput is clients ÷ mean latency (Little), nobody pausing', () => {
    const { metrics } = run({ 'workload.arrivals': 'closed-loop', 'workload.clients': 2, 'measure.requests': 300 });
    // The window ends with the last answer, when others of the loop have ended already: off by a few requests of 300.
    expect(metrics['throughputRps']).toBeGreaterThan((0.95 * 6000) / metrics['e2eMeanMs']);
    expect(metrics['throughputRps']).toBeLessThan((1.05 * 6000) / metrics['e2eMeanMs']);
  });
});

describe('arrivals', () => {
  const variation = (settings: Readonly<Record<string, string | number>>): number => {
    const times = column(run({ 'workload.rate': '2/s', 'measure.requests': 600, 'workload.outputTokens': 1, 'workload.topK': 1, ...settings }), 'arrivalNs');
    const gaps = times.slice(1).map((at, i) => at - times[i]);
    const mean = gaps.reduce((a, b) => a + b, 0) / gaps.length;
    return Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) * (gap - mean), 0) / gaps.length) / mean;
  };

  it('gaps vary as asked for: 0 constant, about 1 Poisson, about 3 gamma with burstiness 3', () => {
    expect(variation({ 'workload.arrivals': 'constant' })).toBeLessThan(1e-6);
    // 600 gaps: a standard error of about 0.04, and for gamma of about 0.25.
    expect(Math.abs(variation({}) - 1)).toBeLessThan(0.2);
    expect(Math.abs(variation({ 'workload.arrivals': 'gamma', 'workload.burstiness': 3 }) - 3)).toBeLessThan(0.9);
  });
});

describe('conversations', () => {
  it('a follow-up repeats chunks, so a node-local cache hits more often', () => {
    const base = { 'workload.chunks': 100_000, 'workload.zipf': 0, 'measure.requests': 120, 'cluster.nodes': 1, start: 'cold' };
    const hits = (settings: Readonly<Record<string, string | number>>): number => run({ ...base, ...settings }, 'local').metrics['hitRate'];
    expect(hits({})).toBeLessThan(0.02);
    expect(hits({ 'workload.sessions': '{turns: 6, thinkTime: 2s, repeat: 0.8}' })).toBeGreaterThan(0.3);
  });
});

describe('text corpora', () => {
  it('made up: retrieval is judged, the first stage overlaps with the final one, and all requests are answered', () => {
    const { metrics } = run({ workload: '{kind: text, documents: 200, questionCount: 60}' }, 'p2p');
    expect(metrics['requestsCompleted']).toBe(40);
    for (const name of ['retrievalRecall', 'retrievalMrr', 'answerInChunk', 'firstStageOverlap']) {
      expect(metrics[name]).toBeGreaterThan(0.3);
      expect(metrics[name]).toBeLessThanOrEqual(1);
    }
    // Two terms of six do not say as much as all.
    expect(metrics['firstStageOverlap']).toBeLessThan(0.95);
  });

  it('NQ-open over made passages: the answer is found where the words of the question are', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'nq.jsonl');
    writeFileSync(file, Array.from({ length: 30 }, (_, i) => JSON.stringify({ question: `who founded harbour${i} near lake${i}`, answer: [`person${i}`] })).join('\n'));
    const { metrics } = run({ workload: `{kind: text, dataset: nq-open, questions: ${file}, documentWords: 60}` });
    // Each of the two telling words is in the passage with probability 0.6: one of them in 84 of 100.
    expect(metrics['answerInChunk']).toBeGreaterThan(0.6);
    expect(metrics['answerInChunk']).toBeLessThanOrEqual(1);
    expect(metrics['retrievalRecall']).toBeUndefined();
  });

  it('MS MARCO files: recall and MRR against qrels, by hand', () => {
    const folder = temporaryFolder();
    const write = (name: string, lines: readonly string[]): string => {
      writeFileSync(join(folder, name), lines.join('\n'));
      return join(folder, name);
    };
    const collection = write('collection.tsv', ['1\tred apple tree', '2\tgreen apple', '3\tblue river', '4\told stone bridge']);
    const questions = write('queries.tsv', ['10\tblue river', '11\tstone']);
    // Of query 11 one relevant passage is found at rank 1, the other never.
    const qrels = write('qrels.tsv', ['10\t0\t3\t1', '11\t0\t4\t1', '11\t0\t1\t1']);
    const { metrics } = run({ workload: `{kind: text, dataset: ms-marco, questions: ${questions}, collection: ${collection}, qrels: ${qrels}, topK: 2}` });
    expect([metrics['retrievalRecall'], metrics['retrievalMrr']]).toEqual([0.75, 1]);
  });
});

describe('shared texts from files', () => {
  it('MMLU folders and LongBench files make prompts of the lengths they hold', () => {
    const folder = temporaryFolder();
    const row = (i: number): string => `"What is ${i}?",one,two,three,four,A`;
    for (const part of ['dev', 'test']) {
      mkdirSync(join(folder, part));
      for (const subject of ['algebra', 'law']) writeFileSync(join(folder, part, `${subject}_${part}.csv`), [1, 2, 3, 4, 5].map(row).join('\n'));
    }
    expect(run({ workload: `{kind: prefix, source: ${folder}}` }, 'p2p').metrics['requestsCompleted']).toBe(40);
    const file = join(folder, 'longbench.jsonl');
    writeFileSync(file, JSON.stringify({ input: 'Who?', context: 'word '.repeat(900), answers: ['x'] }));
    const tokens = column(run({ workload: `{kind: prefix, source: ${file}}` }), 'promptTokens');
    // 900 words at 4/3 tokens each, and the question.
    for (const each of tokens) expect(Math.abs(each - 1202)).toBeLessThan(5);
  });
});
