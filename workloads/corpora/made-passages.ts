/** Passages for questions that come without any: made-up text in which a question's words and its answer stand. */
import { RandomStream } from '../../sim/kernel/random-stream.ts';
import { Zipf } from '../../sim/kernel/zipf.ts';
import type { Question } from './question.ts';
import { syntheticWord } from './synthetic-text.ts';
import type { DocumentText } from './text-corpus.ts';

/** Words that all passages draw on, Zipf exponent 1. */
const VOCABULARY = 5000;

/**
 * One passage a question, keyed `p` and its key: made-up words, among them at random places each word of the question with probability `share`, and its first answer.
 * A stand-in for the encyclopedia, which is too large to ship: what can be measured on it is how retrieval, caches and reuse behave, not how good retrieval
 * is on real text.
 * @param words length of a passage, before the words it is given
 */
export function* madePassages(questions: Iterable<Question>, words: number, share: number, seed: string): Generator<DocumentText> {
  const stream = new RandomStream(`workload/made-passages/${seed}`);
  const general = new Zipf(VOCABULARY, 1);
  for (const { key, text, answers } of questions) {
    const passage = Array.from({ length: words }, () => syntheticWord(general.sample(stream)));
    const given = text.split(/\s+/).filter(() => stream.bernoulli(share));
    for (const piece of [...given, ...(answers?.slice(0, 1) ?? [])]) passage.splice(stream.integer(passage.length + 1), 0, piece);
    yield { key: `p${key}`, text: passage.join(' ') };
  }
}
