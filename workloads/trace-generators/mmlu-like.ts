/** MMLU as a serving workload: 57 subjects, each question after the few-shot examples of its subject. */
import { RandomStream } from '../../sim/kernel/random-stream.ts';
import { mmluFewShotPrefix, mmluText } from '../corpora/mmlu.ts';
import type { MmluItem } from '../corpora/mmlu.ts';
import { WORD_RULE, countTokens } from '../corpora/token-rule.ts';
import type { TokenRule } from '../corpora/token-rule.ts';
import { SharedPrefixPrompts } from '../shared-prefix.ts';
import type { SharedPrefixOptions } from '../shared-prefix.ts';
import { tokenCount } from '../token-count.ts';
import type { TokenCountSpec } from '../token-count.ts';

/** Subjects of MMLU (Hendrycks et al., ICLR 2021, Table 2 and appendix). */
export const MMLU_SUBJECTS = 57;

/** Subjects, lengths and skew. */
export interface MmluLikeOptions extends Partial<Pick<SharedPrefixOptions, 'zipf' | 'blockTokens' | 'headTokens' | 'tenants' | 'probes' | 'reuse'>> {
  readonly subjects?: number;
  /** Instruction and five examples of a subject. Default log-normal, mean 700, variation 0.7, from 250 to 3 000. */
  readonly prefixTokens?: TokenCountSpec;
  /** Question with its choices. Default log-normal, mean 110, variation 0.8, from 20. */
  readonly questionTokens?: TokenCountSpec;
  /** Default 1: the letter. */
  readonly outputTokens?: TokenCountSpec;
  /** Names the lengths of the prefixes, which are the same for every seed of an experiment. Default `mmlu`. */
  readonly corpusSeed?: string | number;
}

/** vLLM's default block size, small enough that a prefix of some hundred tokens fills many blocks. */
const DEFAULT_BLOCK_TOKENS = 16;
const DEFAULT_PREFIX: TokenCountSpec = { law: 'log-normal', mean: 700, variation: 0.7, min: 250, max: 3000 };
const DEFAULT_QUESTION: TokenCountSpec = { law: 'log-normal', mean: 110, variation: 0.8, min: 20, max: 2000 };

/** Generated lengths; popularity of subjects uniform unless `zipf` skews it. */
export function mmluLikePrompts(options: MmluLikeOptions = {}): SharedPrefixPrompts {
  const { subjects = MMLU_SUBJECTS, prefixTokens = DEFAULT_PREFIX, corpusSeed = 'mmlu', ...rest } = options;
  if (!(Number.isInteger(subjects) && subjects >= 1)) throw new RangeError(`subjects is ${subjects}: expected a whole number of at least 1`);
  const law = tokenCount('prefixTokens', prefixTokens);
  const stream = new RandomStream(`workload/corpus/${corpusSeed}`);
  return new SharedPrefixPrompts({
    name: 'mmlu',
    zipf: 0,
    questionTokens: DEFAULT_QUESTION,
    outputTokens: 1,
    blockTokens: DEFAULT_BLOCK_TOKENS,
    reuse: 'prefix',
    ...rest,
    prefixTokens: Array.from({ length: subjects }, () => law.sample(stream)),
  });
}

/** A subject as read from its files: the examples of its dev file, the questions of its test file. */
export interface MmluSubject {
  readonly subject: string;
  readonly examples: readonly MmluItem[];
  readonly questions: readonly MmluItem[];
}

/** Real lengths, counted by a rule; question lengths are drawn from all subjects' questions alike. */
export function mmluPrompts(
  subjects: readonly MmluSubject[],
  options: Omit<MmluLikeOptions, 'subjects' | 'prefixTokens' | 'questionTokens' | 'corpusSeed'> = {},
  rule: TokenRule = WORD_RULE,
): SharedPrefixPrompts {
  const questions = subjects.flatMap((subject) => subject.questions.map((item) => Math.max(1, countTokens(mmluText(item, false), rule))));
  return new SharedPrefixPrompts({
    name: 'mmlu',
    zipf: 0,
    outputTokens: 1,
    blockTokens: DEFAULT_BLOCK_TOKENS,
    reuse: 'prefix',
    ...options,
    prefixTokens: subjects.map(({ subject, examples }) => countTokens(mmluFewShotPrefix(subject, examples), rule)),
    questionTokens: { law: 'values', values: questions },
  });
}
