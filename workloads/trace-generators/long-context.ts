/** Questions on long documents: 50 000 tokens and more that come back with every question on the same document. */
import { RandomStream } from '../../sim/kernel/random-stream.ts';
import type { LongBenchItem } from '../corpora/longbench.ts';
import { WORD_RULE, countTokens } from '../corpora/token-rule.ts';
import type { TokenRule } from '../corpora/token-rule.ts';
import { SharedPrefixPrompts } from '../shared-prefix.ts';
import type { SharedPrefixOptions } from '../shared-prefix.ts';
import { tokenCount } from '../token-count.ts';
import type { TokenCountSpec } from '../token-count.ts';
import { DEFAULT_BLOCK_TOKENS } from '../traces/trace-record.ts';

/** How many documents, how long, how popular. */
export interface LongContextOptions extends Partial<Pick<SharedPrefixOptions, 'zipf' | 'blockTokens' | 'headTokens' | 'tenants' | 'reuse'>> {
  /** Default 200. */
  readonly documents?: number;
  /** Default log-normal, mean 72 000, variation 0.35, from 50 000 to 190 000. */
  readonly documentTokens?: TokenCountSpec;
  /** Default log-normal, mean 60, variation 0.7. */
  readonly questionTokens?: TokenCountSpec;
  /** Default log-normal, mean 200, variation 0.8. */
  readonly outputTokens?: TokenCountSpec;
  /** Names the lengths of the documents. Default `long-context`. */
  readonly corpusSeed?: string | number;
}

const DEFAULTS = {
  documents: 200,
  documentTokens: { law: 'log-normal', mean: 72_000, variation: 0.35, min: 50_000, max: 190_000 },
  questionTokens: { law: 'log-normal', mean: 60, variation: 0.7 },
  outputTokens: { law: 'log-normal', mean: 200, variation: 0.8 },
  zipf: 0.8,
} as const;

/** One document a query, its popularity Zipf with exponent 0.8 unless set. Reuse by chunk unless set. */
export function longContextPrompts(options: LongContextOptions = {}): SharedPrefixPrompts {
  const { documents = DEFAULTS.documents, documentTokens = DEFAULTS.documentTokens, corpusSeed = 'long-context', ...rest } = options;
  if (!(Number.isInteger(documents) && documents >= 1)) throw new RangeError(`documents is ${documents}: expected a whole number of at least 1`);
  const law = tokenCount('documentTokens', documentTokens);
  const stream = new RandomStream(`workload/corpus/${corpusSeed}`);
  return new SharedPrefixPrompts({
    name: 'long-context',
    zipf: DEFAULTS.zipf,
    questionTokens: DEFAULTS.questionTokens,
    outputTokens: DEFAULTS.outputTokens,
    blockTokens: DEFAULT_BLOCK_TOKENS,
    reuse: 'chunk',
    ...rest,
    prefixTokens: Array.from({ length: documents }, () => law.sample(stream)),
  });
}

/** The contexts of LongBench-style items, equal contexts being one document; lengths counted by a rule. */
export function longBenchPrompts(
  items: Iterable<LongBenchItem>,
  options: Omit<LongContextOptions, 'documents' | 'documentTokens' | 'questionTokens' | 'corpusSeed'> = {},
  rule: TokenRule = WORD_RULE,
): SharedPrefixPrompts {
  const contexts = new Map<string, number>();
  const questions: number[] = [];
  for (const { context, input } of items) {
    if (!contexts.has(context)) contexts.set(context, countTokens(context, rule));
    questions.push(Math.max(1, countTokens(input, rule)));
  }
  if (questions.length === 0) throw new RangeError('LongBench items: expected at least one');
  return new SharedPrefixPrompts({
    name: 'longbench',
    zipf: 0,
    outputTokens: DEFAULTS.outputTokens,
    blockTokens: DEFAULT_BLOCK_TOKENS,
    reuse: 'chunk',
    ...options,
    prefixTokens: [...contexts.values()],
    questionTokens: { law: 'values', values: questions },
  });
}
