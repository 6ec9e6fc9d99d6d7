/** LongBench (Bai et al., ACL 2024): `{"input", "context", "answers", "dataset", "_id", …}` a line; a question on a long context. */
import { InputError, shown } from '../text/input-error.ts';
import { jsonRows } from '../text/json-lines.ts';

/** One line of a LongBench-style file. */
export interface LongBenchItem {
  readonly line: number;
  /** `_id`, or the line number where there is none. */
  readonly key: string;
  readonly dataset: string;
  /** The question or instruction; empty in tasks that have none. */
  readonly input: string;
  readonly context: string;
  readonly answers: readonly string[];
}

const EXPECTED = '{"input": question, "context": text, "answers": [texts]}';

/** @throws InputError on the first malformed line. */
export function* longBenchItems(lines: Iterable<string>, file: string): Generator<LongBenchItem> {
  for (const { line, value } of jsonRows(lines, { file, expected: EXPECTED })) {
    const { input, context, answers = [], dataset, _id: id } = value;
    const text = (name: string, field: unknown): string => {
      if (typeof field === 'string') return field;
      throw new InputError(file, line, `"${name}": expected a text, got ${shown(field)}`);
    };
    if (!Array.isArray(answers) || !answers.every((answer) => typeof answer === 'string')) {
      throw new InputError(file, line, `"answers": expected a list of texts, got ${shown(answers)}`);
    }
    yield {
      line,
      key: typeof id === 'string' ? id : String(line),
      dataset: dataset === undefined ? '' : text('dataset', dataset),
      input: input === undefined ? '' : text('input', input),
      context: text('context', context),
      answers: answers,
    };
  }
}
