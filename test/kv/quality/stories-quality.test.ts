/** A reduced form of the evaluation in docs/models/quality.md, on the public TinyStories checkpoint: the order of the policies and levels. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readLlama2cCheckpoint } from '../../../kv/model/llama2c-checkpoint.ts';
import { Transformer } from '../../../kv/model/transformer.ts';
import { continuationCase, sampleText, textTokens } from '../../../kv/quality/case-sources.ts';
import { evaluateCase } from '../../../kv/quality/evaluate-case.ts';
import type { CaseScores, QualityCell } from '../../../kv/quality/quality-case.ts';
import { qualityRow } from '../../../kv/quality/quality-table.ts';
import type { QualityRow } from '../../../kv/quality/quality-table.ts';

const file = resolve(import.meta.dirname, '../../../../shared/data/weights/stories260K.bin');
const missing = !existsSync(file);
/** Fewer than the 200 of the full evaluation: intervals are about four times as wide, so bounds here are on what even they must show. */
const STORIES = 12;
const SHAPE = { chunkTokens: 48, chunks: 3 };
const CELLS: QualityCell[] = [
  { policy: 'full', level: 'float32', shift: 'start' },
  { policy: 'adjust', level: 'float32', shift: 'start' },
  { policy: 'none', level: 'float32', shift: 'start' },
  { policy: 'no-context', level: 'float32', shift: 'start' },
  { policy: 'adjust', level: 'int8', shift: 'start' },
  { policy: 'adjust', level: 'int4', shift: 'start' },
  { policy: 'adjust', level: 'float32', shift: 3000 },
];

describe.skipIf(missing)(`stitched stories${missing ? ' (skipped: ../shared/data/weights lacks stories260K.bin)' : ''}`, () => {
  let rows: QualityRow[];
  beforeAll(() => {
    const { config, weights } = readLlama2cCheckpoint(readFileSync(file), 'stories260K.bin');
    const model = new Transformer(config, weights);
    const scores = Array.from({ length: STORIES }, (_, i) => {
      const text = sampleText(model, 1, textTokens(SHAPE), (token) => token === 1 || token === 2, `story ${i}`);
      return evaluateCase(model, continuationCase(text, 1, SHAPE), CELLS, { text: () => '', bos: 1, generate: false });
    });
    const column = (cell: number): CaseScores[] => scores.map((cells) => cells[cell]);
    rows = CELLS.map((cell, c) => qualityRow({ ...SHAPE, ...cell }, column(c), column(0), column(cell.policy === 'adjust' ? (cell.shift === 'start' ? 1 : c) : c)));
  });

  it('lose little when their positions are adjusted, much when they are not, most without context', () => {
    const [full, adjust, none, without] = rows;
    expect(full.perplexityIncrease).toEqual({ value: 0, low: 0, high: 0 });
    expect(full.agreement.value).toBe(1);
    expect(adjust.perplexityIncrease.value).toBeLessThan(0.04);
    expect(none.perplexityIncrease.low).toBeGreaterThan(adjust.perplexityIncrease.high);
    expect(none.perplexityIncrease.value).toBeGreaterThan(0.1);
    expect(without.perplexityIncrease.low).toBeGreaterThan(none.perplexityIncrease.value);
    expect(adjust.agreement.value).toBeGreaterThan(none.agreement.value);
    expect(adjust.divergence.value).toBeLessThan(none.divergence.value / 4);
  });

  it('lose next to nothing more to eight bits and little to four', () => {
    const [, , , , int8, int4] = rows;
    expect(Math.abs(int8.increaseFromCompression.value)).toBeLessThan(0.001);
    expect(int4.increaseFromCompression.value).toBeLessThan(0.02);
    expect(int8.compressionRatio).toBeCloseTo(1.77, 1);
    // Groups of 32 tokens: chunks of 48 and 49 leave a half-filled group each, whose header weighs more.
    expect(int4.compressionRatio).toBeCloseTo(3.09, 1);
  });

  it('do not care how far a chunk was moved', () => {
    // The same arithmetic from another start: only binary32 rounding differs.
    expect(Math.abs(rows[6].perplexity.value / rows[1].perplexity.value - 1)).toBeLessThan(1e-4);
  });
});
