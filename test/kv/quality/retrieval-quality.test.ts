/** The project's own model: wrong positions break its answers, adjustment restores them. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readHuggingFaceTokenizer } from '../../../kv/model/hugging-face-tokenizer.ts';
import { readLlama2cCheckpoint } from '../../../kv/model/llama2c-checkpoint.ts';
import { parameterCount } from '../../../kv/model/llama-weights.ts';
import { Transformer } from '../../../kv/model/transformer.ts';
import { retrievalCase } from '../../../kv/quality/case-sources.ts';
import { evaluateCase } from '../../../kv/quality/evaluate-case.ts';
import type { CaseScores, QualityCell } from '../../../kv/quality/quality-case.ts';
import { qualityRow } from '../../../kv/quality/quality-table.ts';
import type { QualityRow, QualityTable } from '../../../kv/quality/quality-table.ts';
import { RETRIEVAL_WORDS } from '../../../kv/train/retrieval-language.ts';

const weights = (name: string): string => resolve(import.meta.dirname, '../../../weights', name);
const missing = !existsSync(weights('retrieval-115k.bin'));

const TASKS = 24;
const SHAPE = { chunkTokens: 24, chunks: 3 };
const POLICIES = ['full', 'adjust', 'none', 'adjust-first-2', 'no-context'];
const CELLS: QualityCell[] = [
  ...POLICIES.map((policy): QualityCell => ({ policy, level: 'float32', shift: 'start' })),
  { policy: 'adjust', level: 'int8', shift: 'start' },
  { policy: 'adjust', level: 'int2', shift: 'start' },
];

describe.skipIf(missing)(`the shipped model${missing ? ' (skipped: weights/retrieval-115k.bin is not there; npm run train makes it)' : ''}`, () => {
  if (missing) return;
  const provenance = JSON.parse(readFileSync(weights('retrieval-115k.json'), 'utf8')) as { sha256: string; parameters: number };
  const bytes = readFileSync(weights('retrieval-115k.bin'));
  const { config, weights: parameters } = readLlama2cCheckpoint(bytes, 'retrieval-115k.bin');
  const tokenizer = readHuggingFaceTokenizer(JSON.parse(readFileSync(weights('retrieval-115k.tokenizer.json'), 'utf8')), 'retrieval-115k.tokenizer.json');
  let rows: QualityRow[];
  beforeAll(() => {
    const model = new Transformer(config, parameters);
    const options = { text: (tokens: readonly number[]) => tokenizer.decode(tokens), bos: 1, generate: true };
    const scores = Array.from({ length: TASKS }, (_, i) => evaluateCase(model, retrievalCase(SHAPE, 16, `test ${i}`), CELLS, options));
    const column = (cell: number): CaseScores[] => scores.map((cells) => cells[cell]);
    rows = CELLS.map((cell, c) => qualityRow({ ...SHAPE, ...cell }, column(c), column(0), column(c < POLICIES.length ? c : 1)));
  });

  it('is what its provenance says, and small', () => {
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(provenance.sha256);
    expect(parameterCount(config)).toBe(provenance.parameters);
    expect(provenance.parameters).toBeGreaterThan(50_000);
    expect(provenance.parameters).toBeLessThan(250_000);
    expect(bytes.byteLength).toBeLessThan(2_000_000);
    expect(tokenizer.encode('# A b C', true)).toEqual([1, ...['#', 'A', 'b', 'C'].map((word) => RETRIEVAL_WORDS.indexOf(word))]);
  });

  it('answers from a full prefill, and from stitched chunks once their positions are adjusted', () => {
    const [full, adjust] = rows;
    expect(full.exactAnswers!.value).toBeGreaterThan(0.95);
    expect(adjust.exactAnswers!.value).toBeGreaterThan(0.95);
    expect(adjust.bleu!.value).toBeGreaterThan(0.95);
    expect(adjust.rougeL!.value).toBeGreaterThan(0.95);
  });

  it('fails wherever order matters when positions are wrong, and still finds what content alone finds', () => {
    const [full, adjust, none] = rows;
    expect(none.exactAnswers!.high).toBeLessThan(adjust.exactAnswers!.low - 0.2);
    for (const kind of ['latest', 'nth', 'next']) {
      expect(none.exactByKind[kind].value).toBeLessThan(full.exactByKind[kind].value - 0.2);
      expect(none.exactByKind[kind].high).toBeLessThan(full.exactByKind[kind].low);
      expect(adjust.exactByKind[kind].value).toBeGreaterThan(0.9);
    }
    expect(none.exactByKind['once'].value).toBeGreaterThan(Math.max(none.exactByKind['latest'].value, none.exactByKind['nth'].value));
    expect(none.divergence.value).toBeGreaterThan(10 * adjust.divergence.value);
    expect(none.bleu!.value).toBeLessThan(adjust.bleu!.value - 0.1);
  });

  it('keeps answering from eight bits, not from two, and knows nothing without context', () => {
    const [, adjust, , , without, int8, int2] = rows;
    expect(Math.abs(int8.exactAnswers!.value - adjust.exactAnswers!.value)).toBeLessThan(0.02);
    expect(int2.exactAnswers!.value).toBeLessThan(adjust.exactAnswers!.value - 0.05);
    expect(without.exactAnswers!.value).toBeLessThan(0.15);
  });
});

describe('the quality tables', () => {
  const tables = ['retrieval-115k.quality.json', 'stories260K.quality.json'];
  it.skipIf(tables.some((name) => !existsSync(weights(name)))).each(tables)('%s has complete rows that name what was measured (skipped where weights/ lacks them: npm run quality makes them)', (name) => {
    const table = JSON.parse(readFileSync(weights(name), 'utf8')) as QualityTable;
    expect(table).toMatchObject({ kind: 'quality-table', version: 1 });
    expect(table.command).toMatch(/^npm run quality --/);
    if (table.model === 'retrieval-115k') {
      const provenance = JSON.parse(readFileSync(weights('retrieval-115k.json'), 'utf8')) as { sha256: string };
      expect(table.modelSha256).toBe(provenance.sha256);
    }
    const keys = table.rows.map(({ chunkTokens, chunks, shift, policy, level }) => [chunkTokens, chunks, shift, policy, level].join('/'));
    expect(new Set(keys).size).toBe(keys.length);
    for (const row of table.rows) {
      expect(row.perplexity.low).toBeLessThanOrEqual(row.perplexity.value);
      expect(row.perplexity.high).toBeGreaterThanOrEqual(row.perplexity.value);
      if (row.policy === 'full') expect(row.perplexityIncrease.value).toBe(0);
    }
  });
});
