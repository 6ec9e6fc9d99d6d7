import { describe, expect, it } from 'vitest';
import type { CaseScores } from '../../../kv/quality/quality-case.ts';
import { qualityRow } from '../../../kv/quality/quality-table.ts';
import type { QualityTable } from '../../../kv/quality/quality-table.ts';
import { nearestQualityRow, readQualityTable } from '../../../kv/quality/read-quality-table.ts';
import { planQuality, uncompressedCell } from '../../../experiments/quality-plan.ts';

const scores = (negativeLogLikelihood: number, over: Partial<CaseScores> = {}): CaseScores => ({
  tokens: 10, negativeLogLikelihood, agreed: 9, divergence: 0.5, exact: { latest: { asked: 4, exact: 3 } },
  contextTokens: 100, recomputedTokens: 5, storedBytes: 50, halfBytes: 100, generated: { text: 'a b c d', reference: 'a b c d' }, ...over,
});
const KEY = { chunkTokens: 24, chunks: 3, shift: 'start', policy: 'adjust', level: 'int8' } as const;

describe('a quality row', () => {
  it('pairs cases and weighs them by their tokens', () => {
    const here = [scores(11), scores(23)];
    const full = [scores(10), scores(20)];
    const row = qualityRow(KEY, here, full, here);
    expect(row.perplexity.value).toBeCloseTo(Math.exp(34 / 20), 12);
    expect(row.perplexityIncrease.value).toBeCloseTo(Math.exp(4 / 20) - 1, 12);
    // The ends are the increases of one case drawn twice.
    expect(row.perplexityIncrease.low).toBeCloseTo(Math.exp(1 / 10) - 1, 12);
    expect(row.perplexityIncrease.high).toBeCloseTo(Math.exp(3 / 10) - 1, 12);
    expect(row.increaseFromCompression).toEqual({ value: 0, low: 0, high: 0 });
    expect(row.agreement.value).toBe(0.9);
    expect(row.divergence.value).toBeCloseTo(0.05, 12);
    expect(row.exactAnswers?.value).toBe(0.75);
    expect(row).toMatchObject({ recomputedShare: 0.05, compressionRatio: 2, cases: 2, tokens: 20 });
    expect([row.rouge1?.value, row.rouge2?.value, row.rougeL?.value, row.bleu?.value]).toEqual([1, 1, 1, 1]);
  });

  it('has no answers where nothing has one, and no text where none was made', () => {
    const plain = [scores(10, { exact: { continuation: { asked: 1, exact: 0 } } })].map(({ generated, ...rest }) => (generated === undefined ? rest : rest));
    const row = qualityRow(KEY, plain, plain, plain);
    expect(row).toMatchObject({ exactAnswers: null, exactByKind: {}, rouge1: null, bleu: null });
    expect(() => qualityRow(KEY, plain, [], plain)).toThrow(/1 cases here, 0 of the full prefill/);
  });

  it('says of a kind asked in some cases what those cases say', () => {
    const rare = scores(10, { exact: { nth: { asked: 2, exact: 1 } } });
    const row = qualityRow(KEY, [scores(10), rare], [scores(10), rare], [scores(10), rare]);
    expect(row.exactByKind).toMatchObject({ latest: { value: 0.75 }, nth: { value: 0.5 } });
    expect(row.exactAnswers?.value).toBeCloseTo(4 / 6, 12);
  });
});

describe('a quality table', () => {
  const row = qualityRow(KEY, [scores(10)], [scores(10)], [scores(10)]);
  const table: QualityTable = {
    kind: 'quality-table', version: 1, model: 'm', modelSha256: 'x', source: 'self', command: 'npm run quality --', textReference: 'itself',
    rows: [row, { ...row, chunkTokens: 96 }, { ...row, chunkTokens: 96, chunks: 6 }, { ...row, shift: 7, chunkTokens: 48 }],
  };

  it('comes back from JSON and finds the nearest measured shape', () => {
    const read = readQualityTable(JSON.parse(JSON.stringify(table)), 'table.json');
    expect(read).toEqual(table);
    const near = (chunkTokens: number, chunks: number) => nearestQualityRow(read, { policy: 'adjust', level: 'int8', chunkTokens, chunks });
    expect(near(20, 50)).toMatchObject({ chunkTokens: 24, chunks: 3 });
    expect(near(512, 5)).toMatchObject({ chunkTokens: 96, chunks: 6 });
    expect(() => nearestQualityRow(read, { policy: 'none', level: 'int8', chunkTokens: 24, chunks: 3 })).toThrow(/none with int8 was not measured; there are adjust with int8/);
  });

  it('is refused when it is none, naming the row and field', () => {
    const read = (json: unknown) => () => readQualityTable(json, 'table.json');
    expect(read(3)).toThrow(/table\.json: not a quality table/);
    expect(read({ ...table, version: 2 })).toThrow(/not a quality table of version 1/);
    expect(read({ ...table, rows: [] })).toThrow(/at least one row/);
    expect(read({ ...table, model: 3 })).toThrow(/model is 3/);
    expect(read({ ...table, rows: [row, { ...row, chunks: '3' }] })).toThrow(/rows\[1\]\.chunks is "3"; expected a number/);
    expect(read({ ...table, rows: [{ ...row, perplexity: 4 }] })).toThrow(/rows\[0\]\.perplexity is 4; expected an estimate/);
  });
});

describe('the plan', () => {
  const options = { chunkTokens: [24, 48], chunks: [3], policies: ['none', 'adjust', 'no-context'], levels: ['int8', 'int4'] as const, shifts: [5, -5], product: false };

  it('crosses through adjust, uncompressed, cached from 0; the full prefill first', () => {
    const [first, second] = planQuality(options);
    expect([first.shape.chunkTokens, second.shape.chunkTokens]).toEqual([24, 48]);
    const names = first.cells.map(({ policy, level, shift }) => `${policy} ${level} ${shift}`);
    expect(names[0]).toBe('full float32 start');
    expect(names.toSorted()).toEqual(
      ['full float32 start', 'none float32 start', 'adjust float32 start', 'no-context float32 start', 'adjust int8 start', 'adjust int4 start', 'none float32 5', 'adjust float32 5', 'none float32 -5', 'adjust float32 -5'].toSorted(),
    );
  });

  it('or takes every combination that makes sense, each once and each with its uncompressed like', () => {
    const [{ cells }] = planQuality({ ...options, product: true });

    expect(new Set(cells.map((cell) => JSON.stringify(cell))).size).toBe(cells.length);
    expect(cells.filter((cell) => cell.policy === 'no-context')).toHaveLength(1);
    for (const cell of cells) expect(cells[uncompressedCell(cells, cell)]).toMatchObject({ policy: cell.policy, shift: cell.shift, level: 'float32' });
  });
});
