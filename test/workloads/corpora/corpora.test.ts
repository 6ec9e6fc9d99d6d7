import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines } from '../../../experiments/files/read-lines.ts';
import { Chunker } from '../../../workloads/corpora/chunker.ts';
import { longBenchItems } from '../../../workloads/corpora/longbench.ts';
import { mmluFewShotPrefix, mmluItems, mmluSubject, mmluText } from '../../../workloads/corpora/mmlu.ts';
import { msMarcoCollection, msMarcoQrels, msMarcoQueries } from '../../../workloads/corpora/ms-marco.ts';
import { nqOpenQuestions } from '../../../workloads/corpora/nq-open.ts';
import { syntheticText, syntheticWord } from '../../../workloads/corpora/synthetic-text.ts';
import { TextCorpus } from '../../../workloads/corpora/text-corpus.ts';
import { countTokens, tokenizerRule } from '../../../workloads/corpora/token-rule.ts';

const NQ = '../shared/data/questions/nq_open_dev.jsonl';
const file = 'f';

describe('token rule', () => {
  it.each([
    ['', 0],
    ['   \n', 0],
    ['word', 2],
    ['three words here', 4],
    ['a b c d e f', 8],
    ['abcdefghijklm', 3],
    ['漢字かな交じり文', 8],
    ['mixed 漢字 text', 5],
  ])('counts %j as %d tokens', (text, tokens) => {
    expect(countTokens(text)).toBe(tokens);
  });

  it('asks a tokenizer that is given, word by word with the blank before it', () => {
    const seen: string[] = [];
    const rule = tokenizerRule('characters', (text) => {
      seen.push(text);
      return text.length;
    });
    expect(countTokens('ab  cde', rule)).toBe(7);
    expect(seen).toEqual([' ab', ' cde']);
  });
});

describe('chunker', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,30}$/), { maxLength: 60 });

  it('chunks are runs of whole words, within the bound, that cover the text in order', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 20 }), (list, chunkTokens) => {
        const chunks = [...new Chunker({ chunkTokens }).chunks(list.join('  '))];
        expect(chunks.flatMap(({ text }) => text.split(/\s+/))).toEqual(list);
        for (const { text, tokens } of chunks) {
          expect(tokens).toBeGreaterThanOrEqual(1);
          expect(tokens).toBeLessThanOrEqual(chunkTokens);
          // Only a single long word may be counted for less than it has.
          if (text.includes(' ')) expect(tokens).toBe(countTokens(text));
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('repeats words up to the overlap, and still ends', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 2, max: 20 }), fc.nat(), (list, chunkTokens, wanted) => {
        const overlapTokens = wanted % chunkTokens;
        const chunks = [...new Chunker({ chunkTokens, overlapTokens }).chunks(list.join(' '))];
        let at = 0;
        for (const { text } of chunks) {
          const run = text.split(' ');
          const from = list.findIndex((_, start) => start <= at && start + run.length > at && run.every((word, index) => list[start + index] === word));
          expect(from).toBeGreaterThanOrEqual(0);
          at = from + run.length;
        }
        if (list.length > 0) expect(chunks.at(-1)!.text.endsWith(list.at(-1)!)).toBe(true);
      }),
      { seed: 1, numRuns: 200 },
    );
    expect([...new Chunker({ chunkTokens: 4, overlapTokens: 2 }).chunks('a b c d e f')].map(({ text }) => text)).toEqual(['a b c', 'c d e', 'e f']);
  });

  it('refuses what cannot be', () => {
    expect(() => new Chunker({ chunkTokens: 0 })).toThrow('chunk tokens is 0');
    expect(() => new Chunker({ chunkTokens: 4, overlapTokens: 4 })).toThrow("overlap is 4 tokens: expected 0 or more, less than the chunk's 4");
  });
});

describe('text corpus', () => {
  it('numbers chunks over documents, empty ones included', () => {
    const corpus = new TextCorpus('t', [{ key: 'a', text: 'one two three four' }, { key: 'b', text: ' ' }, { key: 'c', title: 'Title', text: 'five' }], new Chunker({ chunkTokens: 4 }));
    expect(Array.from({ length: corpus.size }, (_, id) => [corpus.text(id), corpus.tokens(id), corpus.document(id), corpus.documentKey(id)])).toEqual([
      ['one two three', 4, 0, 'a'], ['four', 2, 0, 'a'], ['Title\nfive', 3, 2, 'c'],
    ]);
    expect([corpus.documentCount, corpus.tokenRule]).toEqual([3, '4/3 tokens a word of up to 12 characters, 1 a Han, kana or hangul character']);
    expect(() => corpus.text(3)).toThrow('chunk 3: expected an id from 0 to 2');
    expect(() => new TextCorpus('t', [{ key: 'a', text: '' }, { key: 'a', text: '' }], new Chunker({ chunkTokens: 4 }))).toThrow('two documents have the key "a"');
  });
});

describe('NQ-open', () => {
  it.skipIf(!existsSync(NQ))(`reads ${NQ} (skipped without the file)`, () => {
    const questions = [...nqOpenQuestions(readLines(NQ), NQ)];
    expect(questions).toHaveLength(3610);
    expect(questions[0]).toEqual({ key: '1', text: 'when was the last time anyone was on the moon', answers: ['14 December 1972 UTC', 'December 1972'] });
  });

  it.each([
    ['{"question": "q"}', 'f:1: "answer": expected a list of texts, got nothing'],
    ['{"question": 3, "answer": ["a"]}', 'f:1: "question": expected a text, got "3"'],
    ['{"question": "q", "answer": []}', 'f:1: "answer": expected a list of texts, got "[]"'],
    ['{"question": "q", "answer": ["a"', 'f:1: expected {"question": text, "answer": [texts]}, got a line that is not JSON (cut short?)'],
  ])('refuses %s', (line, message) => {
    expect(() => [...nqOpenQuestions([line], file)]).toThrow(message);
  });
});

describe('MS MARCO', () => {
  it('joins queries to passages by judgements; quotes are text', () => {
    const qrels = msMarcoQrels(['7\t0\tp1\t1', '7 0 p3 2', '8\t0\tp1\t0', ''], file);
    expect([...msMarcoQueries(['7\twho said "hi"', '8\twhat', ''], file, qrels)]).toEqual([{ key: '7', text: 'who said "hi"', relevant: new Set(['p1', 'p3']) }, { key: '8', text: 'what' }]);
    expect([...msMarcoCollection(['p1\tA passage, with\ttab.', 'p2\t'], file)]).toEqual([{ key: 'p1', text: 'A passage, with\ttab.' }, { key: 'p2', text: '' }]);
  });

  it('refuses malformed lines', () => {
    expect(() => [...msMarcoCollection(['p1\tx', 'p2 x'], file)]).toThrow('f:2: expected passage id, tab, text, got "p2 x"');
    expect(() => [...msMarcoQueries(['\tx'], file)]).toThrow('f:1: expected query id, tab, text');
    expect(() => msMarcoQrels(['7\t0\tp1'], file)).toThrow('f:1: expected query id, 0, passage id, relevance; got "7\\t0\\tp1"');
    expect(() => msMarcoQrels(['7 0 p1 yes'], file)).toThrow('f:1');
  });
});

describe('MMLU', () => {
  const csv = ['"What is ""x"", then?",one,"two, or',  'more",three,four,C', 'Plain,1,2,3,4,A'];

  it('reads questions with quotes, commas and line breaks', () => {
    expect([...mmluItems(csv, file)]).toEqual([
      { line: 1, question: 'What is "x", then?', choices: ['one', 'two, or\nmore', 'three', 'four'], answer: 'C' },
      { line: 3, question: 'Plain', choices: ['1', '2', '3', '4'], answer: 'A' },
    ]);
    expect([...mmluItems(['question,A,B,C,D,answer', 'Plain,1,2,3,4,A'], file)]).toHaveLength(1);
  });

  it('writes prompts as the paper does', () => {
    const items = [...mmluItems(csv, file)];
    expect(mmluText(items[1], false)).toBe('Plain\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer:');
    expect(mmluFewShotPrefix('college_biology', items.slice(1))).toBe('The following are multiple choice questions (with answers) about college biology.\n\nPlain\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer: A\n\n');
    expect(['data/test/college_biology_test.csv', 'C:\\x\\law_dev.csv', 'law.CSV'].map(mmluSubject)).toEqual(['college_biology', 'law', 'law']);
  });

  it('refuses a wrong number of fields, and answers that are no letter', () => {
    expect(() => [...mmluItems(['a,b,c'], file)]).toThrow('f:1: expected question,A,B,C,D,answer (a letter from A to D), got 3 fields: "a,b,c"');
    expect(() => [...mmluItems(['q,1,2,3,4,E'], file)]).toThrow('f:1');
  });
});

describe('LongBench', () => {
  it('reads items, with and without key and input', () => {
    const [a, b] = [...longBenchItems(['{"input": "q", "context": "c", "answers": ["x"], "length": 3, "dataset": "hotpotqa", "_id": "9f"}', '{"context": "c"}'], file)];
    expect(a).toEqual({ line: 1, key: '9f', dataset: 'hotpotqa', input: 'q', context: 'c', answers: ['x'] });
    expect(b).toEqual({ line: 2, key: '2', dataset: '', input: '', context: 'c', answers: [] });
  });

  it.each([
    ['{"input": "q"}', 'f:1: "context": expected a text, got nothing'],
    ['{"context": "c", "answers": "x"}', 'f:1: "answers": expected a list of texts, got "x"'],
    ['{"context": "c', 'f:1: expected {"input": question, "context": text, "answers": [texts]}, got a line that is not JSON (cut short?)'],
  ])('refuses %s', (line, message) => {
    expect(() => [...longBenchItems([line], file)]).toThrow(message);
  });
});

describe('synthetic text', () => {
  it('has words that differ, documents of one length, and for each question one document that alone has its answer', () => {
    expect(new Set(Array.from({ length: 20_000 }, (_, index) => syntheticWord(index))).size).toBe(20_000);
    const { documents, questions } = syntheticText({ documents: 50, wordsPerDocument: 40, questions: 100, seed: 1 });
    expect(documents.every(({ text }) => text.split(' ').length === 40)).toBe(true);
    for (const { answers, relevant } of questions) expect(documents.filter(({ text }) => text.split(' ').includes(answers![0])).map(({ key }) => key)).toEqual([...relevant!]);
    expect(syntheticText({ documents: 50, wordsPerDocument: 40, questions: 100, seed: 1 })).toEqual({ documents, questions });
    expect(() => syntheticText({ documents: 0, wordsPerDocument: 1, questions: 1, seed: 1 })).toThrow('documents is 0');
  });
});
