/** NQ-open (Lee et al., ACL 2019; questions of Natural Questions with short answers): `{"question": …, "answer": [ … ]}` a line. */
import { InputError, shown } from '../text/input-error.ts';
import { jsonRows } from '../text/json-lines.ts';
import type { Question } from './question.ts';

const EXPECTED = '{"question": text, "answer": [texts]}';

/** Keys are line numbers, from 1. @throws InputError on the first malformed line. */
export function* nqOpenQuestions(lines: Iterable<string>, file: string): Generator<Question> {
  for (const { line, value } of jsonRows(lines, { file, expected: EXPECTED })) {
    const { question, answer } = value;
    if (typeof question !== 'string' || question === '') throw new InputError(file, line, `"question": expected a text, got ${shown(question)}`);
    if (!Array.isArray(answer) || answer.length === 0 || !answer.every((text) => typeof text === 'string')) {
      throw new InputError(file, line, `"answer": expected a list of texts, got ${shown(answer)}`);
    }
    yield { key: String(line), text: question, answers: answer };
  }
}
