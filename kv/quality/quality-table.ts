/** Scores of many cases as one row with intervals, and the table that experiments read. */
import { bleu, bleuCounts } from './bleu.ts';
import type { BleuCounts } from './bleu.ts';
import { bootstrap } from './bootstrap.ts';
import type { Estimate } from './bootstrap.ts';
import type { CaseScores } from './quality-case.ts';
import { rouge } from './rouge.ts';
import type { Rouge } from './rouge.ts';
import { textWords } from './text-words.ts';

/** One measured combination. Shares and scores run from 0 to 1; `perplexityIncrease` is a ratio less 1. */
export interface QualityRow {
  readonly chunkTokens: number;
  readonly chunks: number;
  readonly shift: number | 'start';
  readonly policy: string;
  readonly level: string;
  readonly cases: number;
  readonly tokens: number;
  /** Share of the context run through the model again. */
  readonly recomputedShare: number;
  /** fp16 bytes ÷ stored bytes of the chunk caches; null where nothing is stored. */
  readonly compressionRatio: number | null;
  readonly perplexity: Estimate;
  /** Against the full prefill of the same cases, paired. */
  readonly perplexityIncrease: Estimate;
  /** Against the same policy on uncompressed caches, paired. */
  readonly increaseFromCompression: Estimate;
  /** Share of scored tokens whose most likely successor is that of the full prefill. */
  readonly agreement: Estimate;
  /** Mean KL(full prefill ‖ this), nats a token. */
  readonly divergence: Estimate;
  /** Share of questions answered exactly, over all kinds and by kind; null where nothing has an answer. */
  readonly exactAnswers: Estimate | null;
  readonly exactByKind: Readonly<Record<string, Estimate>>;
  readonly rouge1: Estimate | null;
  readonly rouge2: Estimate | null;
  readonly rougeL: Estimate | null;
  readonly bleu: Estimate | null;
}

/** The file that experiments name: what was measured, on what, and how to do it again. */
export interface QualityTable {
  readonly kind: 'quality-table';
  readonly version: 1;
  readonly model: string;
  readonly modelSha256: string;
  readonly source: string;
  readonly command: string;
  readonly textReference: string;
  readonly rows: readonly QualityRow[];
}

/** What names a row. */
export type RowKey = Pick<QualityRow, 'chunkTokens' | 'chunks' | 'shift' | 'policy' | 'level'>;

/** Kinds whose answers are right or wrong; a continuation is not. */
const UNANSWERED = 'continuation';

interface PairedCase {
  readonly here: CaseScores;
  readonly full: CaseScores;
  readonly uncompressed: CaseScores;
  readonly rouge: Rouge | undefined;
  readonly bleu: BleuCounts | undefined;
}

/** Makes a row of the same cases in three cells: this one, the full prefill, and this policy uncompressed. Throws RangeError where counts differ. */
export function qualityRow(key: RowKey, here: readonly CaseScores[], full: readonly CaseScores[], uncompressed: readonly CaseScores[]): QualityRow {
  if (full.length !== here.length || uncompressed.length !== here.length) {
    throw new RangeError(`${here.length} cases here, ${full.length} of the full prefill, ${uncompressed.length} uncompressed; expected as many of each`);
  }
  const cases = here.map((scores, i): PairedCase => {
    const text = scores.generated;
    const words = text === undefined ? undefined : [textWords(text.text), textWords(text.reference)];
    return {
      here: scores,
      full: full[i],
      uncompressed: uncompressed[i],
      rouge: words === undefined ? undefined : rouge(words[0], words[1]),
      bleu: words === undefined ? undefined : bleuCounts(words[0], words[1]),
    };
  });
  const total = (sample: readonly PairedCase[], of: (scores: PairedCase) => number): number => sample.reduce((sum, item) => sum + of(item), 0);
  const ratio = (above: (item: PairedCase) => number, below: (item: PairedCase) => number) => (sample: readonly PairedCase[]): number => total(sample, above) / total(sample, below);
  const increase = (base: (item: PairedCase) => CaseScores) => (sample: readonly PairedCase[]): number =>
    Math.exp(total(sample, (item) => item.here.negativeLogLikelihood - base(item).negativeLogLikelihood) / total(sample, (item) => item.here.tokens)) - 1;
  const kinds = [...new Set(here.flatMap((scores) => Object.keys(scores.exact)))].filter((kind) => kind !== UNANSWERED);
  const exact = (of: readonly string[]): Estimate => {
    const count = (item: PairedCase, field: 'asked' | 'exact'): number => of.reduce((sum, kind) => sum + ((item.here.exact[kind] as { asked: number; exact: number } | undefined)?.[field] ?? 0), 0);
    // Resamples in which a rare kind was never asked say nothing about it.
    const asked = cases.filter((item) => count(item, 'asked') > 0);
    return bootstrap(asked, ratio((item) => count(item, 'exact'), (item) => count(item, 'asked')));
  };
  const texts = cases.every((item) => item.rouge !== undefined);
  const overlap = (of: keyof Rouge): Estimate | null => (texts ? bootstrap(cases, ratio((item) => item.rouge![of], () => 1)) : null);
  const sum = (of: (scores: CaseScores) => number): number => here.reduce((amount, scores) => amount + of(scores), 0);
  return {
    ...key,
    cases: here.length,
    tokens: sum((scores) => scores.tokens),
    recomputedShare: sum((scores) => scores.recomputedTokens) / sum((scores) => scores.contextTokens),
    compressionRatio: sum((scores) => scores.storedBytes) === 0 ? null : sum((scores) => scores.halfBytes) / sum((scores) => scores.storedBytes),
    perplexity: bootstrap(cases, (sample) => Math.exp(total(sample, (item) => item.here.negativeLogLikelihood) / total(sample, (item) => item.here.tokens))),
    perplexityIncrease: bootstrap(cases, increase((item) => item.full)),
    increaseFromCompression: bootstrap(cases, increase((item) => item.uncompressed)),
    agreement: bootstrap(cases, ratio((item) => item.here.agreed, (item) => item.here.tokens)),
    divergence: bootstrap(cases, ratio((item) => item.here.divergence, (item) => item.here.tokens)),
    exactAnswers: kinds.length === 0 ? null : exact(kinds),
    exactByKind: Object.fromEntries(kinds.map((kind) => [kind, exact([kind])])),
    rouge1: overlap('rouge1'),
    rouge2: overlap('rouge2'),
    rougeL: overlap('rougeL'),
    bleu: texts ? bootstrap(cases, (sample) => bleu(sample.map((item) => item.bleu!))) : null,
  };
}
