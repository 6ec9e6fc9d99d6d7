import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alongCycle, BOS, FIRST_VALUE, RETRIEVAL_WORDS, retrievalText, TITLE, VALUE_WORDS } from '../../../kv/train/retrieval-language.ts';
import { retrievalExample } from '../../../kv/train/retrieval-example.ts';
import { drawRetrievalTask, QUESTION_KINDS } from '../../../kv/train/retrieval-task.ts';
import { SeededRandom } from '../../../kv/train/seeded-random.ts';
import { checkExample } from '../../../kv/train/training-example.ts';

const word = (token: number): string => RETRIEVAL_WORDS[token];
const shapes = fc.record({ documentTokens: fc.array(fc.integer({ min: 2, max: 20 }).map((n) => 2 * n), { minLength: 1, maxLength: 6 }), questions: fc.integer({ min: 0, max: 20 }) });

/** Answers a question by reading the documents as text, knowing nothing of how they were made. */
function answerByReading(documents: readonly string[][], question: string[]): string[] {
  const records = documents.flatMap((document) => Array.from({ length: document.length / 2 }, (_, i) => [document[2 * i], document[2 * i + 1]]));
  switch (question[0]) {
    case '?':
    case '!':
      return [records.findLast(([key]) => key === question[1])![1]];
    case '@':
      return records.at(-Number(question[1]))!;
    default: {
      const titles = records.filter(([key]) => key === '#').map(([, value]) => value.charCodeAt(0) - 65);
      const step = (((titles[1] - titles[0]) % 24) + 24) % 24;
      return [1, 2, 3].map((n) => String.fromCharCode(65 + ((titles.at(-1)! + n * step) % 24)));
    }
  }
}

describe('retrieval language', () => {
  it('has answers that a reader of the documents finds too', () => {
    fc.assert(
      fc.property(shapes, fc.string({ minLength: 1 }), (shape, seed) => {
        const task = drawRetrievalTask(shape, new SeededRandom(seed, 'task'));
        expect(task.documents.map((document) => document.length)).toEqual(shape.documentTokens);
        expect(task.questions).toHaveLength(shape.questions);
        const documents = task.documents.map((document) => document.map(word));
        for (const { kind, prompt, answer } of task.questions) {
          expect(answer.map(word)).toEqual(answerByReading(documents, prompt.map(word)));
          if (kind === 'once') expect(documents.flat().filter((w, i) => i % 2 === 0 && w === word(prompt[1]))).toHaveLength(1);
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('asks every kind of question, mostly about keys that several documents wrote', () => {
    const random = new SeededRandom('kinds', 'tasks');
    const counts = new Map<string, number>();
    let latest = 0;
    let contested = 0;
    for (let i = 0; i < 100; i++) {
      const task = drawRetrievalTask({ documentTokens: [24, 24, 24], questions: 16 }, random);
      for (const { kind, prompt } of task.questions) {
        counts.set(kind, (counts.get(kind) ?? 0) + 1);
        if (kind !== 'latest') continue;
        latest++;
        if (task.documents.filter((document) => document.some((token, at) => at % 2 === 0 && token === prompt[1])).length > 1) contested++;
      }
    }
    for (const kind of QUESTION_KINDS) expect(counts.get(kind)).toBeGreaterThan(80);
    expect(contested / latest).toBeGreaterThan(0.7);
  });

  it('is drawn from its seed alone', () => {
    const draw = (seed: string) => drawRetrievalTask({ documentTokens: [12, 12], questions: 5 }, new SeededRandom(seed, 'task'));
    expect(draw('a')).toEqual(draw('a'));
    expect(draw('a')).not.toEqual(draw('b'));
    expect(retrievalText(drawRetrievalTask({ documentTokens: [6], questions: 0 }, new SeededRandom('text', 'task')).documents[0])).toMatch(/^# [A-X] [a-p] [A-X] [a-p] [A-X]$/);
  });

  it('runs round the cycle of titles', () => {
    expect(alongCycle(FIRST_VALUE, -1)).toBe(FIRST_VALUE + VALUE_WORDS - 1);
    expect(alongCycle(FIRST_VALUE + VALUE_WORDS - 1, 2)).toBe(FIRST_VALUE + 1);
  });

  it('refuses documents that hold no whole records', () => {
    for (const tokens of [3, 5, 2, 0, -4, 4.5]) expect(() => drawRetrievalTask({ documentTokens: [tokens], questions: 1 }, new SeededRandom('x', 'y'))).toThrow(/expected an even number from 4/);
  });
});

describe('retrieval examples', () => {
  it('show documents to questions, earlier documents to later ones under a full mask only, and questions to nobody', () => {
    const task = drawRetrievalTask({ documentTokens: [4, 6], questions: 3 }, new SeededRandom('mask', 'task'));
    for (const mask of ['full', 'block'] as const) {
      const example = retrievalExample(task, mask);
      checkExample(example, RETRIEVAL_WORDS.length);
      const n = example.tokens.length;
      const sees = (i: number, j: number): boolean => example.mask[i * n + j] !== 0;
      expect(example.tokens[0]).toBe(BOS);
      expect(example.tokens[5]).toBe(TITLE);
      // Tokens 0 to 4 are BOS and the first document, 5 to 10 the second, then questions.
      expect(sees(3, 0)).toBe(true);
      expect(sees(7, 2)).toBe(mask === 'full');
      expect(sees(7, 5)).toBe(true);
      expect(sees(2, 3)).toBe(false);
      const second = 11 + task.questions[0].prompt.length + task.questions[0].answer.length - 1;
      expect(sees(second, 1) && sees(second, 10)).toBe(true);
      expect(sees(second, 11)).toBe(false);
      // Every question begins right after the documents.
      expect([example.positions[11], example.positions[second]]).toEqual([11, 11]);
    }
  });

  it('ask for whole answers and nothing else', () => {
    const task = drawRetrievalTask({ documentTokens: [8, 8, 8], questions: 10 }, new SeededRandom('targets', 'task'));
    const { targets } = retrievalExample(task, 'block');
    expect(Array.from(targets).filter((target) => target >= 0)).toEqual(task.questions.flatMap(({ answer }) => answer));
  });
});
