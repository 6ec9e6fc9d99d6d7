/** Cases to evaluate: texts that a model samples from itself, given texts, and tasks of the retrieval language. */
import { generate, temperatureSampler } from '../model/generate.ts';
import { KvCache } from '../model/kv-cache.ts';
import type { Transformer } from '../model/transformer.ts';
import { BOS } from '../train/retrieval-language.ts';
import { drawRetrievalTask } from '../train/retrieval-task.ts';
import { SeededRandom } from '../train/seeded-random.ts';
import type { QualityCase } from './quality-case.ts';

/** How a context is cut. */
export interface ContextShape {
  /** Tokens of each chunk; BOS comes on top in the first. */
  readonly chunkTokens: number;
  readonly chunks: number;
}

/** Tokens of continuation that are scored, teacher-forced. */
export const CONTINUATION_TOKENS = 64;
/** Tokens generated to compare texts. */
export const GENERATED_TOKENS = 64;
/** Draws before giving up on a text of the wanted length. */
const MAX_DRAWS = 200;

/** Tokens that a text must have for a continuation case of this shape, BOS not counted. */
export function textTokens(shape: ContextShape): number {
  return shape.chunkTokens * shape.chunks + CONTINUATION_TOKENS + 1;
}

/**
 * Samples a text of `tokens` tokens from the model itself at temperature 1, starting from BOS; texts that end sooner are drawn again.
 * Throws RangeError when none is long enough.
 */
export function sampleText(model: Transformer, bos: number, tokens: number, ends: (token: number) => boolean, seed: string): number[] {
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const random = new SeededRandom(seed, `draw ${draw}`);
    const sampler = temperatureSampler(1, () => random.next());
    const text = generate(model, new KvCache(model.config, tokens + 1), [bos], tokens, sampler, ends);
    if (text.length === tokens && !ends(text[tokens - 1])) return text;
  }
  throw new RangeError(`none of ${MAX_DRAWS} texts sampled from the model had ${tokens} tokens before it ended; ask for fewer or shorter chunks`);
}

/** A text cut into chunks and a continuation: 64 tokens fed, each successor scored, and 64 tokens generated from the first. */
export function continuationCase(text: readonly number[], bos: number, shape: ContextShape): QualityCase {
  const need = textTokens(shape);
  if (text.length < need) throw new RangeError(`text has ${text.length} tokens; expected at least ${need} for ${shape.chunks} chunks of ${shape.chunkTokens}`);
  const chunks = Array.from({ length: shape.chunks }, (_, i) => {
    const chunk = text.slice(i * shape.chunkTokens, (i + 1) * shape.chunkTokens);
    return i === 0 ? [bos, ...chunk] : chunk;
  });
  const from = shape.chunkTokens * shape.chunks;
  const feed = text.slice(from, from + CONTINUATION_TOKENS);
  return {
    chunks,
    probes: [{ kind: 'continuation', feed, targets: text.slice(from + 1, from + 1 + CONTINUATION_TOKENS), generation: { prompt: feed.slice(0, 1), tokens: GENERATED_TOKENS } }],
  };
}

/** A task of the retrieval language: one document a chunk, and questions to be answered. Throws RangeError for an odd or tiny chunk. */
export function retrievalCase(shape: ContextShape, questions: number, seed: string): QualityCase {
  const task = drawRetrievalTask({ documentTokens: new Array<number>(shape.chunks).fill(shape.chunkTokens), questions }, new SeededRandom(seed, 'task'));
  return {
    chunks: task.documents.map((document, i) => (i === 0 ? [BOS, ...document] : document)),
    probes: task.questions.map(({ kind, prompt, answer }) => {
      const said = [...prompt, ...answer];
      return {
        kind,
        feed: said.slice(0, -1),
        targets: said.slice(1).map((token, i) => (i + 1 < prompt.length ? -1 : token)),
        generation: { prompt, tokens: answer.length, reference: answer },
      };
    }),
  };
}
