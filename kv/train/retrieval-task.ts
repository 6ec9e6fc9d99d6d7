/** Documents and questions of the retrieval language, drawn from a seed. */
import {
  alongCycle, ASK_LATEST, ASK_NEXT, ASK_NTH, ASK_ONCE, COUNT_WORDS, FIRST_COUNT, FIRST_KEY, FIRST_VALUE, KEY_WORDS, NEXT_TITLES, TITLE, VALUE_WORDS,
} from './retrieval-language.ts';
import type { SeededRandom } from './seeded-random.ts';

/** What a question asks for. */
export const QUESTION_KINDS = ['latest', 'nth', 'next', 'once'] as const;
export type QuestionKind = (typeof QUESTION_KINDS)[number];

/** A question's tokens and the tokens that answer it. */
export interface Question {
  readonly kind: QuestionKind;
  readonly prompt: readonly number[];
  readonly answer: readonly number[];
}

/** Documents, each a list of tokens, and questions about them. */
export interface RetrievalTask {
  readonly documents: readonly (readonly number[])[];
  readonly questions: readonly Question[];
}

/** Size of a task: tokens of each document (even, at least 4), and questions to draw. */
export interface RetrievalTaskShape {
  readonly documentTokens: readonly number[];
  readonly questions: number;
}

/** How often each kind is drawn, where the documents allow it: the harder, the more. */
const KIND_WEIGHTS: Readonly<Record<QuestionKind, number>> = { latest: 4, nth: 3, next: 1, once: 2 };
/** Share of `?` questions about a key that several documents wrote, where there is one. */
const CONTESTED_SHARE = 0.75;

/**
 * Draws a task. Keys are drawn from a pool sized so that some are overwritten and some are written once; titles run along the cycle, up or
 * down. Throws RangeError for a document of an odd number of tokens or fewer than four.
 */
export function drawRetrievalTask(shape: RetrievalTaskShape, random: SeededRandom): RetrievalTask {
  for (const tokens of shape.documentTokens) {
    if (!Number.isInteger(tokens) || tokens < 4 || tokens % 2 !== 0) throw new RangeError(`document of ${tokens} tokens; expected an even number from 4`);
  }
  const direction = random.next() < 0.5 ? 1 : -1;
  const firstTitle = FIRST_VALUE + random.integer(VALUE_WORDS);
  const onceKeys = new Set<number>();
  const documents = shape.documentTokens.map((tokens, i) => {
    const document = [TITLE, alongCycle(firstTitle, i * direction)];
    while (document.length < tokens) {
      // The upper half of the keys is kept for keys written once, while they last.
      const fresh = random.next() < 0.25 ? FIRST_KEY + KEY_WORDS / 2 + random.integer(KEY_WORDS / 2) : -1;
      const key = fresh >= 0 && !onceKeys.has(fresh) ? fresh : FIRST_KEY + random.integer(KEY_WORDS / 2);
      if (key === fresh) onceKeys.add(key);
      document.push(key, FIRST_VALUE + random.integer(VALUE_WORDS));
    }
    return document;
  });
  const facts = new Facts(documents, direction);
  const questions = Array.from({ length: shape.questions }, () => facts.ask(random));
  return { documents, questions };
}

/** What is true of a list of documents. */
class Facts {
  readonly #records: { key: number; value: number }[] = [];
  readonly #latest = new Map<number, number>();
  readonly #writes = new Map<number, number>();
  readonly #writers = new Map<number, Set<number>>();
  readonly #lastTitle: number;
  readonly #direction: number;
  readonly #documents: number;

  constructor(documents: readonly (readonly number[])[], direction: number) {
    documents.forEach((document, at) => {
      for (let i = 0; i < document.length; i += 2) {
        const key = document[i];
        const value = document[i + 1];
        this.#records.push({ key, value });
        if (key === TITLE) continue;
        this.#latest.set(key, value);
        this.#writes.set(key, (this.#writes.get(key) ?? 0) + 1);
        this.#writers.set(key, (this.#writers.get(key) ?? new Set()).add(at));
      }
    });
    this.#lastTitle = documents.at(-1)?.[1] ?? FIRST_VALUE;
    this.#direction = direction;
    this.#documents = documents.length;
  }

  /** Draws a kind of question that these documents can answer, and the question. */
  ask(random: SeededRandom): Question {
    const once = [...this.#writes].filter(([, count]) => count === 1).map(([key]) => key);
    const contested = [...this.#writers].filter(([, writers]) => writers.size > 1).map(([key]) => key);
    const keys = [...this.#latest.keys()];
    const kinds = QUESTION_KINDS.filter((kind) => {
      if (kind === 'latest') return keys.length > 0;
      if (kind === 'once') return once.length > 0;
      return kind === 'nth' ? this.#records.length > 0 : this.#documents > 1;
    });
    const kind = random.pick(kinds.flatMap((name) => new Array<QuestionKind>(KIND_WEIGHTS[name]).fill(name)));
    switch (kind) {
      case 'latest': {
        const key = random.pick(contested.length > 0 && random.next() < CONTESTED_SHARE ? contested : keys);
        return { kind, prompt: [ASK_LATEST, key], answer: [this.#latest.get(key)!] };
      }
      case 'once': {
        const key = random.pick(once);
        return { kind, prompt: [ASK_ONCE, key], answer: [this.#latest.get(key)!] };
      }
      case 'nth': {
        const n = 1 + random.integer(Math.min(COUNT_WORDS, this.#records.length));
        const { key, value } = this.#records[this.#records.length - n];
        return { kind, prompt: [ASK_NTH, FIRST_COUNT + n - 1], answer: [key, value] };
      }
      case 'next':
        return { kind, prompt: [ASK_NEXT], answer: Array.from({ length: NEXT_TITLES }, (_, i) => alongCycle(this.#lastTitle, (i + 1) * this.#direction)) };
    }
  }
}
